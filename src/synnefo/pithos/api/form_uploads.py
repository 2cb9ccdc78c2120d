"""Files that come by a web page's form: with a token, or with a signature.

Spec: object-storage 7.5.3, 18.2, openstack-api 10.1.
"""

import mimetypes
from collections.abc import Iterable
from itertools import chain
from urllib.parse import urlencode

import msgspec

from synnefo.kit import clock, conf
from synnefo.kit.faults import BadRequest, Fault, TooLarge, Unauthorized
from synnefo.pithos.api import formats
from synnefo.pithos.api.dialects import OCTETS, asked, source_of
from synnefo.pithos.api.forms import Form, Part, boundary_of
from synnefo.pithos.api.wishes import expiry, written
from synnefo.pithos.domain import metadata
from synnefo.pithos.domain.form_tickets import FormTicket, ticket_of
from synnefo.pithos.domain.places import Place, account_of, check_container, check_name
from synnefo.pithos.domain.temp_urls import signed_paths
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases import objects
from synnefo.pithos.usecases.objects import Wish
from synnefo.pithos.usecases.temp_urls import keys_for
from synnefo.serve.http.auth import Caller
from synnefo.serve.http.call import Call, Reply

FIELD = "X-Object-Data"
MOST_FIELDS = 100


class _Bounded:
    """A file of a form that may only be so large."""

    length: int | None = None

    def __init__(self, part: Part, most: int) -> None:
        self._part = part
        self._left = most

    def fill(self, view: memoryview) -> int:
        """Fill a buffer from its start; TooLarge past the bound."""
        filled = self._part.fill(view)
        self._left -= filled
        if self._left < 0:
            raise TooLarge("A file is larger than the form allows.")
        return filled


def upload_form(call: Call, account: str, container: str, name: str) -> Reply:
    """Store what a form brings: one file at this address, or files below it by a signature."""
    limit = conf.of(PithosSettings).pithos_max_upload_size
    boundary = boundary_of(call.headers.get("Content-Type", ""))
    fields: dict[str, str] = {}
    parts = Form(source_of(call, limit), boundary).parts()
    for part in parts:
        if part.filename or part.name == FIELD:
            if "signature" not in fields:
                return _store_one(call, (account, container, name), part)
            posting = _posting(call, (account, container, name), fields)
            return _answered(posting, chain([part], parts))
        fields[part.name.lower()] = part.text()
        if len(fields) > MOST_FIELDS:
            raise BadRequest("The form has too many fields before its files.")
    raise BadRequest(f"The form brings no file; the field is called {FIELD}.")


def _store_one(call: Call, path: tuple[str, str, str], part: Part) -> Reply:
    """Make a file of the form the object of this address. Spec: object-storage 7.5.3."""
    account, container, name = path
    if part.name != FIELD or not name:
        raise BadRequest(f"The file is in the field {FIELD}, and the address that of an object.")
    ask = asked(call, account, container, name)
    state = objects.put(ask.caller, ask.place, part, Wish(content_type=_type_of(part, name)))
    body = (state.checksum or state.hash).encode()
    return Reply(201, {**written(state), "Content-Type": formats.TEXT}, body)


def _type_of(part: Part, name: str) -> str:
    return part.content_type or mimetypes.guess_type(name)[0] or OCTETS


class _Posting(msgspec.Struct, frozen=True):
    """A signed form: what it allows, where to, and for how long its files are kept."""

    ticket: FormTicket
    place: Place
    expires: int | None


def _posting(call: Call, path: tuple[str, str, str], fields: dict[str, str]) -> _Posting:
    """Read a signed form; Unauthorized where it is too old or not signed."""
    account, container, prefix = path
    place = Place(account_of(account)[0], check_container(container), prefix)
    ticket = ticket_of(fields)
    if ticket.expires <= clock.now().timestamp():
        raise Unauthorized("FormPost: Form Expired. Ask for another.")
    keys = keys_for(place.account, place.container)
    digests = conf.of(PithosSettings).pithos_signature_digests
    ticket.check(signed_paths(call.whole_path, None, prefix), keys, digests)
    expires = expiry(fields.get("x_delete_after"), fields.get("x_delete_at"))
    return _Posting(ticket, place, expires)


def _answered(posting: _Posting, parts: Iterable[Part]) -> Reply:
    """Store the files, and send the browser on where the form says so."""
    status, message = 201, ""
    try:
        _store(posting, parts)
    except Fault as fault:
        status, message = fault.status, fault.message
        if not posting.ticket.redirect:
            raise
    target = posting.ticket.redirect
    if not target:
        return Reply(201, {"Content-Type": formats.TEXT}, b"201 Created\n")
    told = urlencode({"status": status, "message": message})
    url = f"{target}{'&' if '?' in target else '?'}{told}"
    return Reply(303, {"Location": metadata.encoded(url)}, None)


def _store(posting: _Posting, parts: Iterable[Part]) -> None:
    ticket, place = posting.ticket, posting.place
    caller = Caller(user_id=place.account, user_name=place.account, project_id=place.account)
    count = 0
    for part in parts:
        if not part.filename:
            continue
        count += 1
        if count > ticket.most:
            raise BadRequest(f"The form allows {ticket.most} files and brings more.")
        name = check_name(f"{place.name}{part.filename}")
        wish = Wish(content_type=_type_of(part, name), expires=posting.expires)
        target = msgspec.structs.replace(place, name=name)
        objects.put(caller, target, _Bounded(part, ticket.largest), wish)
