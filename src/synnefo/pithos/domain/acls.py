"""Who may read and write a container as a whole, as Swift's headers say it.

`X-Container-Read: .r:*,.rlistings,project:user` and `X-Container-Write` likewise.
Spec: object-storage 18.2, openstack-api 10.1.
"""

from collections.abc import Collection
from urllib.parse import urlsplit

import msgspec

from synnefo.kit.faults import BadRequest
from synnefo.pithos.domain.sharing import Right

READ, WRITE = "X-Container-Read", "X-Container-Write"
LISTINGS = ".rlistings"
LONGEST = 8192
_REFERRER = (".r", ".ref", ".referer", ".referrer")


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """Who stands at the door: their names, their projects' names, and where they come from."""

    users: Collection[str] = ()
    projects: Collection[str] = ()
    roles: Collection[str] = ()
    referrer: str = ""


def cleaned(text: str, *, is_write: bool) -> str:
    """Write a list in its one form; BadRequest where it makes no sense."""
    if len(text) > LONGEST:
        raise BadRequest(f"A list of who may enter has at most {LONGEST} characters.")
    parts = [part.strip() for part in text.split(",")]
    return ",".join(_clean(part, is_write=is_write) for part in parts if part)


def _clean(part: str, *, is_write: bool) -> str:
    if not part.startswith("."):
        return part
    kind, colon, host = (each.strip() for each in part.partition(":"))
    if not colon and kind == LISTINGS:
        return LISTINGS
    if kind not in _REFERRER or not colon:
        raise BadRequest(f"'{part}' is no way to say who may enter.")
    if is_write:
        raise BadRequest("Sites may read a container and never write to it.")
    minus = "-" if host.startswith("-") else ""
    host = host.removeprefix("-").strip()
    if host != "*":
        host = host.removeprefix("*")
    if host in {"", "."}:
        raise BadRequest(f"'{part}' names no site.")
    return f".r:{minus}{host}"


def right_of(read: str, write: str, visit: Visit, *, is_listing: bool = False) -> Right:
    """Tell what the two lists let a visitor do with a container and all that is in it.

    Sites let in by `.r:` may list only with `.rlistings`. Nobody without a name may write.
    """
    if visit.users and _is_named(write, visit):
        return Right.TEND
    if visit.users and _is_named(read, visit):
        return Right.READ
    if not _admits_referrer(read, visit.referrer):
        return Right.NONE
    return Right.NONE if is_listing and LISTINGS not in read.split(",") else Right.READ


def _is_named(acl: str, visit: Visit) -> bool:
    return any(_names(part, visit) for part in acl.split(",") if part and part[0] != ".")


def _names(part: str, visit: Visit) -> bool:
    project, colon, user = part.rpartition(":")
    if not colon:
        return part in visit.roles or part in visit.projects
    return project in {"*", *visit.projects} and user in {"*", *visit.users}


def _admits_referrer(acl: str, referrer: str) -> bool:
    """Go through the sites in their order; the last one that fits decides."""
    try:
        host = urlsplit(referrer).hostname or "unknown"
    except ValueError:
        host = "unknown"
    found = False
    for part in acl.split(","):
        if part.startswith(".r:"):
            wanted = part[3:].removeprefix("-")
            fits = wanted in {"*", host} or (wanted.startswith(".") and host.endswith(wanted))
            found = not part.startswith(".r:-") if fits else found
    return found
