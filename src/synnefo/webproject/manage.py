"""`snf-manage`: the commands of the components installed on this host. Spec: operations 6."""

import grp
import os
import pwd
import sys
from collections import defaultdict
from pathlib import Path

import django
from django.core.management import BaseCommand, get_commands, load_command_class
from django.db import OperationalError

from synnefo.kit import conf
from synnefo.serve import command_log
from synnefo.serve.command_settings import CommandSettings
from synnefo.serve.origin import coming_from, of_command
from synnefo.webproject.up.folder import Folder, default_root

KEPT = (
    "migrate",
    "makemigrations",
    "showmigrations",
    "loaddata",
    "dumpdata",
    "shell",
    "dbshell",
    "test",
    "check",
)
"""Django's own commands that make sense here."""

QUIET = {
    "--version",
    "--verbosity",
    "--settings",
    "--pythonpath",
    "--no-color",
    "--force-color",
    "--skip-checks",
}
"""Django's options that every command takes and that help need not repeat."""

USAGE = "Usage: snf-manage [--data DIR] COMMAND [ARGUMENTS]"


def main(argv: list[str] | None = None) -> None:
    """Run one command, or list them by component."""
    arguments = _choose_cloud(list(sys.argv if argv is None else argv)[1:])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "synnefo.webproject.django_settings")
    django.setup()
    known = _known()
    asked = arguments[0] if arguments else "help"
    if asked in {"help", "-h", "--help"} and len(arguments) <= 1:
        sys.stdout.write(_listing(known))
        return
    if asked == "help":
        arguments = [arguments[1], "--help"]
        asked = arguments[0]
    name = asked.replace("-", "_") if asked.replace("-", "_") in known else asked
    if name not in known:
        sys.stderr.write(f"Unknown command: '{asked}'\nType 'snf-manage help' for usage.\n")
        sys.exit(1)
    shown = name.replace("_", "-")
    _become_service_user()
    framework = known[name] if isinstance(known[name], str) else ""
    if framework.startswith(("django.", "synnefo.webproject")):
        _run(_command(known, name), shown, arguments[1:])
        return
    with coming_from(of_command(shown)), command_log.kept(shown, arguments[1:]):
        _run(_command(known, name), shown, arguments[1:])


def _become_service_user() -> None:
    """Give up root's rights where commands run on the host's own settings. Spec: identity 16.1."""
    if str(conf.directory()) != conf.DEFAULT_DIRECTORY:
        return
    settings = conf.of(CommandSettings)
    try:
        user, group = pwd.getpwnam(settings.snf_manage_user), settings.snf_manage_group
        group_id = grp.getgrnam(group).gr_gid
    except KeyError:
        return
    if os.geteuid() == 0:
        os.initgroups(user.pw_name, group_id)
        os.setgid(group_id)
        os.setuid(user.pw_uid)
    elif os.geteuid() != user.pw_uid:
        sys.stderr.write(f"Run this as root or {user.pw_name}; some files may be out of reach.\n")


def _choose_cloud(arguments: list[str]) -> list[str]:
    """Take `--data DIR` off; without it, settle for the usual data folder if nothing else is set.

    `SYNNEFO_SETTINGS_DIR` and `/etc/synnefo` go before the usual data folder.
    """
    named = arguments[1] if arguments[:1] == ["--data"] and len(arguments) > 1 else ""
    told = "SYNNEFO_SETTINGS_DIR" in os.environ or Path(conf.DEFAULT_DIRECTORY).exists()
    folder = Folder(Path(named) if named else default_root())
    if named and not folder.place_file.exists():
        sys.exit(f"There is no cloud in {folder.root}.")
    if named or (not told and folder.place_file.exists()):
        os.environ["SYNNEFO_SETTINGS_DIR"] = str(folder.conf)
    return arguments[2:] if named else arguments


def _run(command: BaseCommand, shown: str, arguments: list[str]) -> None:
    """Run a command; a database that cannot be used is told without a traceback."""
    command.suppressed_base_arguments = QUIET
    try:
        command.run_from_argv(["snf-manage", shown, *arguments])
    except OperationalError as error:
        if "--traceback" in arguments:
            raise
        sys.exit(
            f"The database cannot be used: {str(error).strip()}.\n"
            f"The settings in {conf.directory()} say where it is; "
            "choose a cloud with --data DIR or SYNNEFO_SETTINGS_DIR."
        )
    except conf.SettingsError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)


def _known() -> dict[str, str]:
    return {
        name: app
        for name, app in get_commands().items()
        if not str(app).startswith("django.") or name in KEPT
    }


def _command(known: dict[str, str], name: str) -> BaseCommand:
    app = known[name]
    return app if isinstance(app, BaseCommand) else load_command_class(app, name)


def _listing(known: dict[str, str]) -> str:
    groups: dict[str, list[str]] = defaultdict(list)
    for name, app in known.items():
        group = str(app).rsplit(".", 1)[-1]
        groups["framework" if str(app).startswith("django") else group].append(name)
    width = max(len(name) for name in known)
    lines = [USAGE, ""]
    for group in sorted(groups):
        lines.append(f"[{group}]")
        for name in sorted(groups[group]):
            shown = name.replace("_", "-").ljust(width)
            lines.append(f"    {shown}  {_first_sentence(_command(known, name).help)}")
        lines.append("")
    lines.append("Type 'snf-manage help COMMAND' for what one command does.")
    return "\n".join(lines) + "\n"


def _first_sentence(text: str) -> str:
    """Shorten what a command says of itself to one line, without the full stop."""
    return " ".join(str(text).split()).partition(". ")[0].partition(";")[0].removesuffix(".")


if __name__ == "__main__":
    main()
