"""How a listing is cut: prefixes, delimiters, markers. Spec: object-storage 6.2, 14.4."""

import msgspec

from synnefo.kit.units import is_number

LIMIT = 10000
LAST = chr(0x10FFFF)


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """What a list is asked for; `until` in microseconds since 1970."""

    prefix: str = ""
    delimiter: str = ""
    marker: str = ""
    end_marker: str = ""
    limit: int = LIMIT
    reverse: bool = False
    until: int = 0
    """The time as of which names are listed; 0 for now."""
    virtual: bool = True
    """Whether rolled-up names are listed; `path=` wants none."""

    def rolled(self, name: str) -> str | None:
        """Tell the virtual entry that a name is rolled up into, if any."""
        if not self.delimiter:
            return None
        found = name.find(self.delimiter, len(self.prefix))
        end = found + len(self.delimiter)
        return name[:end] if found >= 0 and end < len(name) else None


class Bounds(msgspec.Struct, frozen=True):
    """A range of names: after or from `low`, before `high`; an empty `high` is no bound."""

    low: str
    is_low_included: bool
    high: str


def page_size(text: str | None, ceiling: int, *, is_swift: bool = False) -> int:
    """Read `limit`; nonsense and nothing mean the ceiling, and so does 0, but to Swift."""
    if is_swift and text == "0":
        return 0
    if text is None or not is_number(text) or int(text) == 0:
        return ceiling
    return min(int(text), ceiling)


def normalised(listing: Listing, path: str | None, *, is_swift: bool) -> Listing:
    """Apply `path=` and the rules on prefixes. Spec: object-storage 6.2.1, 18.2 R1."""
    change = msgspec.structs.replace
    if path is not None and (path or is_swift):
        listing = change(listing, prefix=path, delimiter="/", virtual=False)
    wants_slash = not is_swift or not listing.virtual
    prefix = listing.prefix if is_swift else listing.prefix.lstrip("/")
    if not listing.virtual:
        prefix = prefix.lstrip("/")
    delimiter = listing.delimiter
    if wants_slash and prefix and delimiter and not prefix.endswith(delimiter):
        prefix += delimiter
    return change(listing, prefix=prefix)


def past(prefix: str) -> str:
    """Tell the first text after every text with a prefix; empty when there is none."""
    for position in range(len(prefix) - 1, -1, -1):
        if prefix[position] != LAST:
            return prefix[:position] + _next(prefix[position])
    return ""


def _next(letter: str) -> str:
    code = ord(letter) + 1
    return chr(0xE000 if 0xD800 <= code <= 0xDFFF else code)


def bounds(listing: Listing) -> Bounds:
    """Tell the range of names that a forward list begins with."""
    low, is_included = listing.prefix, True
    marker = listing.marker
    if marker and marker >= low:
        low, is_included = marker, False
        if listing.delimiter and marker.endswith(listing.delimiter):
            low, is_included = _after_virtual(listing, marker)
    ends = [end for end in (past(listing.prefix), listing.end_marker) if end]
    return Bounds(low, is_included, min(ends) if ends else "")


def _after_virtual(listing: Listing, marker: str) -> tuple[str, bool]:
    """Skip what lies below a marker that was a rolled-up name."""
    inside = marker.startswith(listing.prefix) and len(marker) > len(listing.prefix)
    return (past(marker), True) if inside else (marker, False)
