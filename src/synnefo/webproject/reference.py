"""The reference of settings and commands, written from the code that reads them."""

import ast
import inspect
import textwrap
from collections.abc import Sequence

import msgspec
from django.core.management import get_commands, load_command_class

SECRETS = ("SECRET", "PASSWORD", "TOKEN")


def explanations(kind: type[msgspec.Struct]) -> dict[str, str]:
    """Answer the docstring under each field of a settings struct."""
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            said = text.value if isinstance(text, ast.Expr) else None
            if isinstance(said, ast.Constant) and isinstance(said.value, str):
                found[field.target.id] = " ".join(said.value.split())
    return found


def default_of(field: msgspec.structs.FieldInfo) -> object:
    """Answer the default of a field."""
    if field.default is not msgspec.NODEFAULT:
        return field.default
    return field.default_factory() if callable(field.default_factory) else None


def settings_page(kinds: Sequence[type[msgspec.Struct]]) -> str:
    """Write the settings of all components as Markdown."""
    lines = ["# Settings", "", "Written by `make openapi`. Put yours into `99-local.conf`.", ""]
    for kind in kinds:
        told = explanations(kind)
        title = (inspect.getdoc(kind) or "").rstrip(".")
        lines += [f"## {title}", "", "| setting | default | |", "|---|---|---|"]
        for field in msgspec.structs.fields(kind):
            shown = f"`{default_of(field)!r}`".replace("|", "\\|")
            lines.append(f"| `{field.encode_name}` | {shown} | {told.get(field.name, '')} |")
        lines.append("")
    return "\n".join(lines)


def commands_page() -> str:
    """Write what each `snf-manage` command does as Markdown."""
    groups: dict[str, list[str]] = {}
    for name, app in sorted(get_commands().items()):
        if str(app).startswith("synnefo."):
            command = load_command_class(str(app), name)
            text = " ".join(str(command.help).split())
            row = f"| `{name.replace('_', '-')}` | {text} |"
            groups.setdefault(str(app).rsplit(".", 1)[-1], []).append(row)
    lines = ["# Commands of snf-manage", "", "Written by `make openapi`.", ""]
    for group, rows in sorted(groups.items()):
        lines += [f"## {group}", "", "| command | |", "|---|---|", *rows, ""]
    return "\n".join(lines)
