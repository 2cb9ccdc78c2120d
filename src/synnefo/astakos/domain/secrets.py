"""Secrets that must be read again: encrypted at rest, bound to whom they belong."""

import base64
import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_MARK = "v1:"
_NONCE = 12


class UnreadableSecret(ValueError):
    """The stored secret was encrypted with another key, for another owner, or is damaged."""


def encrypt(plain: str, key: str, owner: str) -> str:
    """Encrypt a secret of an owner with AES-GCM; nobody else's row can use the result."""
    nonce = secrets.token_bytes(_NONCE)
    hidden = AESGCM(_derived(key)).encrypt(nonce, plain.encode(), owner.encode())
    return _MARK + base64.b64encode(nonce + hidden).decode()


def decrypt(stored: str, key: str, owner: str) -> str:
    """Read an owner's secret; UnreadableSecret when it is not theirs or not under this key."""
    try:
        data = base64.b64decode(stored.removeprefix(_MARK))
        plain = AESGCM(_derived(key)).decrypt(data[:_NONCE], data[_NONCE:], owner.encode())
    except (ValueError, InvalidTag) as error:
        raise UnreadableSecret("A secret cannot be read with today's key.") from error
    return plain.decode()


def keyed_digest(text: str, key: str, owner: str) -> str:
    """Answer a digest that cannot be searched for without the key."""
    return hmac.new(_derived(key), f"{owner}\0{text}".encode(), hashlib.sha256).hexdigest()


def _derived(key: str) -> bytes:
    return hashlib.sha256(b"synnefo astakos secrets\0" + key.encode()).digest()
