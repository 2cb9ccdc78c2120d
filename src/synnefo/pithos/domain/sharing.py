"""Who may read and write what somebody else owns. Spec: object-storage 10."""

from collections.abc import Collection
from enum import IntEnum

import msgspec

from synnefo.kit.faults import BadRequest

EVERYBODY = "*"
MAX_HOLDER = 256


class Right(IntEnum):
    """What a caller may do with an object; each includes the ones before."""

    NONE = 0
    READ = 1
    WRITE = 2
    TEND = 3
    """Write and delete, as a container's list of writers gives it."""
    OWN = 4


class Sharing(msgspec.Struct, frozen=True):
    """A permission record: user ids, `owner:group` or `*`."""

    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.read or self.write)

    def header(self) -> str:
        """Write the record as X-Object-Sharing tells it."""
        lists = (("read", self.read), ("write", self.write))
        return "; ".join(f"{kind}={','.join(holders)}" for kind, holders in lists if holders)

    def right_of(self, holders: Collection[str]) -> Right:
        """Tell the right of a caller, given every name that stands for them."""
        if any(holder in holders for holder in self.write):
            return Right.WRITE
        if any(holder in holders for holder in self.read):
            return Right.READ
        return Right.NONE


def parsed(header: str) -> Sharing:
    """Read X-Object-Sharing; an empty header is an empty record."""
    text = "".join(header.split()).replace("~", "").lower()
    lists: dict[str, tuple[str, ...]] = {}
    for part in (part for part in text.split(";") if part):
        kind, equals, names = part.partition("=")
        if kind not in {"read", "write"} or not equals:
            raise BadRequest("X-Object-Sharing is written read=a,b;write=c.")
        lists[kind] = _holders(names)
    return of_lists(lists.get("read", ()), lists.get("write", ()))


def of_lists(read: Collection[str], write: Collection[str]) -> Sharing:
    """Make a record of two lists: `*` swallows the others, write swallows read."""
    writers, readers = _reduced(write), _reduced(read)
    return Sharing(tuple(name for name in readers if name not in writers), writers)


def _reduced(names: Collection[str]) -> tuple[str, ...]:
    if any(len(name) > MAX_HOLDER for name in names):
        raise BadRequest(f"A name in a sharing list has at most {MAX_HOLDER} characters.")
    return (EVERYBODY,) if EVERYBODY in names else tuple(sorted(set(names)))


def _holders(text: str) -> tuple[str, ...]:
    names = tuple(name for name in text.split(",") if name)
    if not names:
        raise BadRequest("A sharing list is empty. Name a user id, owner:group or *.")
    return names


def holders_of(user_id: str, groups: Collection[tuple[str, str]]) -> frozenset[str]:
    """Tell every name in sharing lists that stands for a user."""
    return frozenset({user_id, EVERYBODY, *(f"{owner}:{name}" for owner, name in groups)})
