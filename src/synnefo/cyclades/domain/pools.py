"""Pools of values, as two bitmaps: what Cyclades gave out, and what is reserved outside.

A set bit is usable. The first value is the most significant bit. Spec: network 8.
"""

import base64
from collections.abc import Iterable

import msgspec

from synnefo.kit.faults import BadRequest

_MAC_DIGITS = 5


class PoolEmptyError(Exception):
    """No value is left."""


class ValueOutsideError(Exception):
    """The value does not belong to this pool."""


class ValueTakenError(Exception):
    """The value is in use or reserved."""


class Pool(msgspec.Struct, frozen=True):
    """The usable bits of `size` values; changed copies are made, never the pool itself."""

    size: int
    available: int
    reserved: int

    @property
    def usable(self) -> int:
        """Tell the bits that are neither given out nor reserved outside."""
        return self.available & self.reserved

    def count_available(self) -> int:
        """Count values that could be given out now."""
        return self.usable.bit_count()

    def count_reserved(self) -> int:
        """Count values that are reserved outside."""
        return self.size - self.reserved.bit_count()

    def is_taken(self, index: int) -> bool:
        """Tell whether a value cannot be given out."""
        return not self.usable & self._bit(index)

    def take(self, index: int | None = None) -> tuple["Pool", int]:
        """Give out a value, the lowest free one unless told which."""
        if index is None:
            if not self.usable:
                raise PoolEmptyError
            index = self.size - self.usable.bit_length()
        elif self.is_taken(index):
            raise ValueTakenError
        return self._with(available=self.available & ~self._bit(index)), index

    def put(self, index: int, *, external: bool = False) -> "Pool":
        """Make a value usable again."""
        bit = self._bit(index)
        if external:
            return self._with(reserved=self.reserved | bit)
        return self._with(available=self.available | bit)

    def reserve(self, index: int, *, external: bool = True) -> "Pool":
        """Keep a value from being given out."""
        bit = self._bit(index)
        if external:
            return self._with(reserved=self.reserved & ~bit)
        return self._with(available=self.available & ~bit)

    def resize(self, size: int) -> "Pool":
        """Grow with free values, or shrink when none of the last ones is given out."""
        extra = size - self.size
        if extra >= 0:
            ones = (1 << extra) - 1
            return Pool(size, self.available << extra | ones, self.reserved << extra | ones)
        tail = (1 << -extra) - 1
        if self.available & tail != tail:
            raise BadRequest("Cannot shrink the pool: some of the last values are in use.")
        return Pool(size, self.available >> -extra, self.reserved >> -extra)

    def drawn(self) -> str:
        """Draw one character per value: `.` usable, `X` not."""
        bits = f"{self.usable:0{self.size}b}" if self.size else ""
        return bits.replace("1", ".").replace("0", "X")

    def texts(self) -> tuple[str, str]:
        """Write both maps as they are stored: base64, padded to whole bytes with zero bits."""
        return _text(self.available, self.size), _text(self.reserved, self.size)

    def _bit(self, index: int) -> int:
        if not 0 <= index < self.size:
            raise ValueOutsideError
        return 1 << (self.size - 1 - index)

    def _with(self, *, available: int | None = None, reserved: int | None = None) -> "Pool":
        return Pool(
            self.size,
            self.available if available is None else available,
            self.reserved if reserved is None else reserved,
        )


def fresh(size: int, reserved: Iterable[int] = ()) -> Pool:
    """Make a pool of free values, some of them reserved outside."""
    ones = (1 << size) - 1
    held = 0
    for index in reserved:
        held |= 1 << (size - 1 - index)
    return Pool(size, ones, ones & ~held)


def stored(size: int, available: str, reserved: str) -> Pool:
    """Read a pool from its stored texts."""
    return Pool(size, _bits(available, size), _bits(reserved, size))


def _text(bits: int, size: int) -> str:
    nbytes = (size + 7) // 8
    return base64.b64encode((bits << (nbytes * 8 - size)).to_bytes(nbytes, "big")).decode()


def _bits(text: str, size: int) -> int:
    raw = base64.b64decode(text)
    return int.from_bytes(raw, "big") >> (len(raw) * 8 - size)


def bridge_name(base: str, index: int) -> str:
    """Name a bridge of a pool: `prv` and 0 make prv1. Spec: network 8.2."""
    return f"{base}{index + 1}"


def bridge_index(base: str, name: str) -> int:
    """Find the place of a bridge in its pool; ValueOutsideError when it is none of it."""
    digits = name.removeprefix(base)
    if not name.startswith(base) or not digits.isdecimal() or int(digits) < 1:
        raise ValueOutsideError
    return int(digits) - 1


def mac_prefix(base: str, index: int) -> str:
    """Name a MAC prefix of a pool: `aa:00:0` and 1 make aa:00:1. Spec: network 8.2."""
    digits = f"{_mac_number(base) + index:0{_MAC_DIGITS}x}"
    return f"{digits[:2]}:{digits[2:4]}:{digits[4:]}"


def mac_index(base: str, prefix: str) -> int:
    """Find the place of a MAC prefix in its pool."""
    return _mac_number(prefix) - _mac_number(base)


def check_mac_base(base: str, size: int) -> None:
    """Refuse a base of MAC prefixes that is none, or that runs over the end."""
    pairs = base.split(":")
    if [len(pair) for pair in pairs] != [2, 2, 1] or not _is_hex("".join(pairs)):
        raise BadRequest("The base must be five hexadecimal digits such as aa:00:0.")
    if _mac_number(base) + size > 1 << (4 * _MAC_DIGITS):
        raise BadRequest("The pool runs over the last MAC prefix. Choose a smaller size.")


def unusable_macs(base: str, size: int) -> list[int]:
    """List prefixes that no private network may have: the first, and global or group ones."""
    first = _mac_number(base)
    shift = 4 * (_MAC_DIGITS - 2)
    return [i for i in range(size) if i == 0 or ((first + i) >> shift) & 3 != 2]


def _mac_number(prefix: str) -> int:
    return int(prefix.replace(":", ""), 16)


def _is_hex(text: str) -> bool:
    return all(digit in "0123456789abcdefABCDEF" for digit in text)


def matching(pool: Pool, used: Iterable[int]) -> Pool:
    """Make the pool that fits what is really used; outside reservations stay."""
    taken = 0
    for index in used:
        taken |= 1 << (pool.size - 1 - index)
    return Pool(pool.size, ((1 << pool.size) - 1) & ~taken, pool.reserved)


def differences(one: Pool, other: Pool) -> list[int]:
    """List the values that one pool gave out and the other one did not."""
    odd = one.available ^ other.available
    return [i for i in range(one.size) if odd >> (one.size - 1 - i) & 1]
