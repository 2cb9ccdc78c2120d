"""Signed addresses of objects over HTTP. Spec: object-storage 18.2, openstack-api 10.1."""

from collections.abc import Callable
from email.utils import formatdate
from urllib.parse import quote

from synnefo.kit import clock, conf
from synnefo.kit.faults import BadRequest, Fault, Unauthorized
from synnefo.pithos.api.dialects import fault_style
from synnefo.pithos.domain.places import account_of
from synnefo.pithos.domain.temp_urls import (
    METHODS,
    Ticket,
    is_signature_of,
    signed_paths,
    signed_texts,
)
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases.temp_urls import keys_for
from synnefo.serve.http.answer import Answer, encode_fault
from synnefo.serve.http.auth import Caller
from synnefo.serve.http.call import Call

_SIGNED = {"temp_url_sig", "temp_url_expires", "temp_url_prefix", "temp_url_ip_range"}
_SHOWN = {"filename", "inline"}
_REACHING = (
    *(
        "X-Object-Manifest",
        "X-Symlink-Target",
        "X-Object-Sharing",
        "X-Object-Public",
        "X-Snf-On-Behalf",
    ),
    *("X-Copy-From", "X-Move-From", "X-Source-Object", "Destination"),
)
"""Headers by which a request reaches further than the one object that its address opens."""
_INSIDE = ("X-Object-", "X-Versions-", "X-Static-")
"""What an answer says about an object's life; the holder of an address needs none of it."""


def opened(call: Call, proceed: Callable[[Call], Answer]) -> Answer:
    """Let a signed address act for the owner, on its one object, with its one method."""
    if "temp_url_" not in call.meta.get("QUERY_STRING", "") or not _SIGNED & call.query.keys():
        return proceed(call)
    try:
        ticket = _ticket(call)
        account, container, name = _place(call)
        _check(call, ticket, keys_for(account, container), name)
    except Fault as fault:
        return _refused(fault)
    call.meta.pop("HTTP_X_AUTH_TOKEN", None)
    call.caller = Caller(user_id=account, user_name=account, project_id=account)
    return _shown(call, proceed(call), ticket, name)


def _refused(fault: Fault) -> Answer:
    answer = encode_fault(fault, fault_style, "")
    if isinstance(answer.body, bytes):
        answer.headers["Content-Length"] = str(len(answer.body))
    return answer


def _ticket(call: Call) -> Ticket:
    signature, expires = call.arg("temp_url_sig"), call.arg("temp_url_expires")
    if not signature or not expires:
        raise Unauthorized("A signed address needs both temp_url_sig and temp_url_expires.")
    return Ticket(
        signature, expires, call.arg("temp_url_prefix"), call.arg("temp_url_ip_range") or ""
    )


def _place(call: Call) -> tuple[str, str, str]:
    parts = call.path.lstrip("/").split("/", 2)
    if len(parts) < 3 or not parts[2]:
        raise Unauthorized("A signed address opens an object, nothing else.")
    return account_of(parts[0])[0], parts[1], parts[2]


def _check(call: Call, ticket: Ticket, keys: list[str], name: str) -> None:
    ends_at = ticket.ends_at()
    if ends_at is None or ends_at <= clock.now().timestamp():
        raise Unauthorized("This address has expired. Ask its owner for another.")
    paths = signed_paths(call.whole_path, ticket.prefix, name)
    if call.method not in METHODS or not _is_signed(call, ticket, paths, keys):
        raise Unauthorized("The signature of this address does not open this.")
    if not ticket.admits(call.address):
        raise Unauthorized("This address does not work from where you are.")
    others = call.query.keys() - _SIGNED - _SHOWN
    named = [header for header in _REACHING if call.headers.get(header)]
    if others or named:
        raise BadRequest(f"A signed address takes no {', '.join([*sorted(others), *named])}.")


def _is_signed(call: Call, ticket: Ticket, paths: list[str], keys: list[str]) -> bool:
    digests = conf.of(PithosSettings).pithos_signature_digests
    texts = signed_texts(ticket, call.method, paths)
    return is_signature_of(ticket.signature, texts, keys, digests)


def _shown(call: Call, answer: Answer, ticket: Ticket, name: str) -> Answer:
    """Make a download of what is read, and keep to ourselves what is nobody's business."""
    for header in [each for each in answer.headers if each.startswith(_INSIDE)]:
        if not header.startswith("X-Object-Meta-Public-"):
            del answer.headers[header]
    if call.method in {"GET", "HEAD"} and answer.status < 300:
        kind = "inline" if "inline" in call.query else "attachment"
        shown = call.arg("filename") or name.rstrip("/").rpartition("/")[2] or name
        told = f"{kind}; filename=\"{_plain(shown)}\"; filename*=UTF-8''{quote(shown, safe='')}"
        is_plain = kind == "inline" and not call.arg("filename")
        answer.headers["Content-Disposition"] = kind if is_plain else told
        answer.headers["Expires"] = formatdate(ticket.ends_at() or 0, usegmt=True)
    return answer


def _plain(name: str) -> str:
    """Write a name for programs that know no more than ASCII."""
    return "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "_" for c in name)
