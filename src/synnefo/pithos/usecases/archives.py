"""Deleting where former objects are kept in a container of their own.

A stack shows the former object again; a history notes the deletion. Spec: openstack-api 10.1.
"""

import hashlib

import msgspec

from synnefo.kit.faults import ItemNotFound
from synnefo.pithos.domain.archives import HISTORY, MARKER, archive_prefix, archived_name
from synnefo.pithos.domain.places import Place
from synnefo.pithos.models import Node
from synnefo.pithos.usecases import versions
from synnefo.pithos.usecases.found import Found, microseconds
from synnefo.pithos.usecases.versions import Draft, draft_of, lay_away, locked, record
from synnefo.wire.hashmaps import NOTHING

_EMPTY = hashlib.md5(b"", usedforsecurity=False).hexdigest()


def remove(found: Found, author: str) -> None:
    """Delete the current object of a path, in the running transaction."""
    kind, _, name = found.box.archive.partition(":")
    if not name:
        versions.remove(found, author)
    elif kind == HISTORY:
        lay_away(found, author)
        _note_deletion(found, name, author)
        versions.remove(found, author)
    else:
        _pop(found, name, author)


def _note_deletion(found: Found, archive: str, author: str) -> None:
    entry = archived_name(found.place.name, microseconds())
    draft = Draft(hash=NOTHING, size=0, type=MARKER, metadata={}, checksum=_EMPTY)
    record(locked(Place(found.place.account, archive, entry)), draft, author)


def _pop(found: Found, archive: str, author: str) -> None:
    """Show the newest former object again, or nothing when there is none."""
    former = _newest(found, archive)
    if former is None or former.object.type == MARKER:
        versions.remove(found, author)
    else:
        box = msgspec.structs.replace(found.box, archive="")
        record(msgspec.structs.replace(found, box=box), draft_of(former.object), author)
    if former is not None:
        versions.remove(former, author)


def _newest(found: Found, archive: str) -> Found | None:
    prefix = archive_prefix(found.place.name)
    rows = Node.objects.filter(
        container__account=found.place.account,
        container__name=archive,
        name__startswith=prefix,
        current__isnull=False,
    )
    name = rows.order_by("-name").values_list("name", flat=True).first()
    if name is None:
        return None
    former = locked(Place(found.place.account, archive, name))
    if former.state is None:
        raise ItemNotFound("The former object has just gone.")
    return former
