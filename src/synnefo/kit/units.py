"""Sizes in bytes, and how people read and write them."""

import re

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB
TIB = 1024 * GIB
MOST_DIGITS = 18
"""Longer numbers fit no column of a database."""

_STEPS = {"": 1, "K": KIB, "M": MIB, "G": GIB, "T": TIB, "P": 1024 * TIB}
_SIZE = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*([KMGTP]?)(?:I?B)?\s*$", re.IGNORECASE)


def parse_size(text: str) -> int:
    """Read `10G`, `512 MiB` or `4096` as bytes; ValueError when it is no size."""
    found = _SIZE.match(text)
    if found is None:
        raise ValueError(f"'{text}' is not a size. Write a number and a unit, such as 10G.")
    return int(float(found[1]) * _STEPS[found[2].upper()])


def human_size(size: float) -> str:
    """Write bytes as people read them, such as `1.5 GiB`."""
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if abs(size) < 1024 or unit == "TiB":
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"


def is_number(text: str) -> bool:
    """Tell whether a text is a whole number, not negative, that fits every column.

    `str.isdigit` also takes what `int` does not: `²`, and thousands of digits.
    """
    return text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
