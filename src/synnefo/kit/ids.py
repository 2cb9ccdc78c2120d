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
    return f"req-{uuid.UUID(int=random.getrandbits(128), version=4)}"


def new_token(nbytes: int = 32) -> str:
    """Make an opaque secret of `nbytes` random bytes, safe in headers and addresses."""
    return secrets.token_urlsafe(nbytes)


def is_uuid(text: str) -> bool:
    """Tell whether a text is a uuid in its usual form."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except (ValueError, AttributeError):
        return False
