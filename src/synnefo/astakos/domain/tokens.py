"""Opaque tokens: only their digests are kept."""

import hashlib


def digest_of(token: str) -> str:
    """Answer what is stored of a token: its SHA-256, in hex."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
