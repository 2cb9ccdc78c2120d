"""The chain that makes an audit log tamper-evident: what is hashed, and how links are checked."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from synnefo.kit.clock import stamp_micro

FIRST = "0" * 64
"""What the first link counts as its predecessor's digest."""


class Link(msgspec.Struct, frozen=True):
    """One sealed entry: its place in the chain, its content and the digest kept with it."""

    number: int
    content: str
    digest: str


class Broken(msgspec.Struct, frozen=True):
    """A place where the chain does not hold, and why."""

    number: int
    reason: str


def content_of(at: datetime, texts: Mapping[str, str]) -> str:
    """Write an entry's content in the one form that is hashed: JSON with sorted keys."""
    return json.dumps(
        {"at": stamp_micro(at), **texts}, sort_keys=True, separators=(",", ":"), ensure_ascii=True
    )


def digest(previous: str, number: int, content: str) -> str:
    """Hash an entry together with its place and its predecessor's digest."""
    return hashlib.sha256(f"{previous}\n{number}\n{content}".encode()).hexdigest()


def check(links: Iterable[Link], *, after: tuple[int, str] = (0, FIRST)) -> Broken | None:
    """Find the first link, in order of numbers, that does not follow from the one before."""
    number, previous = after
    for link in links:
        number += 1
        if link.number != number:
            return Broken(number, f"entry {number} is missing; the next is {link.number}")
        if link.digest != digest(previous, number, link.content):
            return Broken(number, f"entry {number} was changed, or one before it was replaced")
        previous = link.digest
    return None


def facts_text(facts: Mapping[str, object]) -> str:
    """Write further facts as JSON that any database keeps as it is."""
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), default=str)
    return text.replace("\\u0000", "")


def clean(text: str, length: int = 255) -> str:
    """Answer a text that any database can keep."""
    kept = text.replace("\x00", "").encode("utf-8", "replace").decode()
    return kept[:length]
