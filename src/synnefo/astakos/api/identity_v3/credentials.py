"""Credentials, EC2 keys and signed requests over HTTP. Spec: openstack-api 4.2."""

import base64
import binascii
from typing import Any

import msgspec
from django.db.models import QuerySet

from synnefo.astakos.api.identity_v3 import policy, shapes, token_views
from synnefo.astakos.api.identity_v3.application_credentials import person
from synnefo.astakos.api.identity_v3.shapes import Body
from synnefo.astakos.domain.signatures import Signed
from synnefo.astakos.models import Credential, User
from synnefo.astakos.usecases import (
    callers,
    credentials,
    scopes,
    sessions,
    signed_sign_ins,
    tokens,
)
from synnefo.astakos.usecases.credentials import EC2, NewCredential
from synnefo.astakos.usecases.scopes import Place
from synnefo.kit.faults import BadRequest, Forbidden, ItemNotFound
from synnefo.serve.http import Call, Reply


class Wish(msgspec.Struct):
    """A credential to keep, or what of one to change."""

    user_id: str | None = None
    type: str | None = None
    blob: str | dict[str, Any] | None = None
    project_id: str | None = None


class WishBody(msgspec.Struct):
    """The body of `POST` and `PATCH /credentials`."""

    credential: Wish


class Ec2Body(msgspec.Struct):
    """The body of `POST /users/{id}/credentials/OS-EC2`."""

    tenant_id: str


class SignedRequest(msgspec.Struct):
    """A request that somebody signed."""

    access: str
    signature: str = ""
    host: str = ""
    verb: str = ""
    path: str = ""
    params: dict[str, str] = {}
    headers: dict[str, str] = {}
    body_hash: str = ""
    token: str = ""

    def signed(self) -> Signed:
        """Answer the request as signatures see it."""
        return Signed(
            signature=self.signature,
            host=self.host,
            verb=self.verb,
            path=self.path,
            params=self.params,
            headers=self.headers,
            body_hash=self.body_hash,
        )


class SignedBody(msgspec.Struct):
    """The body of `POST /ec2tokens` and `/s3tokens`."""

    credentials: SignedRequest | None = None
    older: SignedRequest | None = msgspec.field(name="ec2Credentials", default=None)

    def request(self) -> SignedRequest:
        """Answer the signed request under either of its names."""
        found = self.credentials or self.older
        if found is None:
            raise BadRequest("Describe the signed request in 'credentials'.")
        return found


def list_credentials(call: Call) -> Body:
    """List credentials, by user or type if asked; others than administrators see their own."""
    found = _visible(call)
    for argument, field in (("user_id", "user__uuid"), ("type", "type")):
        wanted = call.arg(argument)
        found = found.filter(**{field: wanted}) if wanted is not None else found
    return shapes.listed(call, "credentials", map(_credential, found))


def create_credential(call: Call, body: WishBody) -> Body:
    """Keep a credential, sealed; for somebody else only administrators may."""
    wish = body.credential
    if not wish.type or wish.blob is None:
        raise BadRequest("A credential has a 'type' and a 'blob'.")
    sessions.check_person(call.who)
    made = credentials.create(
        NewCredential(
            owner=_owner(call, wish.user_id or call.who.user_id),
            type=wish.type,
            blob=_text(wish.blob),
            project_id=wish.project_id or "",
            holder=None if call.who.is_service else tokens.find(call.who.token),
        )
    )
    return {"credential": _credential(made)}


def show_credential(call: Call, credential_id: str) -> Body:
    """Show a credential."""
    return {"credential": _credential(_find(call, credential_id))}


def update_credential(call: Call, credential_id: str, body: WishBody) -> Body:
    """Change a credential; its owner stays."""
    row, wish = _find(call, credential_id), body.credential
    if wish.user_id not in {None, row.user.uuid}:
        raise BadRequest("A credential stays with its user. Make another one.")
    blob = None if wish.blob is None else _text(wish.blob)
    credentials.update(row, blob=blob, kind=wish.type, project_id=wish.project_id)
    return {"credential": _credential(row)}


def delete_credential(call: Call, credential_id: str) -> None:
    """Forget a credential."""
    credentials.delete(_find(call, credential_id))


def list_ec2(call: Call, user_id: str) -> Body:
    """List a user's EC2 keys."""
    person(call, user_id)
    mine = _visible(call).filter(user__uuid=user_id, type=EC2)
    return shapes.whole(call, "credentials", map(_ec2, mine))


def create_ec2(call: Call, user_id: str, body: Ec2Body) -> Body:
    """Make an EC2 key for a project in which the user has a role."""
    owner = _owner(call, user_id)
    project = scopes.on_project(owner, Place(uuid=body.tenant_id)).project
    holder = None if call.who.is_service else tokens.find(call.who.token)
    if project is None or (_is_handed_on(call) and project.uuid != call.who.project_id):
        raise Forbidden("This token makes keys only for the project that it is for.")
    sessions.check_person(call.who)
    made, _ = credentials.create_ec2(owner, project, holder)
    return {"credential": _ec2(made)}


def show_ec2(call: Call, user_id: str, access: str) -> Body:
    """Show an EC2 key."""
    return {"credential": _ec2(_find_ec2(call, user_id, access))}


def delete_ec2(call: Call, user_id: str, access: str) -> None:
    """Delete an EC2 key."""
    credentials.delete(_find_ec2(call, user_id, access))


def create_ec2_token(call: Call, body: SignedBody) -> Reply:
    """Make a token for who signed a request; services ask, on behalf of their clients."""
    _check_service(call)
    request = body.request()
    row = credentials.prove_request(request.access, request.signed())
    return _token(call, row)


def create_s3_token(call: Call, body: SignedBody) -> Reply:
    """Make a token for who signed an S3 request; services ask, on behalf of their clients."""
    _check_service(call)
    request = body.request()
    try:
        text = base64.urlsafe_b64decode(request.token.replace("+", "-").replace("/", "_"))
    except (binascii.Error, ValueError) as error:
        raise BadRequest("'token' is what was signed, in base64.") from error
    return _token(call, credentials.prove_text(request.access, text, request.signature))


def _token(call: Call, row: Credential) -> Reply:
    issued = signed_sign_ins.issue(row)
    shown = token_views.of_token(issued.row, with_catalog="nocatalog" not in call.query)
    return Reply(headers={"X-Subject-Token": issued.id, "Vary": "X-Auth-Token"}, body=shown)


def _check_service(call: Call) -> None:
    """Refuse who is no service: whoever overhears a signature must not get a token for it."""
    who = call.who
    if not (who.is_service or who.is_admin or callers.SERVICE in who.roles):
        raise Forbidden("Only services and administrators may ask whose a signature is.")


def _is_handed_on(call: Call) -> bool:
    return bool(call.who.application_credential or call.who.trust)


def _visible(call: Call) -> "QuerySet[Credential]":
    """Keep the credentials that a caller may see.

    A token that was handed on sees those made by it alone: the others can do more than it may.
    """
    who = call.who
    known = Credential.objects.select_related("user", "trust", "application_credential")
    known = known.order_by("created_at", "pk")
    if who.application_credential or who.trust:
        known = known.filter(
            application_credential__uuid=who.application_credential or None,
            trust__uuid=who.trust or None,
        )
    elif policy.may_read_all(who):
        return known
    return known.filter(user__uuid=who.user_id)


def _owner(call: Call, user_id: str) -> User:
    if call.who.user_id != user_id:
        policy.check_operator(call)
    return person(call, user_id)


def _find(call: Call, credential_id: str) -> Credential:
    """Answer a credential to be changed or shown; what one may not see is not there."""
    row = _visible(call).filter(pk=credential_id).first()
    if row is None:
        raise ItemNotFound(f"There is no credential with the id {credential_id}.")
    if call.method not in {"GET", "HEAD"} and row.user.uuid != call.who.user_id:
        policy.check_operator(call)
    return row


def _find_ec2(call: Call, user_id: str, access: str) -> Credential:
    person(call, user_id)
    row = _find(call, credentials.of_access_key(access).pk)
    if row.user.uuid != user_id or row.type != EC2:
        raise ItemNotFound(f"There is no EC2 credential with the access key {access}.")
    return row


def _text(blob: str | dict[str, Any]) -> str:
    return blob if isinstance(blob, str) else msgspec.json.encode(blob).decode()


def _credential(row: Credential) -> Body:
    return {
        "id": row.pk,
        "user_id": row.user.uuid,
        "project_id": row.project_id or None,
        "type": row.type,
        "blob": credentials.blob_of(row),
        "links": shapes.link(f"/credentials/{row.pk}"),
    }


def _ec2(row: Credential) -> Body:
    key = credentials.key_of(row)
    return {
        "user_id": row.user.uuid,
        "tenant_id": row.project_id,
        "access": key.access,
        "secret": key.secret,
        "trust_id": row.trust.uuid if row.trust is not None else None,
        "links": shapes.link(f"/users/{row.user.uuid}/credentials/OS-EC2/{key.access}"),
    }
