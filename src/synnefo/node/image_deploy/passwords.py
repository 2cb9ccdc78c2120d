"""Hashes of passwords as guests keep them, so that no password enters the helper."""

import ctypes
import ctypes.util
import secrets

from synnefo.node.image_deploy.failures import DeployFailed

_PREFIXES = {"md5": "$1$", "sha1": "$sha1$", "blowfish": "$2b$", "sha256": "$5$", "sha512": "$6$"}
_DEFAULTS = {"openbsd": "blowfish", "netbsd": "sha1"}
_ROOM = 512


def hash_password(password: str, method: str, family: str = "linux") -> str:
    """Hash a password by a method, or by the one that is usual for a family of systems.

    Spec: images-and-nodes 1.5, 1.9.
    """
    chosen = method.lower() or _DEFAULTS.get(family, "sha512")
    if chosen not in _PREFIXES:
        known = ", ".join(_PREFIXES)
        raise DeployFailed(f"PASSWD_HASHING_METHOD is one of {known}, not {method}.")
    library = ctypes.CDLL(ctypes.util.find_library("crypt") or "libcrypt.so.1", use_errno=True)
    setting = _setting(library, _PREFIXES[chosen])
    library.crypt.restype = ctypes.c_char_p
    made = library.crypt(password.encode(), setting)
    if not made or made.startswith(b"*"):
        raise DeployFailed(f"This system cannot hash passwords by {chosen}.")
    return bytes(made).decode()


def _setting(library: ctypes.CDLL, prefix: str) -> bytes:
    """Have the library make a salt, for each method has its own way to write one."""
    output = ctypes.create_string_buffer(_ROOM)
    noise = secrets.token_bytes(32)
    library.crypt_gensalt_rn.restype = ctypes.c_char_p
    library.crypt_gensalt_rn(
        prefix.encode(), ctypes.c_ulong(0), noise, len(noise), output, ctypes.c_int(_ROOM)
    )
    return output.value
