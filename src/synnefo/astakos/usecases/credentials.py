"""Credentials that users keep here: EC2 keys, secrets of codes, certificates.

Sealed at rest, each for its owner alone. Spec: openstack-api 4.2.
"""

import hashlib
import hmac
from datetime import timedelta

import msgspec
from django.db import IntegrityError, transaction

from synnefo.astakos.domain import secrets, signatures
from synnefo.astakos.domain.secrets import UnreadableSecret
from synnefo.astakos.domain.signatures import Signed
from synnefo.astakos.models import DATABASE, Credential, Project, Token, User
from synnefo.astakos.settings import SecuritySettings
from synnefo.astakos.usecases import audit
from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.kit.faults import BadRequest, Conflict, ItemNotFound, Unauthorized
from synnefo.kit.ids import new_hex_id

EC2 = "ec2"
FRESH = timedelta(minutes=15)
"""How old a signed request may be."""
REFUSED = "The access key or the signature is wrong, or the key is not in force any more."


class Ec2Key(msgspec.Struct):
    """The blob of an EC2 credential: an access key and its secret, and what they came from."""

    access: str
    secret: str
    trust_id: str | None = None
    app_cred_id: str | None = None


class NewCredential(msgspec.Struct, frozen=True, kw_only=True):
    """A credential to keep; `holder` is the token that asks."""

    owner: User
    type: str
    blob: str
    project_id: str = ""
    holder: Token | None = None


def create(wanted: NewCredential) -> Credential:
    """Keep a credential; an EC2 key's blob is JSON with `access` and `secret`."""
    uuid = new_hex_id()
    if wanted.type == EC2:
        key = _read_key(wanted.blob)
        uuid = id_of(key.access)
        if not wanted.project_id:
            raise BadRequest("An EC2 credential needs a project: name it in 'project_id'.")
    holder = wanted.holder
    row = Credential(
        id=uuid,
        user=wanted.owner,
        project_id=wanted.project_id,
        type=wanted.type,
        access_digest=uuid if wanted.type == EC2 else "",
        blob=_sealed(wanted.blob, wanted.owner),
        application_credential=holder.application_credential if holder else None,
        trust=holder.trust if holder else None,
    )
    try:
        with transaction.atomic(using=DATABASE):
            row.save(force_insert=True)
            audit.record("credential.created", subject=wanted.owner, kind=wanted.type, id=uuid)
    except IntegrityError as error:
        raise Conflict("A credential with this access key exists already.") from error
    return row


def create_ec2(owner: User, project: Project, holder: Token | None) -> tuple[Credential, Ec2Key]:
    """Make an EC2 key for a user and a project."""
    key = Ec2Key(new_hex_id(), new_hex_id() + new_hex_id())
    blob = msgspec.json.encode(key).decode()
    made = create(
        NewCredential(owner=owner, type=EC2, blob=blob, project_id=project.uuid, holder=holder)
    )
    return made, key


def update(row: Credential, *, blob: str | None, kind: str | None, project_id: str | None) -> None:
    """Change a credential; another access key takes the place of the old one at once."""
    if kind is not None and EC2 in {kind, row.type} and kind != row.type:
        raise BadRequest("A credential cannot become an EC2 key, or cease to be one.")
    if blob is not None:
        if row.type == EC2:
            row.access_digest = id_of(_read_key(blob).access)
        row.blob = _sealed(blob, row.user)
    row.type = kind or row.type
    row.project_id = row.project_id if project_id is None else project_id
    try:
        with transaction.atomic(using=DATABASE):
            row.save()
            audit.record("credential.changed", subject=row.user, id=row.id)
    except IntegrityError as error:
        raise Conflict("A credential with this access key exists already.") from error


def delete(row: Credential) -> None:
    """Forget a credential."""
    with transaction.atomic(using=DATABASE):
        audit.record("credential.deleted", subject=row.user, kind=row.type, id=row.id)
        row.delete()


def find(uuid: str) -> Credential:
    """Answer a credential by its id."""
    row = Credential.objects.filter(pk=uuid).select_related("user").first()
    if row is None:
        raise ItemNotFound(f"There is no credential with the id {uuid}.")
    return row


def of_access_key(access: str, user: User | None = None) -> Credential:
    """Answer the EC2 credential of an access key."""
    known = Credential.objects.filter(access_digest=id_of(access), type=EC2)
    known = known if user is None else known.filter(user=user)
    row = known.select_related("user", "application_credential", "trust").first()
    if row is None:
        raise ItemNotFound(f"There is no EC2 credential with the access key {access}.")
    return row


def ec2_keys(user: User) -> list[Credential]:
    """List a user's EC2 credentials."""
    return list(user.credentials.filter(type=EC2).select_related("user").order_by("created_at"))


def blob_of(row: Credential) -> str:
    """Answer what a credential holds, readable."""
    try:
        return secrets.decrypt(row.blob, _key(), _owner(row.user))
    except UnreadableSecret as error:
        raise ItemNotFound("This credential cannot be read any more. Make another.") from error


def key_of(row: Credential) -> Ec2Key:
    """Answer the keys of an EC2 credential."""
    return _read_key(blob_of(row))


def id_of(access: str) -> str:
    """Answer the digest that an access key is found by."""
    return hashlib.sha256(access.encode("utf-8", "surrogatepass")).hexdigest()


def prove_request(access: str, request: Signed) -> Credential:
    """Answer whose key signed a request that is not old; Unauthorized otherwise."""
    row, secret = _claimed(access)
    signed_at = signatures.time_of(request)
    if signed_at is None or abs(now() - signed_at) > FRESH:
        raise Unauthorized("The request was signed too long ago, or does not say when.")
    if not signatures.is_right(request, secret) or row is None:
        raise Unauthorized(REFUSED)
    return row


def prove_text(access: str, text: bytes, signature: str) -> Credential:
    """Answer whose key signed a text that an S3 service got; Unauthorized otherwise."""
    row, secret = _claimed(access)
    made = signatures.of_text(text, secret)
    if not hmac.compare_digest(made.encode(), signature.encode()) or row is None:
        raise Unauthorized(REFUSED)
    return row


def _claimed(access: str) -> tuple[Credential | None, str]:
    """Find a key and its secret; of an unknown key, one that fits nothing."""
    try:
        row = of_access_key(access)
        return row, key_of(row).secret
    except ItemNotFound:
        return None, new_hex_id()


def _read_key(blob: str) -> Ec2Key:
    try:
        return msgspec.json.decode(blob, type=Ec2Key)
    except msgspec.MsgspecError as error:
        raise BadRequest(
            "The blob of an EC2 credential is JSON with 'access' and 'secret'."
        ) from error


def _sealed(blob: str, owner: User) -> str:
    return secrets.encrypt(blob, _key(), _owner(owner))


def _owner(user: User) -> str:
    return f"credential:{user.uuid}"


def _key() -> str:
    return conf.of(SecuritySettings).secret_encryption_key
