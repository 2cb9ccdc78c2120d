"""The settings files that components are packaged with: every setting, at its default.

Spec: operations 2.1.
"""

import inspect
import pprint
import textwrap
from collections.abc import Iterable

import msgspec

from synnefo.serve.command_settings import CommandSettings
from synnefo.serve.mail_settings import BrandingSettings, MailSettings
from synnefo.serve.settings import ServeSettings
from synnefo.webproject import components
from synnefo.webproject.reference import default_of, explanations
from synnefo.webproject.settings import WebprojectSettings

Kinds = list[type[msgspec.Struct]]

WIDTH = 95
SHARED: dict[str, Kinds] = {
    "00-snf-common-admins.conf": [MailSettings],
    "10-snf-webproject-deploy.conf": [ServeSettings, CommandSettings],
    "10-snf-webproject-site.conf": [WebprojectSettings],
    "15-snf-branding.conf": [BrandingSettings],
}
_HEAD = """\
## -*- coding: utf-8 -*-
# Every setting here stands at its default. Change none in this file, which the next version
# replaces: put yours into 99-local.conf.
"""


def files() -> dict[str, str]:
    """Write the packaged file of each component that is installed here, by name."""
    found = {name: _file(kinds) for name, kinds in SHARED.items()}
    for component in components.installed():
        if kinds := component.get("default_settings"):
            found[f"20-{component.name}-settings.conf"] = _file(kinds)
    return found


def _file(kinds: Iterable[type[msgspec.Struct]]) -> str:
    return "\n".join([_HEAD, *(_section(kind) for kind in kinds)])


def _section(kind: type[msgspec.Struct]) -> str:
    told = explanations(kind)
    title = textwrap.fill(inspect.getdoc(kind) or "", WIDTH, initial_indent="## ")
    lines = [title.replace("\n", "\n## "), ""]
    for field in msgspec.structs.fields(kind):
        said = textwrap.wrap(told.get(field.name, ""), WIDTH)
        value = pprint.pformat(default_of(field), width=WIDTH - len(field.encode_name))
        lines += [f"# {line}" for line in said]
        lines += [f"#{line}" for line in f"{field.encode_name} = {value}".splitlines()]
        lines.append("")
    return "\n".join(lines)
