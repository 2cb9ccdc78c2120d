"""Containers over HTTP. Spec: object-storage 6."""

from urllib.parse import quote

import msgspec

from synnefo.kit import conf
from synnefo.kit.faults import Forbidden
from synnefo.kit.units import is_number
from synnefo.pithos.api import extracts, formats, version_rows
from synnefo.pithos.api.container_orders import QUOTA_BYTES, QUOTA_COUNT, YES, order_of
from synnefo.pithos.api.dialects import (
    OCTETS,
    Asked,
    asked,
    header_name,
    header_value,
    is_merge,
    source_of,
)
from synnefo.pithos.api.form_uploads import upload_form
from synnefo.pithos.api.forms import boundary_of
from synnefo.pithos.api.links import link_to, public_url
from synnefo.pithos.domain import acls, conditions, metadata
from synnefo.pithos.domain.listings import Listing, normalised, page_size
from synnefo.pithos.domain.policies import Versioning
from synnefo.pithos.domain.sharing import Right
from synnefo.pithos.domain.symlinks import LINK, target_of
from synnefo.pithos.domain.tags import of_version
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases import claims, containers, history, listings, objects, past
from synnefo.pithos.usecases.containers import Totals
from synnefo.pithos.usecases.found import container_of
from synnefo.pithos.usecases.listings import Filter, Line
from synnefo.pithos.usecases.visitors import refuse_others
from synnefo.serve.http.call import Call, Reply

MOST_NAMED = 1000
"""Objects up to which a container tells the names of their metadata; it takes a look at each."""
SECRET = ("Temp-Url-Key", "Temp-Url-Key-2")


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
    if wanted.is_public and not ask.is_owner:
        raise Forbidden("Only the owner may list what is public.")
    listing = normalised(
        _listing(call, is_swift=ask.is_swift), call.arg("path"), is_swift=ask.is_swift
    )
    if ask.is_swift and version_rows.is_wanted(call):
        past_rows = version_rows.rows_of(call, ask, seen.container, listing)
        return formats.listed(call, past_rows, ("container", container, "object"), headers)
    lines = listings.page(ask.caller, seen.container, listing, wanted)
    rows = [_row(ask, line) if not listing.until else _row_then(ask, line) for line in lines]
    return formats.listed(call, rows, ("container", ask.place.container, "object"), headers)


def _limit(call: Call, *, is_swift: bool) -> int:
    ceiling = conf.of(PithosSettings).pithos_api_list_limit
    return page_size(call.arg("limit"), ceiling, is_swift=is_swift)


def _listing(call: Call, *, is_swift: bool) -> Listing:
    return Listing(
        prefix=call.arg("prefix") or "",
        delimiter=call.arg("delimiter") or "",
        marker=call.arg("marker") or "",
        end_marker=call.arg("end_marker") or "",
        limit=_limit(call, is_swift=is_swift),
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
        "X-Storage-Policy": "default",
        "X-Container-Block-Size": str(settings.pithos_backend_block_size),
        "X-Container-Block-Hash": settings.pithos_backend_hash_algorithm,
    }
    if not ask.is_swift:
        headers["X-Container-Object-Meta"] = _names_in(ask, seen)
    if ask.is_swift or ask.is_seen:
        headers["X-Container-Object-Count"] = str(seen.count)
        headers["X-Container-Bytes-Used"] = str(seen.size)
    if ask.is_seen:
        headers |= _ruled(seen) if ask.is_swift else _policy(seen)
    for key, value in seen.container.metadata.items():
        if ask.is_seen or (ask.is_swift and not key.endswith(SECRET)):
            headers[header_name(ask, key)] = header_value(ask, value)
    return headers


def _names_in(ask: Asked, seen: Totals) -> str:
    """Name the metadata that objects of a container carry, if it is none of the large ones.

    Spec: object-storage 6.1.
    """
    if seen.count > MOST_NAMED:
        return ""
    prefix = "X-Object-Meta-"
    names = containers.metadata_names(seen.container)
    own = [name[len(prefix) :] for name in names if name.startswith(prefix)]
    return ",".join(metadata.encoded_name(name) for name in own)


def _policy(seen: Totals) -> dict[str, str]:
    policy = seen.container.policy
    return {
        "X-Container-Policy-Quota": str(policy.quota),
        "X-Container-Policy-Versioning": str(policy.versioning),
        "X-Container-Policy-Project": policy.project,
    }


def _ruled(seen: Totals) -> dict[str, str]:
    """Tell an owner what governs the container, in Swift's words."""
    box = seen.container
    kind, _, archive = box.archive.partition(":")
    place = "X-Versions-Location" if kind == "stack" else "X-History-Location"
    told = {
        **_policy(seen),
        "X-Versions-Enabled": "True" if box.policy.versioning == Versioning.AUTO else "False",
        QUOTA_BYTES: str(box.quota or ""),
        QUOTA_COUNT: str(box.quota_count or ""),
        place: quote(archive),
        **{name: str(box.rules.get(name, "")) for name in (acls.READ, acls.WRITE)},
    }
    return {name: value for name, value in told.items() if value}


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
    target = target_of(state.metadata, ask.place.account) if LINK in state.metadata else None
    if target is not None:
        row["symlink_path"] = link_to(target)
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
        found["x_object_allowed_to"] = "write" if line.right >= Right.WRITE else "read"
    if line.public_id:
        found["x_object_public"] = public_url(line.public_id)
    return found


def put_container(call: Call, account: str, container: str) -> Reply:
    """Make a container, or change one that is there."""
    if "extract-archive" in call.query:
        return extracts.extract(call, account, container)
    ask = asked(call, account, container)
    order = order_of(ask, is_merge=is_merge(call, ask))
    is_new = containers.put(ask.caller, ask.place.account, ask.place.container, order)
    return Reply(201 if is_new else 202, {}, None)


def post_container(call: Call, account: str, container: str) -> Reply:
    """Change a container, or upload blocks into the store, or files by a form."""
    if boundary_of(call.headers.get("Content-Type", "")):
        return upload_form(call, account, container, "")
    ask = asked(call, account, container)
    source = source_of(call, conf.of(PithosSettings).pithos_max_upload_size)
    is_data = ask.headers.get("Content-Type") == OCTETS and source.length != 0
    order = order_of(ask, is_merge=is_merge(call, ask))
    if order.says_something or not (order.is_merge or is_data):
        containers.update(ask.caller, ask.place.account, ask.place.container, order)
    else:
        refuse_others(ask.caller, ask.place.account)
        container_of(ask.place.account, ask.place.container)
    if not is_data:
        return Reply(204 if ask.is_swift else 202, {}, None)
    return _blocks(call, claims.receive_blocks(ask.caller, source))


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
