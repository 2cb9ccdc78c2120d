"""Versions in Swift's newer way: listed with a container, removed and shown again one by one.

Spec: object-storage 18.2, openstack-api 10.1.
"""

from synnefo.kit import conf
from synnefo.kit.faults import ItemNotFound
from synnefo.kit.units import is_number
from synnefo.pithos.api import formats
from synnefo.pithos.api.dialects import Asked
from synnefo.pithos.api.wishes import written
from synnefo.pithos.domain.archives import MARKER
from synnefo.pithos.domain.listings import Listing
from synnefo.pithos.domain.tags import of_version
from synnefo.pithos.models import Container
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases import copies, version_lists, version_removal
from synnefo.pithos.usecases.copies import Route
from synnefo.pithos.usecases.objects import Wish
from synnefo.pithos.usecases.version_lists import Entry
from synnefo.serve.http.call import Call, Reply


def is_wanted(call: Call) -> bool:
    """Tell whether a list of versions is asked for, and not one of objects."""
    return "versions" in call.query and (call.arg("versions") or "true").lower() != "false"


def rows_of(
    call: Call, ask: Asked, container: Container, listing: Listing
) -> list[dict[str, object]]:
    """List a container's versions, the newest of each name first."""
    before = call.arg("version_marker") or ""
    found = version_lists.page(
        ask.caller, container, listing, int(before) if is_number(before) else 0
    )
    return [_row(ask, entry) for entry in found]


def _row(ask: Asked, entry: Entry) -> dict[str, object]:
    state = entry.state
    if state is None:
        return {"subdir": entry.name}
    is_md5 = conf.of(PithosSettings).pithos_update_md5
    return {
        "name": entry.name,
        "hash": state.large_etag or of_version(state.checksum, state.hash, is_md5_wanted=is_md5),
        "bytes": state.size if state.large_size is None else state.large_size,
        "content_type": MARKER if entry.is_deletion else state.type,
        "last_modified": formats.iso(state.modified, is_swift=ask.is_swift),
        "version_id": str(state.serial),
        "is_latest": entry.is_latest,
    }


def drop(ask: Asked, version: str) -> Reply:
    """Remove one version for good."""
    version_removal.drop(ask.caller, ask.place, version)
    return Reply(204, {"X-Object-Version-Id": version}, None)


def show_again(ask: Asked, version: str) -> Reply:
    """Make a former version the current one again; it stays among the former ones too."""
    if not is_number(version):
        raise ItemNotFound(f"There is no version '{version}' of this object.")
    route = Route(source=ask.place, target=ask.place, version=version)
    _, state = copies.transfer(ask.caller, route, Wish())
    told = {"X-Object-Version-Id": str(state.serial)}
    return Reply(201, {**written(state), **told}, None)
