"""Passkeys' cryptography: what a device is asked, and whether its answer holds. Spec: WebAuthn 2.

The only file that knows the library; answers are plain structs, refusals `BadPasskey`.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)


class BadPasskey(ValueError):
    """A device's answer does not hold."""


class Place(msgspec.Struct, frozen=True):
    """Where passkeys are used: the domain they belong to, the page's origin, the site's name."""

    domain: str
    origin: str
    name: str = "Synnefo"


class Holder(msgspec.Struct, frozen=True):
    """Whose passkey is made; the handle comes back when it is used."""

    handle: str
    name: str
    shown: str


class Question(msgspec.Struct, frozen=True):
    """What a browser is asked, and what is kept to check its answer."""

    options: dict[str, Any]
    state: dict[str, str]


class Made(msgspec.Struct, frozen=True):
    """A new passkey's public half."""

    credential_id: str
    data: str
    sign_count: int


class Used(msgspec.Struct, frozen=True):
    """A passkey that signed: its counter, and whether the device checked who holds it."""

    credential_id: str
    sign_count: int
    verified: bool


def ask_to_make(place: Place, holder: Holder, known: Sequence[str]) -> Question:
    """Ask a device for a new passkey; devices that hold a known one refuse."""
    options, state = _server(place).register_begin(
        PublicKeyCredentialUserEntity(
            id=holder.handle.encode(), name=holder.name, display_name=holder.shown
        ),
        credentials=[_stored(data) for data in known],
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return _question(options, state)


def check_made(place: Place, state: Mapping[str, str], response: Mapping[str, Any]) -> Made:
    """Check a device's new passkey; BadPasskey when it does not hold."""
    try:
        told = _server(place).register_complete(dict(state), response)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadPasskey(str(error)) from error
    made = told.credential_data
    if made is None:
        raise BadPasskey("The answer holds no key.")
    return Made(_text(made.credential_id), _text(bytes(made)), told.counter)


def ask_to_sign(place: Place, known: Sequence[str], *, verify: bool) -> Question:
    """Ask for a signature by one of some passkeys, or by any that the device offers."""
    wish = (
        UserVerificationRequirement.REQUIRED if verify else UserVerificationRequirement.PREFERRED
    )
    credentials = [_stored(data) for data in known]
    options, state = _server(place).authenticate_begin(credentials or None, user_verification=wish)
    return _question(options, state)


def check_signed(
    place: Place, state: Mapping[str, str], known: Sequence[str], response: Mapping[str, Any]
) -> Used:
    """Check a signature by one of some passkeys; BadPasskey when it does not hold."""
    try:
        answer = AuthenticationResponse.from_dict(response)
        used = _server(place).authenticate_complete(
            dict(state), [_stored(data) for data in known], answer
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadPasskey(str(error)) from error
    told = answer.response.authenticator_data
    return Used(_text(used.credential_id), told.counter, told.is_user_verified())


def credential_of(response: Mapping[str, Any]) -> str:
    """Answer which passkey an answer claims to be by; empty when it does not say."""
    claimed = response.get("rawId") or response.get("id")
    return claimed.rstrip("=") if isinstance(claimed, str) else ""


def handle_of(response: Mapping[str, Any]) -> str:
    """Answer whose passkey an answer claims to be by; empty when it does not say."""
    inner = response.get("response")
    told = inner.get("userHandle") if isinstance(inner, Mapping) else None
    if not isinstance(told, str):
        return ""
    try:
        return _bytes(told).decode()
    except ValueError:
        return ""


def _server(place: Place) -> Fido2Server:
    entity = PublicKeyCredentialRpEntity(id=place.domain, name=place.name)
    return Fido2Server(entity, verify_origin=lambda origin: str(origin) == place.origin)


def _question(options: Any, state: Any) -> Question:
    kept = {name: str(getattr(value, "value", value)) for name, value in dict(state).items()}
    return Question(dict(options)["publicKey"], kept)


def _stored(data: str) -> AttestedCredentialData:
    return AttestedCredentialData(_bytes(data))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
