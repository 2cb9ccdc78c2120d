"""Lists and times as text, JSON or XML. Spec: object-storage 3.1, 3.5."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import formatdate
from functools import lru_cache
from xml.sax.saxutils import escape, quoteattr

import msgspec

from synnefo.kit.units import is_number
from synnefo.serve.http.call import Call, Reply

LONGEST_TIME = 12
"""Digits of a time in seconds that a database can compare."""
JSON = "application/json; charset=utf-8"
XML = "application/xml; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
NEVER_CACHED = {
    "Cache-Control": "no-cache, no-store, must-revalidate, max-age=0",
    "Expires": "Thu, 01 Jan 1970 00:00:00 GMT",
    "Vary": "X-Auth-Token",
}

Row = Mapping[str, object]


def chosen(call: Call, *offered: str) -> str:
    """Tell the wanted format among the offered ones, the first of which is the default."""
    asked = call.arg("format")
    if asked not in {"json", "xml"} and "." in call.path:
        ending = call.path.rpartition(".")[2]
        asked = ending if ending in {"json", "xml"} else None
    if asked not in {"json", "xml"}:
        accept = call.headers.get("Accept", "")
        asked = next((kind for kind in ("json", "xml") if f"application/{kind}" in accept), "")
    if not asked and "text/xml" in call.headers.get("Accept", ""):
        asked = "xml"
    return asked if asked in offered else offered[0]


def http_date(microseconds: int) -> str:
    """Write a time for a header, in whole seconds."""
    return _http_date(microseconds // 1_000_000)


@lru_cache(maxsize=4096)
def _http_date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)


def until(call: Call) -> int:
    """Read the time as of which a list is wanted, in microseconds; 0 for now.

    What is no whole number of seconds counts as not asked. Spec: object-storage 3.5.
    """
    text = call.arg("until") or ""
    return int(text) * 1_000_000 if is_number(text) and len(text) <= LONGEST_TIME else 0


def iso(microseconds: int, *, is_swift: bool) -> str:
    """Write a time for a listing; Swift's clients want no zone."""
    moment = datetime.fromtimestamp(microseconds // 1_000_000, UTC)
    text = f"{moment:%Y-%m-%dT%H:%M:%S}.{microseconds % 1_000_000:06d}"
    return text if is_swift else f"{text}+00:00"


def iso_z(microseconds: int) -> str:
    """Write a time for S3's documents: in milliseconds, of Greenwich."""
    moment = datetime.fromtimestamp(microseconds // 1_000_000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{microseconds % 1_000_000 // 1000:03d}Z"


def decimal(microseconds: int) -> str:
    """Write a time as decimal seconds since 1970."""
    return f"{microseconds // 1_000_000}.{microseconds % 1_000_000:06d}"


def listed(
    call: Call, rows: Sequence[Row], tags: tuple[str, str, str], headers: dict[str, str]
) -> Reply:
    """Answer a list in the wanted format; an empty one in text has no body.

    `tags` are what XML calls the list, its name, and its items.
    """
    kind = chosen(call, "text", "xml", "json")
    sent = {**NEVER_CACHED, **headers}
    if kind == "json":
        body = msgspec.json.encode(rows)
        return Reply(200, {**sent, "Content-Type": JSON}, body)
    if kind == "xml":
        return Reply(200, {**sent, "Content-Type": XML}, _xml(rows, tags))
    if not rows:
        return Reply(204, {**sent, "Content-Type": TEXT}, None)
    names = "".join(f"{row.get('name') or row.get('subdir')}\n" for row in rows)
    return Reply(200, {**sent, "Content-Type": TEXT}, names.encode())


def _xml(rows: Iterable[Row], tags: tuple[str, str, str]) -> bytes:
    root, named, child = tags
    name = f" name={quoteattr(named)}" if named else ""
    inner = "".join(_xml_row(row, child) for row in rows)
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}{name}>{inner}</{root}>'
    return text.encode()


def _xml_row(row: Row, child: str) -> str:
    if "subdir" in row:
        name = str(row["subdir"])
        return f"<subdir name={quoteattr(name)}><name>{escape(name)}</name></subdir>"
    return f"<{child}>{''.join(_xml_field(key, value) for key, value in row.items())}</{child}>"


def _xml_field(key: str, value: object) -> str:
    if isinstance(value, Mapping):
        pairs = "".join(
            f"<key>{escape(str(one))}</key><value>{escape(str(other))}</value>"
            for one, other in value.items()
        )
        return f"<{key}>{pairs}</{key}>"
    return f"<{key}>{escape('' if value is None else str(value))}</{key}>"


def xml_list(tag: str, child: str, values: Iterable[str], attributes: Row) -> bytes:
    """Write a flat list of texts as XML."""
    given = "".join(f" {key}={quoteattr(str(value))}" for key, value in attributes.items())
    inner = "".join(f"<{child}>{escape(value)}</{child}>" for value in values)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{tag}{given}>{inner}</{tag}>'.encode()
