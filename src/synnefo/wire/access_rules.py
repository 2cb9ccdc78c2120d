"""Access rules: the only calls that an application credential may make.

Spec: openstack-api 4.3. Patterns of paths: `*` and `{name}` stand for one segment or a part of
one, `**` for anything.
"""

import re
from collections.abc import Collection, Iterable
from functools import lru_cache

import msgspec

_PART = re.compile(r"\{[^{}]*\}|\*\*|\*|[^{}*]+|[{}]")


class AccessRule(msgspec.Struct, frozen=True, omit_defaults=True):
    """One kind of call: the type of the service, the method and a pattern of paths."""

    service: str
    method: str
    path: str
    id: str = ""


def is_allowed(
    rules: Iterable[AccessRule], services: Collection[str], method: str, paths: Collection[str]
) -> bool:
    """Tell whether a call, known under several paths, is one of those in the rules."""
    return any(
        rule.service in services
        and rule.method.upper() == method
        and any(_pattern(rule.path).fullmatch(path) for path in paths)
        for rule in rules
    )


@lru_cache(maxsize=1024)
def _pattern(path: str) -> "re.Pattern[str]":
    return re.compile("".join(_as_regex(part) for part in _PART.findall(path)), re.DOTALL)


def _as_regex(part: str) -> str:
    if part == "**":
        return ".*"
    if part == "*" or (part.startswith("{") and part.endswith("}")):
        return "[^/]+"
    return re.escape(part)
