"""Keys for services that get signed requests. Spec: object-storage 18.2 (S3)."""

import msgspec

from synnefo.astakos.usecases import callers, signing_keys
from synnefo.astakos.usecases.signing_keys import SigningKey
from synnefo.serve.http import Call


class Wanted(msgspec.Struct):
    """Whose signatures a service wants to check, and of which day and place."""

    access: str
    scope: str


def make_signing_key(call: Call, body: Wanted) -> SigningKey:
    """Give a component what it needs to check signatures by an EC2 key, and that key's token."""
    callers.component_name(call.who)
    call.reply_headers["Cache-Control"] = "no-store"
    return signing_keys.make(body.access, body.scope)
