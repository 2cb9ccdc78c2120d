"""Key pairs of users. Spec: compute 2.10, 4.14."""

import base64
import binascii
import hashlib

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import IntegrityError, transaction

from synnefo.cyclades.models import KeyPair
from synnefo.cyclades.settings import CycladesSettings
from synnefo.kit import clock, conf
from synnefo.kit.faults import BadRequest, Conflict, Forbidden, ItemNotFound
from synnefo.serve.http import Caller

DB = "cyclades"
KINDS = frozenset(
    {
        "ssh-rsa",
        "ssh-dss",
        "ssh-ed25519",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
    }
)


class MadePair(msgspec.Struct, frozen=True):
    """A key pair as stored, and its private half when it was made here."""

    pair: KeyPair
    private_key: str | None = None


def list_of(caller: Caller) -> list[KeyPair]:
    """List the caller's key pairs by name."""
    return list(KeyPair.objects.filter(userid=caller.user_id).order_by("name"))


def show(caller: Caller, name: str) -> KeyPair:
    """Answer one key pair of the caller."""
    found = KeyPair.objects.filter(userid=caller.user_id, name=name).first()
    if found is None:
        raise ItemNotFound(f"You have no key pair '{name}'.")
    return found


def contents(caller: Caller, names: tuple[str, ...]) -> list[str]:
    """Answer the public keys of these names, in their order."""
    if not names:
        return []
    found = dict(
        KeyPair.objects.filter(userid=caller.user_id, name__in=names).values_list(
            "name", "content"
        )
    )
    missing = [name for name in names if name not in found]
    if missing:
        raise ItemNotFound(f"You have no key pair '{missing[0]}'.")
    return [found[name] for name in dict.fromkeys(names)]


def create(caller: Caller, name: str, public_key: str | None = None) -> MadePair:
    """Keep a public key, or make a pair and hand its private half out once."""
    settings = conf.of(CycladesSettings)
    _check_name(name)
    if KeyPair.objects.filter(userid=caller.user_id, name=name).exists():
        raise Conflict(f"You already have a key pair '{name}'.")
    held = KeyPair.objects.filter(userid=caller.user_id).count()
    if held >= settings.userdata_max_ssh_keys_per_user:
        raise Forbidden("SSH keys limit exceeded. Delete a key pair you no longer need.")
    private = None
    if not public_key:
        private, public_key = _make(settings.userdata_ssh_key_length)
    pair = KeyPair(
        userid=caller.user_id,
        name=name,
        content=public_key.strip(),
        fingerprint=fingerprint(public_key, settings.userdata_ssh_key_max_content_length),
        created=clock.now(),
    )
    try:
        with transaction.atomic(using=DB):
            pair.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(f"You already have a key pair '{name}'.") from error
    return MadePair(pair, private)


def delete(caller: Caller, name: str) -> None:
    """Forget a key pair of the caller."""
    show(caller, name).delete()


def fingerprint(public_key: str, limit: int) -> str:
    """Answer the MD5 fingerprint of a public key; BadRequest when it is none."""
    parts = public_key.split()
    if len(public_key) > limit or len(parts) < 2 or parts[0] not in KINDS:
        raise BadRequest("This is no public key. It should begin with ssh-ed25519 or ssh-rsa.")
    try:
        blob = base64.b64decode(parts[1], validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequest("This public key is damaged: its second part is no base64.") from error
    length = int.from_bytes(blob[:4], "big")
    if blob[4 : 4 + length] != parts[0].encode():
        raise BadRequest("This public key is damaged: its parts do not belong together.")
    digest = hashlib.md5(blob, usedforsecurity=False).hexdigest()
    return ":".join(digest[i : i + 2] for i in range(0, 32, 2))


def _check_name(name: str) -> None:
    if not name.strip() or not name.isprintable() or len(name) > 255 or "/" in name:
        raise BadRequest("A key pair's name has 1 to 255 printable characters and no slash.")


def _make(bits: int) -> tuple[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    return private.decode(), f"{public.decode()} Generated-by-Synnefo"
