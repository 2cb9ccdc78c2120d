"""Conditions on holdings as they are written on the command line. Spec: identity 16.1, 16.6."""

import re

from django.db.models import Q

from synnefo.astakos.domain.limits import parse_amount
from synnefo.astakos.models.quotaholder import HoldingQuerySet
from synnefo.astakos.usecases import users
from synnefo.kit.faults import ItemNotFound

_CONDITION = re.compile(r"\s*(\w+)\s*(!=|>=|=>|<=|=<|=|>|<)\s*(.*?)\s*")
_LOOKUPS = {">=": "gte", "=>": "gte", "<=": "lte", "=<": "lte", ">": "gt", "<": "lt"}
_NUMBERS = {"limit": "limit", "usage": "usage_max", "base_quota": "limit"}
_WORDS = {"holder": "holder", "user": "holder", "source": "source", "resource": "resource"}


def filtered(found: HoldingQuerySet, text: str) -> HoldingQuerySet:
    """Keep the holdings that fit all conditions, such as `limit>=10G,resource=cyclades.vm`.

    Holders and sources are written with their prefixes; a user also by number or address.
    ValueError says what is not understood.
    """
    for part in (one for one in text.split(",") if one.strip()):
        condition = _CONDITION.fullmatch(part)
        if condition is None:
            raise ValueError(f"'{part}' is no condition. Write NAME=VALUE; also != > >= < <=.")
        found = _narrowed(found, *condition.groups())
    return found


def _narrowed(found: HoldingQuerySet, name: str, sign: str, value: str) -> HoldingQuerySet:
    if name in _NUMBERS:
        number = parse_amount(value)
        kept = found.of_system_projects() if name == "base_quota" else found
        return _compared(kept, _NUMBERS[name], sign, number)
    if name not in _WORDS:
        known = ", ".join(sorted({*_NUMBERS, *_WORDS}))
        raise ValueError(f"No column named {name} to filter by. There are: {known}.")
    word = _holder(value) if name == "user" else value
    return _compared(found, _WORDS[name], sign, word)


def _compared(found: HoldingQuerySet, column: str, sign: str, value: str | int) -> HoldingQuerySet:
    if sign == "!=":
        return found.exclude(Q(**{column: value}))
    lookup = _LOOKUPS.get(sign, "exact")
    return found.filter(Q(**{f"{column}__{lookup}": value}))


def _holder(value: str) -> str:
    if value.startswith("user:"):
        return value
    try:
        return f"user:{users.find(value).uuid}"
    except ItemNotFound as fault:
        raise ValueError(fault.message) from fault
