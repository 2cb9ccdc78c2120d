"""Accounts over HTTP, and what is known before one is named. Spec: object-storage 4, 5."""

from typing import Any

import msgspec

from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, Forbidden
from synnefo.pithos.api import bulk, extracts, formats
from synnefo.pithos.api.dialects import (
    Asked,
    acting,
    asked,
    header_name,
    header_value,
    is_merge,
    level_metadata,
)
from synnefo.pithos.domain import conditions, metadata
from synnefo.pithos.domain.listings import Listing, page_size
from synnefo.pithos.engines import identity
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases import accounts, past
from synnefo.pithos.usecases.accounts import Overview
from synnefo.pithos.usecases.containers import ACCOUNT_QUOTA, Totals
from synnefo.pithos.usecases.past import Then
from synnefo.serve.http.call import Call, Reply


def show_sharers(call: Call) -> Reply:
    """List the accounts that share something with the caller; without a token, point to one."""
    if call.caller is None:
        return _guest(call)
    caller = acting(call, "")
    listing = Listing(marker=call.arg("marker") or "", limit=_limit(call))
    rows: list[dict[str, Any]] = []
    for name in accounts.sharing_with(caller, listing):
        seen = accounts.overview(caller, name)
        rows.append({"name": name, "last_modified": formats.iso(seen.changed, is_swift=False)})
    return formats.listed(call, rows, ("accounts", "", "account"), {})


def _guest(call: Call) -> Reply:
    """Answer v1 clients whose key is a token. Spec: object-storage 4.1."""
    user, key = call.headers.get("X-Auth-User"), call.headers.get("X-Auth-Key")
    if not user or not key:
        raise BadRequest("Send X-Auth-Token, or X-Auth-User and X-Auth-Key.")
    url = f"{call.public_base}{call.request.path.rstrip('/')}/{user}"
    return Reply(204, {"X-Auth-Token": key, "X-Storage-Url": url}, None)


def _limit(call: Call, *, is_swift: bool = False) -> int:
    ceiling = conf.of(PithosSettings).pithos_api_list_limit
    return page_size(call.arg("limit"), ceiling, is_swift=is_swift)


def head_account(call: Call, account: str) -> Reply:
    """Tell what an account holds."""
    ask = asked(call, account)
    seen = accounts.overview(ask.caller, ask.place.account)
    headers = {**formats.NEVER_CACHED, **_headers(ask, seen), **_then(call, ask)}
    return Reply(304 if _is_unmodified(ask, seen) else 204, headers, None)


def list_containers(call: Call, account: str) -> Reply:
    """List an account's containers."""
    ask = asked(call, account)
    seen = accounts.overview(ask.caller, ask.place.account)
    headers = {**_headers(ask, seen), **_then(call, ask)}
    if _is_unmodified(ask, seen):
        return Reply(304, headers, None)
    listing = Listing(
        prefix=call.arg("prefix") or "",
        marker=call.arg("marker") or "",
        end_marker=call.arg("end_marker") or "",
        limit=_limit(call, is_swift=ask.is_swift),
        reverse=call.arg("reverse") in {"true", "True", "1", "on", "yes"},
    )
    shared, public = "shared" in call.query, "public" in call.query
    if public and not ask.is_owner:
        raise Forbidden("Only the owner may list what is public.")
    found = accounts.containers(
        ask.caller, ask.place.account, listing, shared=shared, public=public
    )
    rows = [_row(ask, one) for one in found]
    until = formats.until(call)
    if until:
        then = past.totals_at([one.container.pk for one in found], until)
        rows = [
            _row_then(row, then.get(one.container.pk, past.NOTHING))
            for row, one in zip(rows, found, strict=True)
        ]
    return formats.listed(call, rows, ("account", ask.segment, "container"), headers)


def _then(call: Call, ask: Asked) -> dict[str, str]:
    """Tell what the account held at the time that is asked about. Spec: object-storage 5.1."""
    until = formats.until(call)
    if not until:
        return {}
    past.refuse_others(ask.caller, ask.place.account)
    held = past.totals_at(accounts.container_ids(ask.place.account), until).values()
    return {
        "X-Account-Object-Count": str(sum(each.count for each in held)),
        "X-Account-Bytes-Used": str(sum(each.size for each in held)),
        "X-Account-Until-Timestamp": formats.http_date(
            max((each.changed for each in held), default=0)
        ),
    }


def _row_then(row: dict[str, object], then: Then) -> dict[str, object]:
    told = {"count": then.count, "bytes": then.size}
    when = formats.iso(then.changed, is_swift=False)
    return {**row, **told, "x_container_until_timestamp": when}


def _is_unmodified(ask: Asked, seen: Overview) -> bool:
    wanted = conditions.read(ask.headers)
    since = msgspec.structs.replace(wanted, match=None, none_match=None)
    return since.is_unmodified(frozenset(), seen.changed // 1_000_000)


def _row(ask: Asked, one: Totals) -> dict[str, object]:
    row: dict[str, object] = {"name": one.container.name}
    if ask.is_seen:
        row |= {"count": one.count, "bytes": one.size}
    row["last_modified"] = formats.iso(one.changed, is_swift=ask.is_swift)
    if not ask.is_swift and ask.is_seen:
        policy = one.container.policy
        row["x_container_policy"] = {
            "quota": str(policy.quota),
            "versioning": str(policy.versioning),
            "project": policy.project,
        }
    return row


def _headers(ask: Asked, seen: Overview) -> dict[str, str]:
    headers = {
        "Last-Modified": formats.http_date(seen.changed),
        "X-Timestamp": f"{seen.changed / 1e6:.5f}",
        "Accept-Ranges": "bytes",
    }
    if not ask.is_seen:
        return headers
    headers |= {
        "X-Account-Container-Count": str(seen.containers),
        "X-Account-Object-Count": str(seen.objects),
        "X-Account-Bytes-Used": str(seen.size),
    }
    if ask.is_swift:
        policy = "X-Account-Storage-Policy-Default"
        headers[f"{policy}-Container-Count"] = headers["X-Account-Container-Count"]
        headers[f"{policy}-Object-Count"] = headers["X-Account-Object-Count"]
        headers[f"{policy}-Bytes-Used"] = headers["X-Account-Bytes-Used"]
    if not ask.is_swift:
        headers |= _quota_headers(seen.name)
    for group, members in seen.groups.items():
        name = header_name(ask, metadata.normal(f"X-Account-Group-{group}"))
        headers[name] = header_value(ask, ",".join(members))
    for key, value in seen.metadata.items():
        headers[header_name(ask, key)] = header_value(ask, value)
    return headers


def _quota_headers(account: str) -> dict[str, str]:
    """Write what may be stored, in all and in each project. Spec: object-storage 5.1."""
    known = accounts.limits(account)
    if not known:
        return {}
    each = {f"X-Account-Policy-Quota-{project}": str(limit) for project, limit in known.items()}
    return {"X-Account-Policy-Quota": str(sum(known.values())), **each}


def post_account(call: Call, account: str) -> Reply:
    """Change an account's metadata and groups, or delete many objects at once."""
    if "bulk-delete" in call.query:
        return bulk.delete_many(call, account)
    ask = asked(call, account)
    given = level_metadata(ask, "Account")
    if ACCOUNT_QUOTA in given:
        accounts.set_quota(ask.caller, ask.place.account, given.pop(ACCOUNT_QUOTA))
        if not given:
            return Reply(204, {}, None)
    prefix = "X-Account-Group-"
    groups = {
        key[len(prefix) :]: value for key, value in metadata.given(ask.headers, prefix).items()
    }
    _check_members(groups)
    accounts.update(
        ask.caller,
        ask.place.account,
        given,
        groups,
        is_merge=is_merge(call, ask),
    )
    return Reply(204 if ask.is_swift else 202, {}, None)


def _check_members(groups: dict[str, str]) -> None:
    """Refuse groups of somebody who is not there. Spec: object-storage 5.3."""
    named = {one for text in groups.values() for one in text.replace(" ", "").split(",") if one}
    unknown = identity.unknown_users(sorted(named))
    if unknown:
        raise BadRequest(f"There is no user '{unknown[0][:80]}'. A group lists users' uuids.")


def put_account(call: Call, account: str) -> Reply:
    """Extract an archive into containers of the account; accounts come to be by themselves."""
    if "extract-archive" in call.query:
        return extracts.extract(call, account)
    asked(call, account)
    raise Forbidden("An account is there from its first use on; it need not be made.")


def delete_from_account(call: Call, account: str) -> Reply:
    """Delete many objects at once; an account itself cannot be deleted here."""
    if "bulk-delete" in call.query:
        return bulk.delete_many(call, account)
    raise Forbidden("An account cannot be deleted here.")
