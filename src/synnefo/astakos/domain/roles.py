"""The standing roles, and what roles bring about. Spec: openstack-api 4.4."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

import msgspec

from synnefo.astakos.domain.catalogs import stable_id

Key = TypeVar("Key", str, int)
ADMIN, MANAGER, MEMBER, READER, SERVICE = "admin", "manager", "member", "reader", "service"
STANDING = {name: stable_id("role", name) for name in (ADMIN, MANAGER, MEMBER, READER, SERVICE)}
"""Names and ids of the roles that every cloud has; code and clients count on them."""
IMPLIED = ((ADMIN, MEMBER), (MANAGER, MEMBER), (MEMBER, READER))


class Named(msgspec.Struct, frozen=True, order=True):
    """A role by name and id."""

    name: str
    id: str


STANDING_ROLES = {name: Named(name, uuid) for name, uuid in STANDING.items()}
OF_ADMIN = tuple(STANDING_ROLES[name] for name in (ADMIN, MEMBER, READER))
OF_MEMBER = tuple(STANDING_ROLES[name] for name in (MEMBER, READER))


def closure(given: Iterable[Key], implies: Mapping[Key, Iterable[Key]]) -> set[Key]:
    """Add to some roles all that they imply, however far."""
    found: set[Key] = set()
    waiting = list(given)
    while waiting:
        role = waiting.pop()
        if role not in found:
            found.add(role)
            waiting.extend(implies.get(role, ()))
    return found
