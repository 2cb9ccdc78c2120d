"""Passwords of clusters, encrypted in the database. Spec: compute 2.3.

Written as `encrypted:<base64 iv>:<salt>$<base64 ciphertext>`: AES-CFB over salt and password.
"""

import base64
import secrets
import string

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

_MARK = "encrypted:"
_SALT = 8


class CorruptedPassword(ValueError):
    """The stored password cannot be read with today's key."""


def encrypt(plain: str, key: str) -> str:
    """Encrypt a password under SECRET_ENCRYPTION_KEY."""
    letters = string.ascii_letters + string.digits
    salt = "".join(secrets.choice(letters) for _ in range(_SALT))
    iv = secrets.token_bytes(16)
    maker = Cipher(algorithms.AES(_key(key)), CFB(iv)).encryptor()
    hidden = maker.update(f"{salt}{plain}".encode()) + maker.finalize()
    return f"{_MARK}{_text(iv)}:{salt}${_text(hidden)}"


def decrypt(stored: str, key: str) -> str:
    """Read a stored password; one without the mark is plain text."""
    if not stored.startswith(_MARK):
        return stored
    try:
        iv, _, rest = stored.removeprefix(_MARK).partition(":")
        salt, _, hidden = rest.partition("$")
        reader = Cipher(algorithms.AES(_key(key)), CFB(base64.b64decode(iv))).decryptor()
        plain = (reader.update(base64.b64decode(hidden)) + reader.finalize()).decode()
    except ValueError as error:
        raise CorruptedPassword("A cluster's password cannot be decrypted.") from error
    if not plain.startswith(salt):
        raise CorruptedPassword("A cluster's password was encrypted with another key.")
    return plain.removeprefix(salt)


def _key(key: str) -> bytes:
    raw = key.encode()
    return raw if len(raw) in {16, 24, 32} else raw[:32].ljust(32, b"}")


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
