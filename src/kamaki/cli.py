"""The command `kamaki`: `kamaki GROUP COMMAND`. Groups load when they are used. Spec: kamaki 1."""

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import click

from kamaki import __version__
from kamaki.choice import chosen
from kamaki.config import Config, default_path
from kamaki.errors import KamakiError
from kamaki.spelling import hoisted, renamed

GROUPS = {
    "config": "Settings of this program: clouds, tokens, defaults",
    "user": "Who I am, in this cloud",
    "quota": "What I may use and what I do use",
    "project": "Projects that I am in",
    "container": "Containers of files",
    "file": "Files: upload, download, list, delete",
    "image": "Images of machines",
    "server": "Virtual machines",
    "flavor": "Sizes of machines",
    "keypair": "Keys that let me into machines",
    "network": "Networks",
    "subnet": "Addresses of networks",
    "port": "Cards of machines on networks",
    "ip": "Floating addresses",
}
COLOURS = {1: "magenta", 2: "yellow"}


class LazyGroups(click.Group):
    """Imports a group's module only when that group is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the groups."""
        return list(GROUPS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one group."""
        if cmd_name not in GROUPS:
            return None
        group: click.Command = importlib.import_module(f"kamaki.groups.{cmd_name}").group
        return group

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the groups without loading them."""
        with formatter.section("Groups"):
            formatter.write_dl(list(GROUPS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Say plainly that a group is unknown."""
        if args and args[0] not in GROUPS:
            raise KamakiError(
                f"Unknown command group: {args[0]}", details=["To list them: kamaki --help"]
            )
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroups, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="kamaki %(version)s")
@click.option("-c", "--config", "file", type=click.Path(path_type=Path), help="Configuration.")
@click.option("--cloud", help="Which cloud; the default one when not told.")
@click.option(
    "-o", "--options", "changes", multiple=True, metavar="[SECTION.]KEY=VALUE",
    help="An option for this run only.",
)  # fmt: skip
@click.option("-v", "--verbose", count=True, help="Show requests; -vv shows bodies too.")
@click.option("--verbose-with-data", is_flag=True, help="The same as -vv.")
@click.option("-d", "--debug", is_flag=True, help="Show requests and tracebacks.")
@click.option("-s", "--silent", is_flag=True, help="Print nothing but errors.")
@click.option("-j", "--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("-k", "--insecure", "--ignore-ssl", is_flag=True, help="Skip certificate checks.")
@click.option("--ca-certs", type=click.Path(path_type=Path), help="Trusted certificates.")
@click.pass_context
def kamaki(ctx: click.Context, /, file: Path | None, **given: Any) -> None:
    """Use a Synnefo cloud: machines, files, images, networks."""
    if file is not None and not file.exists():
        raise KamakiError(f"No such configuration file: {file}", importance=3)
    config = Config(file or default_path())
    for change in given["changes"]:
        config.override(change)
    if given["silent"]:
        sys.stdout = ctx.with_resource(Path(os.devnull).open("w"))  # noqa: SIM115
    is_full = given["debug"] or given["verbose_with_data"]
    ctx.meta["json"] = given["as_json"]
    ctx.obj = chosen(
        config,
        cloud=given["cloud"],
        ca_certs=given["ca_certs"],
        is_insecure=given["insecure"],
        verbosity=2 if is_full else given["verbose"],
    )


def main() -> None:
    """Run; every error ends in one message and exit code 1. Spec: kamaki 4."""
    words = renamed(hoisted(sys.argv[1:]))
    if "-d" in words or "--debug" in words:
        kamaki.main(words, prog_name="kamaki", standalone_mode=False)
        return
    try:
        sys.exit(kamaki.main(words, prog_name="kamaki", standalone_mode=False))
    except click.Abort:
        _fail(KamakiError("Canceled by user"))
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
    except click.ClickException as error:
        _fail(_misspelled(error))
    except KamakiError as error:
        _fail(error)
    except Exception as error:  # noqa: BLE001 - the last line before a traceback reaches a person
        _fail(_unexpected(error))


def _misspelled(error: click.ClickException) -> KamakiError:
    """Tell what is wrong with a command line, and how it is written."""
    context = getattr(error, "ctx", None)
    usage = context.get_usage().splitlines() if context else []
    return KamakiError(f"Syntax error: {error.format_message()}", details=usage)


def _unexpected(error: Exception) -> KamakiError:
    """Tell a fault of the cloud, or a bug of ours, in one message."""
    status = getattr(error, "status", None)
    if status is None:
        return KamakiError(f"Unknown Error: {error!r}", details=["More: kamaki --debug …"])
    message, details = getattr(error, "message", str(error)), getattr(error, "details", "")
    if "CERTIFICATE_VERIFY_FAILED" in str(details):
        return KamakiError("SSL Authentication failed", details=[details, *SSL_HELP], importance=3)
    if status == 401:
        return KamakiError("Authorization failed", details=[message, *TOKEN_HELP], importance=3)
    if status == 403:
        told = ["Insufficient permissions for this action", details]
        return KamakiError(f"(403) {message}", details=[t for t in told if t], importance=3)
    return KamakiError(f"({status}) {message}", details=details.splitlines(), importance=3)


TOKEN_HELP = (
    "To see whether the token is valid: kamaki user authenticate",
    "To set a new one: kamaki config set cloud.NAME.token TOKEN",
)
SSL_HELP = (
    "To trust a bundle of certificates: kamaki config set ca_certs FILE, or --ca-certs=FILE",
    "To skip the check, insecurely: kamaki config set ignore_ssl on, or --ignore-ssl",
)


def _fail(error: KamakiError) -> None:
    first, *rest = error.lines()
    is_terminal = sys.stderr.isatty()
    shown = click.style(first, fg=COLOURS.get(error.importance, "red")) if is_terminal else first
    click.echo("\n".join([shown, *rest]), err=True)
    sys.exit(1)
