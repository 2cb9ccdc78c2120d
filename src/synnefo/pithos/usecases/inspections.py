"""Everything that is known about one object, for operators. Spec: object-storage 19.1."""

from collections.abc import Sequence
from typing import Any

from synnefo.kit.faults import BadRequest, ItemNotFound
from synnefo.kit.ids import is_uuid
from synnefo.pithos.domain.places import Place
from synnefo.pithos.models import Cluster, Facet, Version
from synnefo.pithos.usecases import content
from synnefo.pithos.usecases.found import Found, at_version, digests_of, look, with_rights
from synnefo.serve.http.auth import Caller


def find(words: Sequence[str]) -> Found:
    """Find an object by account, container and name, or by its uuid."""
    if len(words) == 1:
        words = _place_of(words[0])
    found = look(Place(*words))
    return with_rights(Caller(user_id=found.box.account), found)


def _place_of(uuid: str) -> tuple[str, str, str]:
    if not is_uuid(uuid):
        raise BadRequest(f"'{uuid}' is not a uuid.")
    rows = Version.objects.filter(uuid=uuid, cluster=Cluster.NORMAL)
    row = rows.select_related("node__container").first()
    if row is None:
        raise ItemNotFound(f"There is no object with the uuid '{uuid}'.")
    container = row.node.container
    return container.account, container.name, row.node.name


def facts(found: Found, *, version: str, domain: str, with_blocks: bool) -> dict[str, Any]:
    """Tell an object's facts by name."""
    shown = at_version(found, version) if version else found
    state = shown.object
    told: dict[str, Any] = {
        "name": found.place.name,
        "account": found.place.account,
        "container": found.place.container,
        "bytes": state.size,
        "type": state.type,
        "hash": state.hash,
        "checksum": state.checksum,
        "uuid": state.uuid,
        "version": state.serial,
        "version_timestamp": state.modified / 1_000_000,
        "modified_by": state.modified_by,
        "available": state.available,
        "is_snapshot": state.is_snapshot,
        **_metadata(found, state.metadata, domain),
    }
    if not version:
        told["permissions"] = found.sharing.header()
        told["X-Object-Public"] = found.public_id or ""
    if with_blocks:
        told["hashmap"] = content.hashes_told(digests_of(state))
    return told


def _metadata(found: Found, own: dict[str, str], domain: str) -> dict[str, str]:
    if domain == "pithos":
        return own
    row = Facet.objects.filter(node_id=found.node_id or 0, domain=domain).first()
    return dict(row.metadata) if row else {}
