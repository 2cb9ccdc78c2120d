"""Containers over HTTP. Spec: object-storage 6."""

import msgspec

from synnefo.kit import conf
from synnefo.kit.faults import Forbidden
from synnefo.kit.units import is_number
from synnefo.pithos.api import formats
from synnefo.pithos.api.dialects import (
    OCTETS,
    Asked,
    asked,
    header_name,
    header_value,
    is_merge,
    level_metadata,
    source_of,
)
from synnefo.pithos.api.links import public_url
from synnefo.pithos.domain import conditions, metadata
from synnefo.pithos.domain.listings import Listing, normalised, page_size
from synnefo.pithos.domain.sharing import Right
from synnefo.pithos.domain.tags import of_version
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases import containers, content, history, listings, objects, past
from synnefo.pithos.usecases.containers import Order, Totals
from synnefo.pithos.usecases.found import container_of
from synnefo.pithos.usecases.listings import Filter, Line
from synnefo.serve.http.call import Call, Reply

YES = {"true", "1", "on", "yes", "t"}


def head_container(call: Call, account: str, container: str) -> Reply:
    """Tell what a container holds and how it keeps it."""
    ask = asked(call, account, container)
    seen = containers.visible(ask.caller, ask.place.account, ask.place.container)
    then = _then(call, ask, seen)
    headers = {**formats.NEVER_CACHED, **_headers(ask, seen), "Content-Type": formats.TEXT, **then}
    return Reply(304 if _is_unmodified(ask, seen) else 204, headers, None)


def list_objects(call: Call, account: str, container: str) -> Reply:
    """List what is in a container."""
    ask = asked(call, account, container)
    seen = containers.visible(ask.caller, ask.place.account, ask.place.container)
    headers = {**_headers(ask, seen), **_then(call, ask, seen)}
    if _is_unmodified(ask, seen):
        return Reply(304, headers, None)
    wanted = _filter(call)
    if wanted.is_public and ask.caller.user_id != ask.place.account:
        raise Forbidden("Only the owner may list what is public.")
    listing = normalised(_listing(call), call.arg("path"), is_swift=ask.is_swift)
    lines = listings.page(ask.caller, seen.container, listing, wanted)
    rows = [_row(ask, line) if not listing.until else _row_then(ask, line) for line in lines]
    return formats.listed(call, rows, ("container", ask.place.container, "object"), headers)


def _listing(call: Call) -> Listing:
    return Listing(
        prefix=call.arg("prefix") or "",
        delimiter=call.arg("delimiter") or "",
        marker=call.arg("marker") or "",
        end_marker=call.arg("end_marker") or "",
        limit=page_size(call.arg("limit"), conf.of(PithosSettings).pithos_api_list_limit),
        reverse=(call.arg("reverse") or "").lower() in YES,
        until=formats.until(call),
    )


def _then(call: Call, ask: Asked, seen: Totals) -> dict[str, str]:
    """Tell what the container held at the time that is asked about. Spec: object-storage 6.1."""
    until = formats.until(call)
    if not until:
        return {}
    past.refuse_others(ask.caller, ask.place.account)
    then = past.totals_at([seen.container.pk], until).get(seen.container.pk, past.NOTHING)
    return {
        "X-Container-Object-Count": str(then.count),
        "X-Container-Bytes-Used": str(then.size),
        "X-Container-Until-Timestamp": formats.http_date(then.changed),
    }


def _filter(call: Call) -> Filter:
    return Filter(
        terms=metadata.query(call.arg("meta") or ""),
        is_shared="shared" in call.query,
        is_public="public" in call.query,
    )


def _is_unmodified(ask: Asked, seen: Totals) -> bool:
    wanted = msgspec.structs.replace(conditions.read(ask.headers), match=None, none_match=None)
    return wanted.is_unmodified(frozenset(), seen.changed // 1_000_000)


def _headers(ask: Asked, seen: Totals) -> dict[str, str]:
    settings = conf.of(PithosSettings)
    headers = {
        "Last-Modified": formats.http_date(seen.changed),
        "X-Timestamp": f"{seen.changed / 1e6:.5f}",
        "Accept-Ranges": "bytes",
        "X-Container-Block-Size": str(settings.pithos_backend_block_size),
        "X-Container-Block-Hash": settings.pithos_backend_hash_algorithm,
        "X-Container-Object-Meta": "",
    }
    if ask.caller.user_id != ask.place.account:
        return headers
    policy = seen.container.policy
    headers |= {
        "X-Container-Object-Count": str(seen.count),
        "X-Container-Bytes-Used": str(seen.size),
        "X-Storage-Policy": "default",
        "X-Container-Policy-Quota": str(policy.quota),
        "X-Container-Policy-Versioning": str(policy.versioning),
        "X-Container-Policy-Project": policy.project,
    }
    for key, value in seen.container.metadata.items():
        headers[header_name(ask, key)] = header_value(ask, value)
    return headers


def _row(ask: Asked, line: Line) -> dict[str, object]:
    state = line.state
    if state is None:
        return {"subdir": line.name}
    is_md5 = conf.of(PithosSettings).pithos_update_md5
    row: dict[str, object] = {
        "name": line.name,
        "hash": state.large_etag or of_version(state.checksum, state.hash, is_md5_wanted=is_md5),
        "bytes": state.size if state.large_size is None else state.large_size,
        "content_type": state.type,
        "last_modified": formats.iso(state.modified, is_swift=ask.is_swift),
        "x_object_hash": state.hash,
        "x_object_uuid": state.uuid,
        "x_object_version": state.serial,
        "x_object_version_timestamp": formats.decimal(state.modified),
        "x_object_modified_by": state.modified_by,
        "available": state.available,
        "map_check_timestamp": None,
    }
    if state.large_etag:
        row["slo_etag"] = f'"{state.large_etag}"'
    return row | _shared(line)


def _row_then(ask: Asked, line: Line) -> dict[str, object]:
    """Tell about an object of the past: who could see it and when it changed is not kept."""
    row = _row(ask, msgspec.structs.replace(line, sharing=None, shared_by="", public_id=""))
    row.pop("last_modified", None)
    return row


def _shared(line: Line) -> dict[str, object]:
    found: dict[str, object] = {}
    if line.sharing:
        found["x_object_sharing"] = line.sharing.header()
    if line.shared_by:
        found["x_object_shared_by"] = line.shared_by
    if line.right < Right.OWN:
        found["x_object_allowed_to"] = "write" if line.right is Right.WRITE else "read"
    if line.public_id:
        found["x_object_public"] = public_url(line.public_id)
    return found


def put_container(call: Call, account: str, container: str) -> Reply:
    """Make a container, or change one that is there."""
    ask = asked(call, account, container)
    order = _order(call, ask)
    is_new = containers.put(ask.caller, ask.place.account, ask.place.container, order)
    return Reply(201 if is_new else 202, {}, None)


def _order(call: Call, ask: Asked) -> Order:
    prefix = "X-Container-Policy-"
    given = metadata.given(ask.headers, prefix)
    policy = {key[len(prefix) :].lower(): value for key, value in given.items()}
    versions = ask.headers.get("X-Versions-Enabled")
    if versions is not None:
        policy["versioning"] = "auto" if versions.lower() in YES else "none"
    return Order(policy, level_metadata(ask, "Container"), is_merge(call, ask))


def post_container(call: Call, account: str, container: str) -> Reply:
    """Change a container, or upload blocks into the store."""
    ask = asked(call, account, container)
    source = source_of(call, conf.of(PithosSettings).pithos_max_upload_size)
    is_data = ask.headers.get("Content-Type") == OCTETS and source.length != 0
    order = _order(call, ask)
    if order.policy or order.metadata or not (order.is_merge or is_data):
        containers.update(ask.caller, ask.place.account, ask.place.container, order)
    else:
        objects.refuse_others(ask.caller, ask.place.account)
        container_of(ask.place.account, ask.place.container)
    if not is_data:
        return Reply(204 if ask.is_swift else 202, {}, None)
    return _blocks(call, content.receive_blocks(source))


def _blocks(call: Call, hashes: list[str]) -> Reply:
    kind = formats.chosen(call, "text", "json", "xml")
    if kind == "json":
        return Reply(202, {"Content-Type": formats.JSON}, msgspec.json.encode(hashes))
    if kind == "xml":
        body = formats.xml_list("items", "item", hashes, {})
        return Reply(202, {"Content-Type": formats.XML}, body)
    body = "".join(f"{one}\n" for one in hashes).encode()
    return Reply(202, {"Content-Type": formats.TEXT}, body)


def delete_container(call: Call, account: str, container: str) -> Reply:
    """Remove an empty container, empty it, or purge its history."""
    ask = asked(call, account, container)
    owner, name = ask.place.account, ask.place.container
    until = call.arg("until") or ""
    if is_number(until):
        history.purge_container(ask.caller, owner, name, int(until) * 1_000_000)
    elif call.arg("delimiter"):
        objects.delete_all(ask.caller, owner, name)
    else:
        containers.delete(ask.caller, owner, name)
    return Reply(204, {}, None)
