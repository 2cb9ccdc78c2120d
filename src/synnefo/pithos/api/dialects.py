"""Who asks for what, and in which dialect: Pithos' own or Swift's. Spec: object-storage R1."""

from collections.abc import Mapping
from urllib.parse import quote

import msgspec

from synnefo.kit.faults import BadRequest, Fault, Forbidden, Unauthorized
from synnefo.kit.ids import is_uuid
from synnefo.pithos.domain import metadata
from synnefo.pithos.domain.metadata import Metadata
from synnefo.pithos.domain.places import (
    Place,
    account_of,
    check_container,
    check_name,
    place_in_header,
)
from synnefo.pithos.usecases.visitors import owns, right_in, sees, visitor
from synnefo.serve.http.auth import Caller
from synnefo.serve.http.call import Call
from synnefo.serve.http.stream import BodySource

OCTETS = "application/octet-stream"
NAMES = {"conflictingRequest": "conflict"}


class Asked(msgspec.Struct, frozen=True):
    """A request's place, its caller, and how it wants to be spoken to."""

    place: Place
    caller: Caller
    is_swift: bool
    headers: Mapping[str, str]

    @property
    def is_owner(self) -> bool:
        """Tell whether the account is the caller's."""
        return owns(self.caller, self.place.account)

    @property
    def is_seen(self) -> bool:
        """Tell whether the caller may know all about the account."""
        return sees(self.caller, self.place.account)

    @property
    def segment(self) -> str:
        """Write the account as this client writes it."""
        return f"AUTH_{self.place.account}" if self.is_swift else self.place.account


def asked(call: Call, account: str, container: str = "", name: str = "") -> Asked:
    """Read who asks for what; Unauthorized without a token."""
    owner, is_swift = account_of(account)
    if is_swift and name and is_uuid(container) and container == owner:
        container, _, name = name.partition("/")
        is_swift = False
    place = Place(
        owner,
        check_container(container) if container else "",
        check_name(name) if name else "",
    )
    return Asked(place, _who(call, account, place), is_swift, _readable(call, is_swift=is_swift))


def _who(call: Call, account: str, place: Place) -> Caller:
    """Tell who calls; nobody in particular where a container lets anybody read."""
    if call.caller is None and place.container and call.method in {"GET", "HEAD"}:
        guest = visitor(None, call.headers.get("Referer", ""))
        is_listing = not place.name
        if right_in(guest, place.account, place.container, is_listing=is_listing):
            return guest
    caller = acting(call, account)
    if owns(caller, place.account):
        return caller
    return visitor(caller, call.headers.get("Referer", ""))


def acting(call: Call, account: str) -> Caller:
    """Tell for whom the call is: its own caller, or the user a component speaks for."""
    caller = call.caller
    if caller is None:
        raise Unauthorized(
            "Access denied. No authentication token. Send it in the X-Auth-Token header.",
            headers={"WWW-Authenticate": f'Swift realm="{quote(account)}"'},
        )
    behalf = call.headers.get("X-Snf-On-Behalf")
    if not behalf:
        return caller
    if not caller.is_service:
        raise Forbidden("Only a component may act for somebody else.")
    return Caller(user_id=behalf, user_name=behalf, project_id=behalf, token=caller.token)


def _readable(call: Call, *, is_swift: bool) -> Mapping[str, str]:
    """Answer the headers as text; natively they are ASCII. Spec: object-storage 3.4."""
    headers = call.headers
    if headers.are_ascii:
        return headers
    if not is_swift:
        raise BadRequest("Bad character in headers. Percent-encode what is not ASCII.")
    return {name: _utf8(value) for name, value in headers.items()}


def _utf8(value: str) -> str:
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def token_of(call: Call) -> str | None:
    """Read the token from the query, else from the header. Spec: object-storage 2.3."""
    return call.arg("X-Auth-Token") or call.headers.get("X-Auth-Token") or None


def level_metadata(ask: Asked, level: str) -> Metadata:
    """Read the metadata of an account or container, removals included."""
    found = metadata.given(ask.headers, f"X-{level}-Meta-")
    return {**found, **(metadata.removed(ask.headers, level) if ask.is_swift else {})}


def is_merge(call: Call, ask: Asked) -> bool:
    """Tell whether given metadata are laid over what is there."""
    return ask.is_swift or "update" in call.query


def header_value(ask: Asked, value: str) -> str:
    """Write text for a reply header: raw UTF-8 for Swift's clients, percent-encoded for others."""
    if not ask.is_swift:
        return metadata.encoded(value)
    return value.replace("\r", " ").replace("\n", " ").encode().decode("latin-1")


def header_name(ask: Asked, name: str) -> str:
    """Write a reply header's name."""
    return name if ask.is_swift and name.isascii() else metadata.encoded_name(name)


def source_of(call: Call, limit: int) -> BodySource:
    """Answer the request's body, to be received into buffers."""
    return BodySource(call.meta, limit=limit)


def other_place(ask: Asked, value: str, *accounts: str) -> Place:
    """Read the other end of a copy: a header's path in the first account that is named."""
    named = next((ask.headers[name] for name in accounts if ask.headers.get(name)), "")
    own = ask.place.account if ask.is_swift else ask.caller.user_id
    account = account_of(named)[0] if named else own
    return place_in_header(value, account)


def fault_style(fault: Fault) -> tuple[bytes, str]:
    """Write a fault as Pithos does. Spec: object-storage 12.1."""
    told = {"code": fault.status, "message": fault.message, "details": fault.details}
    name = NAMES.get(fault.name, fault.name)
    return msgspec.json.encode({name: told}), "application/json; charset=UTF-8"
