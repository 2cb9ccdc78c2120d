"""`snf-manage registry-sync`: register what is installed on this host; repeat it at will."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from synnefo.astakos.management.words import refusals
from synnefo.astakos.usecases import audit_guard, auth_methods, bricks, registry, standing
from synnefo.kit import conf
from synnefo.serve.commands import add_output_options, print_list

COLUMNS = ("kind", "name", "what", "note")


class Command(BaseCommand):
    """Registers the bricks of this host with their services and resources."""

    help = "Register this host's components, services and resources, or bring them up to date."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take which components, and where their tokens go."""
        add_output_options(parser)
        parser.add_argument("component", nargs="*", help="only these; all that are installed")
        parser.add_argument("--ui-url", default="", help="address of the web interface")
        parser.add_argument(
            "--tokens-file",
            metavar="FILE",
            help="settings file for the service tokens; a token that is not in force is renewed",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Register, keep the tokens, and tell what was done."""
        audit_guard.install()
        standing.ensure()
        auth_methods.adopt()
        with refusals():
            changes, tokens = self._sync(options)
        rows = [
            {"kind": one.kind, "name": one.name, "what": one.what, "note": one.note}
            for one in changes
        ]
        print_list(self, rows, COLUMNS, options)
        if options["tokens_file"]:
            _keep(Path(options["tokens_file"]), tokens)
        else:
            for name, token in tokens.items():
                self.stdout.write(f"{name.upper()}_SERVICE_TOKEN = {token!r}")

    @staticmethod
    def _sync(options: dict[str, Any]) -> tuple[list[registry.Change], dict[str, str]]:
        changes: list[registry.Change] = []
        tokens: dict[str, str] = {}
        for brick in bricks.installed(options["component"]):
            done, token = registry.sync_brick(
                brick.name, brick.base_url, brick.services, ui_url=options["ui_url"]
            )
            changes += done
            if not token and options["tokens_file"]:
                token = _renewed(brick.name)
            if token:
                tokens[brick.name] = token
        return changes, tokens


def _renewed(name: str) -> str:
    """Renew a token that this host's settings do not know; nothing when they do."""
    known = str(conf.current().names.get(f"{name.upper()}_SERVICE_TOKEN", ""))
    component = registry.find_component(name)
    if known and registry.is_token(component, known):
        return ""
    return registry.set_token(component)


def _keep(file: Path, tokens: dict[str, str]) -> None:
    """Write fresh tokens into a settings file that only its owner reads."""
    if not tokens:
        return
    held = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    fresh = {f"{name.upper()}_SERVICE_TOKEN": token for name, token in tokens.items()}
    kept = [line for line in held if line.split("=")[0].strip() not in fresh]
    lines = kept or ["# Tokens of this host's components; written by registry-sync."]
    lines += [f"{name} = {token!r}" for name, token in fresh.items()]
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
