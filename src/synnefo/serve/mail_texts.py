"""The texts of mails: shipped with a brick, replaced by files of the operator. Spec: identity 15.

A brick's `templates/mail/` holds the texts and `subjects.toml`, which gives each its subject and
the key of the setting `<BRICK>_<KEY>_MESSAGE` that replaces it. An operator's file lies in one of
`TEMPLATE_DIRS` at the same path; files under a text's former names count too.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import msgspec
from django.apps import apps
from django.template import Context, Engine, Variable, VariableDoesNotExist

from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.serve.mail_settings import BrandingSettings, MailSettings

_GAP = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")
_PLACEHOLDER = re.compile(r"%\((\w+)\)s|%s")


class Subject(msgspec.Struct, frozen=True):
    """The subject of one text; `values` says where its placeholders come from."""

    key: str
    text: str
    values: dict[str, str] = {}
    formerly: list[str] = []
    translated: dict[str, str] = {}


class Text(msgspec.Struct, frozen=True):
    """Which text of which brick, in which language."""

    brick: str
    template: str
    language: str = ""


class Letter(msgspec.Struct, frozen=True):
    """A subject and a plain text."""

    subject: str
    body: str


def letter(text: Text, context: Mapping[str, object]) -> Letter:
    """Write one mail; LookupError for a text that the brick does not ship."""
    subject = _subjects(text.brick).get(text.template)
    if subject is None:
        raise LookupError(f"{text.brick} has no mail {text.template}.")
    words = {**branding(), "support": conf.of(MailSettings).contact_email, **context}
    scope = Context(words, autoescape=False)
    body = _engine(text.brick).get_template(_chosen(text, subject)).render(scope)
    return Letter(_say(text, subject, scope), _tidy(body))


def templates(brick: str) -> dict[str, Subject]:
    """Answer all texts that a brick ships, with their subjects."""
    return dict(_subjects(brick))


def branding() -> dict[str, object]:
    """Answer the names that every text may show, `BRANDING_SERVICE_NAME` and its like."""
    settings = conf.of(BrandingSettings)
    words: dict[str, object] = {
        field.encode_name: getattr(settings, field.name)
        for field in msgspec.structs.fields(settings)
    }
    words["BRANDING_COPYRIGHT_MESSAGE"] = settings.branding_copyright_message or (
        f"© 2011-{now().year} {settings.branding_company_name}"
    )
    return words


def placeholders() -> dict[str, str]:
    """Answer what messages may hold: `%(service_name)s` and its like. Spec: identity 18.8."""
    words = {name.removeprefix("BRANDING_").lower(): str(v) for name, v in branding().items()}
    return {**words, "support": conf.of(MailSettings).contact_email}


def fill(text: str, values: Mapping[str, str]) -> str:
    """Fill `%(name)s` in a text; a placeholder that nobody knows stays as it is.

    A text with a bare `%s` takes `name`, as old settings files have it.
    """
    return _PLACEHOLDER.sub(lambda found: values.get(found[1] or "name", found[0]), text)


def _say(text: Text, subject: Subject, scope: Context) -> str:
    replaced = conf.current().names.get(f"{text.brick.upper()}_{subject.key}_MESSAGE")
    shipped = subject.translated.get(text.language, subject.text)
    values = {name: _value(path, scope) for name, path in subject.values.items()}
    return fill(str(replaced or shipped), {**placeholders(), **values})


def _tidy(body: str) -> str:
    """Drop blank lines that the marks of a template left behind."""
    return _GAP.sub("\n\n", body).strip() + "\n"


def _value(path: str, scope: Context) -> str:
    try:
        return str(Variable(path).resolve(scope))
    except VariableDoesNotExist:
        return ""


def _chosen(text: Text, subject: Subject) -> str:
    """Answer the name of the text: the operator's if there is one, else the shipped one's.

    A text in the reader's language, below a folder named after it, comes before the plain one.
    """
    names = [f"{text.language}/{text.template}"] if text.language else []
    for folder in conf.of(MailSettings).template_dirs:
        for name in (*names, text.template, *subject.formerly):
            if (Path(folder) / name).is_file():
                return name
    shipped = [name for name in names if (_shipped(text.brick) / name).is_file()]
    return shipped[0] if shipped else text.template


def _shipped(brick: str) -> Path:
    return Path(apps.get_app_config(brick).path) / "templates" / "mail"


@lru_cache(maxsize=8)
def _subjects(brick: str) -> dict[str, Subject]:
    found = tomllib.loads((_shipped(brick) / "subjects.toml").read_text(encoding="utf-8"))
    return msgspec.convert(found, dict[str, Subject])


def _engine(brick: str) -> Engine:
    return _made((*conf.of(MailSettings).template_dirs, str(_shipped(brick))))


@lru_cache(maxsize=8)
def _made(folders: tuple[str, ...]) -> Engine:
    """Make an engine that reads files anew each time, so that a replaced one counts at once."""
    loader = "django.template.loaders.filesystem.Loader"
    return Engine(dirs=list(folders), loaders=[(loader, list(folders))], autoescape=False)
