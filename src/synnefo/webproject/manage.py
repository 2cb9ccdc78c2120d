"""`snf-manage`: the commands of the components installed on this host. Spec: operations 6."""

import os
import sys
from collections import defaultdict

import django
from django.core.management import execute_from_command_line, get_commands

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


def main(argv: list[str] | None = None) -> None:
    """Run one command, or list them by component."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "synnefo.webproject.django_settings")
    arguments = list(sys.argv if argv is None else argv)
    django.setup()
    known = _known()
    asked = arguments[1] if len(arguments) > 1 else "help"
    if asked in {"help", "-h", "--help"} and len(arguments) <= 2:
        sys.stdout.write(_listing(known))
        return
    if asked == "help":
        arguments = [arguments[0], arguments[2], "--help"]
        asked = arguments[1]
    name = asked.replace("-", "_") if asked.replace("-", "_") in known else asked
    if name not in known:
        sys.stderr.write(f"Unknown command: '{asked}'\nType 'snf-manage help' for usage.\n")
        sys.exit(1)
    execute_from_command_line(["snf-manage", name, *arguments[2:]])


def _known() -> dict[str, str]:
    return {
        name: app
        for name, app in get_commands().items()
        if not str(app).startswith("django.") or name in KEPT
    }


def _listing(known: dict[str, str]) -> str:
    groups: dict[str, list[str]] = defaultdict(list)
    for name, app in known.items():
        group = str(app).rsplit(".", 1)[-1]
        groups["framework" if str(app).startswith("django") else group].append(name)
    lines = ["Usage: snf-manage COMMAND [ARGUMENTS]", ""]
    for group in sorted(groups):
        lines.append(f"[{group}]")
        lines += [f"    {name.replace('_', '-')}" for name in sorted(groups[group])]
        lines.append("")
    lines.append("Type 'snf-manage help COMMAND' for what one command does.")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
