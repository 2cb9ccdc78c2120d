"""Requests made odd, a little or much, quicker than they are made up.

What schemathesis makes up from our documents is where these begin: each is changed once or a few
times, in its body, its query, or the ids of its path.
"""

import json
import random
from typing import Any

import msgspec

ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63) - 1, 10**40, 1e308, -0.0, 0.1),
    *("", " ", "x", "0", "-1", "null", "%00", "../../etc/passwd", "%(x)s", "{x}", "$(x)", "'"),
    *("\x00", "\ud800", "\u202e", "é" * 300, "a" * 5000, "2030-02-31T25:61:00Z", "1e999", "٣"),
    *("default", "admin", "astakos_user", "*", "?", "%", "\\", '"', "\r\nX: y", "[]", "{}"),
    *([], {}, [[]], [None], {"": ""}, {"id": None}, [{"id": {}}], {"$ref": "#"}),
)
NAMES = ("", "id", "name", "user", "project", "action", "limit", "marker", "x" * 300, "a[b]", "é")
BYTES = (b"", b"\x00", b"\xff\xfe", b"{", b"[", b'"', b",", b":", b"}", b"NaN", b"\\ud800", b"1e9")


class Asked(msgspec.Struct):
    """One request, as far as it may be changed."""

    path: str
    holes: dict[str, str]
    query: dict[str, Any]
    body: bytes


def changed(asked: Asked, dice: random.Random) -> Asked:
    """Make another request of one, by one to three changes."""
    made = msgspec.structs.replace(asked, holes=dict(asked.holes), query=dict(asked.query))
    for _ in range(dice.choice((1, 1, 2, 3))):
        dice.choice((_change_body, _change_body, _change_query, _change_path))(made, dice)
    return made


def _change_body(asked: Asked, dice: random.Random) -> None:
    try:
        value = json.loads(asked.body)
    except (ValueError, RecursionError):
        value = None
    if value is None or dice.random() < 0.15:
        asked.body = _other_bytes(asked.body, dice)
        return
    told = json.dumps(_other(value, dice)).encode("utf-8", "surrogatepass")
    asked.body = told if dice.random() < 0.9 else _other_bytes(told, dice)


def _other(value: Any, dice: random.Random, depth: int = 0) -> Any:
    """Change one thing somewhere in a value."""
    if isinstance(value, dict) and value and dice.random() < 0.85:
        return _other_object(value, dice, depth)
    if isinstance(value, list) and value and dice.random() < 0.85:
        at = dice.randrange(len(value))
        if dice.random() < 0.2:
            return value * dice.choice((0, 2, 50))
        return [*value[:at], _other(value[at], dice, depth + 1), *value[at + 1 :]]
    return dice.choice(ODD)


def _other_object(value: dict[str, Any], dice: random.Random, depth: int) -> dict[str, Any]:
    name = dice.choice(list(value))
    way = dice.random()
    if way < 0.7:
        return {**value, name: _other(value[name], dice, depth + 1)}
    if way < 0.85:
        return {key: one for key, one in value.items() if key != name}
    return {**value, dice.choice(NAMES): dice.choice(ODD)}


def _other_bytes(data: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data) + 1)
    end = min(len(data), at + dice.choice((0, 0, 1, 4, 100)))
    return data[:at] + dice.choice(BYTES) + data[end:]


def _text(dice: random.Random) -> str:
    value = dice.choice(ODD)
    return value if isinstance(value, str) else json.dumps(value)


def _change_query(asked: Asked, dice: random.Random) -> None:
    if asked.query and dice.random() < 0.3:
        del asked.query[dice.choice(list(asked.query))]
        return
    known = [*asked.query, *NAMES]
    text = _text(dice).encode("utf-8", "replace").decode()
    asked.query[dice.choice(known)] = text if dice.random() < 0.8 else [text, text]


def _change_path(asked: Asked, dice: random.Random) -> None:
    if not asked.holes:
        _change_query(asked, dice)
        return
    text = _text(dice).encode("utf-8", "replace").decode()
    asked.holes[dice.choice(list(asked.holes))] = text
