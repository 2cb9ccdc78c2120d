"""What other services keep on objects, for components that act for a user.

Not part of the historic API: the image service used the library in process there.
"""

import msgspec

from synnefo.pithos.api.dialects import acting
from synnefo.pithos.domain.tags import of_version
from synnefo.pithos.usecases import domains
from synnefo.pithos.usecases.domains import Known
from synnefo.serve.http.call import Call, Reply


class Change(msgspec.Struct):
    """Metadata to lay over what is there, or to put in its place."""

    metadata: dict[str, str] = {}
    replace: bool = False


class Lists(msgspec.Struct):
    """Who may read and who may write."""

    read: list[str] = []
    write: list[str] = []


class Shown(msgspec.Struct):
    """An object with its metadata in a domain."""

    uuid: str
    account: str
    container: str
    name: str
    size: int
    content_type: str
    merkle: str
    etag: str
    version: int
    version_timestamp: float
    available: int
    is_snapshot: bool
    read: list[str]
    write: list[str]
    metadata: dict[str, str]


def _shown(known: Known) -> Shown:
    state, found = known.found.object, known.found
    return Shown(
        uuid=state.uuid,
        account=found.box.account,
        container=found.box.name,
        name=found.place.name,
        size=state.size,
        content_type=state.type,
        merkle=state.hash,
        etag=of_version(state.checksum, state.hash, is_md5_wanted=True),
        version=state.serial,
        version_timestamp=known.changed / 1_000_000,
        available=state.available,
        is_snapshot=state.is_snapshot,
        read=list(found.sharing.read),
        write=list(found.sharing.write),
        metadata=known.metadata,
    )


def list_domain(call: Call, domain: str) -> list[Shown]:
    """List the objects of a domain that the caller may read."""
    return [_shown(known) for known in domains.listed(acting(call, ""), domain)]


def show_in_domain(call: Call, domain: str, uuid: str) -> Shown:
    """Tell about an object by its uuid."""
    return _shown(domains.by_uuid(acting(call, ""), domain, uuid))


def change_in_domain(call: Call, domain: str, uuid: str, body: Change) -> Shown:
    """Change what a service knows about an object."""
    caller = acting(call, "")
    return _shown(domains.update(caller, domain, uuid, body.metadata, replace=body.replace))


def share_in_domain(call: Call, domain: str, uuid: str, body: Lists) -> Shown:
    """Say who else may read and write an object."""
    return _shown(domains.share(acting(call, ""), domain, uuid, (body.read, body.write)))


def delete_in_domain(call: Call, domain: str, uuid: str) -> Reply:
    """Delete an object known by its uuid."""
    domains.delete(acting(call, ""), domain, uuid)
    return Reply(204, {}, None)
