"""Where limits come from, and how amounts are read and written. Spec: identity 4.5, 4.11."""

import re

import msgspec

from synnefo.wire.provisions import INF

_UNITS = {"": 0, "b": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_AMOUNT = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(?:([kmgtp])(?:i?b)?|bytes)?\s*$", re.IGNORECASE)
STYLES = ("none", "auto", "b", "kb", "mb", "gb", "tb", "pb")
_NAMES = ("bytes", "kB", "MB", "GB", "TB", "PB")


class Grant(msgspec.Struct, frozen=True):
    """What a project may use of a resource, and each of its members."""

    project: int
    member: int


def project_limit(grant: Grant, *, project_normal: bool) -> int:
    """Answer a project's own limit: none while it is not normal."""
    return grant.project if project_normal else 0


def member_limit(grant: Grant, *, project_normal: bool, accepted: bool) -> int:
    """Answer a member's limit: none while project or membership is not in force."""
    return grant.member if project_normal and accepted else 0


def skeleton(system_default: int, project_default: int, *, is_system: bool) -> int:
    """Pick the limit with which a project's row of a resource begins. Spec: identity 4.7."""
    return system_default if is_system else project_default


def first_project_default(*, api_visible: bool) -> int:
    """Pick the project default of a resource that is just being registered."""
    return 0 if api_visible else INF


def parse_amount(text: str) -> int:
    """Read `5`, `10G`, `1.5 TiB` or `inf`; ValueError says what is understood."""
    if text.strip().lower() in {"inf", "infinite"}:
        return INF
    found = _AMOUNT.match(text)
    if found is None:
        raise ValueError(f"'{text}' is no amount. Write a number such as 5 or 10G, or inf.")
    amount = int(float(found[1]) * 1024 ** _UNITS[(found[2] or "").lower()])
    if found[1].isdigit():
        amount = int(found[1]) * 1024 ** _UNITS[(found[2] or "").lower()]
    if amount > INF:
        raise ValueError(f"'{text}' is more than can be counted. Write inf for no limit.")
    return amount


def show_amount(amount: int, unit: str | None, style: str = "mb") -> str:
    """Write an amount as the style asks; only bytes have units."""
    if style == "none":
        return str(amount)
    if amount == INF:
        return "inf"
    if unit != "bytes":
        return str(amount)
    step = _auto_step(amount) if style == "auto" else _UNITS[style.removesuffix("b") or "b"]
    return f"{_decimals(amount / 1024**step)} {_NAMES[step]}" if step else f"{amount} bytes"


def _auto_step(amount: int) -> int:
    step = 0
    while step < len(_NAMES) - 1 and abs(amount) >= 1024 ** (step + 1):
        step += 1
    return step


def _decimals(value: float) -> str:
    size = abs(value)
    if value == int(value):
        return str(int(value))
    return f"{value:.3f}" if size < 1 else f"{value:.2f}" if size < 10 else f"{value:.1f}"
