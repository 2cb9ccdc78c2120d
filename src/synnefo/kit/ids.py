"""Identifiers and secrets."""

import random
import secrets
import uuid


def new_uuid() -> str:
    """Make a random uuid in its usual 36 characters."""
    return str(uuid.uuid4())


def new_hex_id() -> str:
    """Make a random id of 32 hex digits, as OpenStack writes them."""
    return uuid.uuid4().hex


def new_request_id() -> str:
    """Make the id that a request carries through logs and answers; unique, but no secret."""
    digits = f"{random.getrandbits(128):032x}"
    head = f"req-{digits[:8]}-{digits[8:12]}-4{digits[13:16]}"
    return f"{head}-{'89ab'[random.getrandbits(2)]}{digits[17:20]}-{digits[20:]}"


def new_token(nbytes: int = 32) -> str:
    """Make an opaque secret of `nbytes` random bytes, safe in headers and addresses.

    It never begins with a dash: a command would take it for an option.
    """
    secret = secrets.token_urlsafe(nbytes)
    while secret.startswith("-"):
        secret = secrets.token_urlsafe(nbytes)
    return secret


def is_uuid(text: str) -> bool:
    """Tell whether a text is a uuid in its usual form."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except (ValueError, AttributeError):
        return False
