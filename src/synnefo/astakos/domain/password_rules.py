"""What makes a password good enough. Pure; lists and files are handed in."""

import re
from collections.abc import Container, Iterable
from difflib import SequenceMatcher
from itertools import pairwise

import msgspec

SIMILAR = 0.7
LONGEST = 1024
_PARTS = re.compile(r"[^\w]+|_")


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The rules in force."""

    shortest: int = 8
    common: Container[str] = ()
    about: tuple[str, ...] = ()


def problem(password: str, rules: Rules) -> str:
    """Tell in one sentence why a password is not taken; an empty text when it is."""
    if len(password) < rules.shortest:
        return f"Use at least {rules.shortest} characters."
    if len(password) > LONGEST:
        return f"Use at most {LONGEST} characters."
    if len(set(password)) < 4:
        return "Use more different characters."
    folded = password.casefold().strip()
    if folded in rules.common or folded.rstrip("0123456789!.?") in rules.common:
        return "This password is among the most common ones. Choose another."
    if _is_run(folded):
        return "Characters in a row are guessed first. Choose another."
    if any(_is_like(folded, each) for each in _words(rules.about)):
        return "The password is too much like your name or e-mail address."
    return ""


def _words(about: Iterable[str]) -> set[str]:
    whole = {text.casefold() for text in about if text}
    parts = {part for text in whole for part in _PARTS.split(text)}
    return {word for word in whole | parts if len(word) > 3}


def _is_like(password: str, word: str) -> bool:
    if word in password and len(password) - len(word) <= 4:
        return True
    if len(password) > 3 * len(word):
        return False
    return SequenceMatcher(a=password, b=word).quick_ratio() >= SIMILAR and (
        SequenceMatcher(a=password, b=word).ratio() >= SIMILAR
    )


def _is_run(password: str) -> bool:
    steps = {ord(after) - ord(before) for before, after in pairwise(password)}
    return len(steps) == 1 and steps <= {-1, 0, 1}
