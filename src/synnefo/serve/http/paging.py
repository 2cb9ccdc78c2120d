"""Paging and `changes-since` of every list. Spec: compute 1.5, openstack-api 1."""

from datetime import UTC, datetime, timedelta

from synnefo.kit import clock
from synnefo.kit.faults import BadRequest
from synnefo.kit.units import is_number
from synnefo.serve.http.call import Call

MAX_PAGE = 1000


def limit_of(call: Call, *, maximum: int = MAX_PAGE) -> int | None:
    """Read `limit`; None when not given, capped at `maximum`."""
    text = call.arg("limit")
    if text is None or text == "":
        return None
    if not is_number(text):
        raise BadRequest("'limit' must be a whole number that is not negative.")
    return min(int(text), maximum)


def marker_of(call: Call) -> str | None:
    """Read the id after which the page begins."""
    return call.arg("marker") or None


def changes_since(call: Call, *, poll_limit: int = 3600) -> datetime | None:
    """Read `changes-since`; not in the future, nor more than `poll_limit` seconds ago."""
    text = call.arg("changes-since")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise BadRequest("'changes-since' must be a time such as 2026-01-31T10:00:00Z.") from error
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if moment > clock.now():
        raise BadRequest("'changes-since' lies in the future.")
    if poll_limit and moment < clock.now() - timedelta(seconds=poll_limit):
        raise BadRequest(f"'changes-since' lies more than {poll_limit} seconds ago; list anew.")
    return moment
