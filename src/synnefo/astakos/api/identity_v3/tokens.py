"""Getting, checking and revoking tokens. Spec: openstack-api 4.1, 4.2."""

from synnefo.astakos.api.identity_v3 import auth_schemas, shown_tokens, token_views
from synnefo.astakos.api.identity_v3.shown_tokens import Shown
from synnefo.astakos.models import Token
from synnefo.astakos.usecases import (
    callers,
    catalogs,
    proofs,
    receipts,
    remembered,
    sign_ins,
    tokens,
)
from synnefo.astakos.usecases.proofs import Proof
from synnefo.kit.clock import stamp_micro
from synnefo.kit.faults import BadRequest, Forbidden, ItemNotFound, Unauthorized
from synnefo.serve.http import Call, Reply
from synnefo.serve.http.auth import Caller

UNASKED = "Send a valid token in the X-Auth-Token header."
NO_SUBJECT = "Send the token that is meant in the X-Subject-Token header."
NO_TOKEN = "There is no such token."  # noqa: S105 - a sentence
RULES_HEADER = "OpenStack-Identity-Access-Rules"
"""By which a service says that it keeps to access rules; others never see such a token."""

_NO = frozenset({"0", "false", "False"})


def create_token(call: Call, body: auth_schemas.NewToken) -> Reply:
    """Sign in by one or more methods, for a project, a domain, the system or nothing."""
    receipt = call.headers.get(receipts.HEADER) or ""
    identity = body.auth.identity
    proof = proofs.prove(identity.evidence(receipt=receipt, address=call.address))
    if proof.lacking:
        return _half_done(proof)
    issued = sign_ins.issue(proof, body.auth.target())
    sign_ins.use_receipt(receipt)
    shown = token_views.of_token(issued.row, with_catalog="nocatalog" not in call.query)
    headers = {"X-Subject-Token": issued.id, "Vary": "X-Auth-Token"}
    return Reply(status=201, headers=headers, body=shown)


def _half_done(proof: Proof) -> Reply:
    """Give a receipt for what was shown, and tell what is lacking."""
    receipt = receipts.issue(proof.user, proof.methods)
    user = proof.user
    name, domain = token_views.name_of(user), token_views.domain_of(user.domain_id)
    view = auth_schemas.ReceiptView(
        methods=list(proof.methods),
        user=auth_schemas.ReceiptUser(user.uuid, name, {"id": domain.id, "name": domain.name}),
        expires_at=stamp_micro(receipt.row.expires_at),
        issued_at=stamp_micro(receipt.row.issued_at),
    )
    body = auth_schemas.ReceiptBody(view, [list(proof.lacking)])
    return Reply(status=401, headers={receipts.HEADER: receipt.id}, body=body)


def show_token(call: Call) -> Reply:
    """Tell whose a token is and what it is for; the holder, administrators and components ask.

    `allow_expired` shows one to administrators and components for some hours more.
    """
    subject = _subject(call)
    asker = call.headers.get("X-Auth-Token") or ""
    if not asker:
        raise Unauthorized(UNASKED)
    if asker != subject:
        call.caller = callers.authenticate(asker)
    with_catalog = "nocatalog" not in call.query
    shown = shown_tokens.recall(subject, with_catalog=with_catalog)
    if shown is None:
        shown = _looked_up(call, subject, with_catalog=with_catalog)
    elif call.caller is not None and not _may_see(call.caller, shown.owner):
        raise ItemNotFound(NO_TOKEN)
    if shown.is_limited and not call.headers.get(RULES_HEADER):
        raise ItemNotFound(NO_TOKEN)
    headers = {"X-Subject-Token": subject, "Vary": "X-Auth-Token"}
    return Reply(headers=headers, body=shown.body)


def revoke_token(call: Call) -> None:
    """Make a token worthless now, and what was got by it."""
    subject = _subject(call)
    row = tokens.find(call.who.token) if subject == call.who.token else _others(call, subject)
    if not isinstance(row, Token):
        raise Forbidden("A component's token is renewed by an operator, not revoked here.")
    tokens.revoke(row)


def _subject(call: Call) -> str:
    subject = call.headers.get("X-Subject-Token")
    if not subject:
        raise BadRequest(NO_SUBJECT)
    return str(subject)


def _looked_up(call: Call, subject: str, *, with_catalog: bool) -> Shown:
    """Describe a token that nobody asked about lately."""
    mark = remembered.mark()
    row = _own(subject) if call.caller is None else _others(call, subject)
    if isinstance(row, Token):
        return shown_tokens.of_token(subject, row, with_catalog=with_catalog, mark=mark)
    return shown_tokens.of_component(row)


def _own(token: str) -> Token | str:
    """Find a token that asks about itself: its row, or the name of the component that holds it.

    That is what services send; it costs a single query.
    """
    component = catalogs.component_of(token)
    if component is not None:
        return component
    try:
        return tokens.find(token)
    except Unauthorized:
        return callers.authenticate(token).user_name


def _others(call: Call, subject: str) -> Token | str:
    late = _is_privileged(call.who) and call.arg("allow_expired", "0") not in _NO
    try:
        component = catalogs.component_of(subject)
        found = component if component is not None else tokens.find(subject, expired=late)
    except Unauthorized as fault:
        raise ItemNotFound(NO_TOKEN) from fault
    owner = found.user.uuid if isinstance(found, Token) else ""
    if not _may_see(call.who, owner):
        raise ItemNotFound(NO_TOKEN)
    return found


def _may_see(who: Caller, owner: str) -> bool:
    return _is_privileged(who) or who.user_id == owner


def _is_privileged(who: Caller) -> bool:
    return who.is_admin or who.is_service or callers.SERVICE in who.roles
