"""A passkey device in software, as browsers present one to pages."""

import base64
import hashlib
import json
import secrets
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class Authenticator:
    """Makes keys and signs with them; `count` moves with each signature, `verifies` says how."""

    def __init__(self, origin: str = "http://testserver", domain: str = "testserver") -> None:
        self.origin, self.domain = origin, domain
        self.count, self.verifies = 0, True
        self.handle = b""
        self.id = secrets.token_bytes(16)
        self._key = ec.generate_private_key(ec.SECP256R1())

    def make(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer a page's wish for a new key."""
        self.handle = unpacked(options["user"]["id"])
        public = self._key.public_key().public_numbers()
        x, y = public.x.to_bytes(32, "big"), public.y.to_bytes(32, "big")
        key = cbor.encode({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + key
        data = self._data(ATTESTED) + attested
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options)
        return self._wrapped(
            {"clientDataJSON": packed(client), "attestationObject": packed(attestation)}
        )

    def sign(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer a page's wish for a signature."""
        self.count += 1
        data = self._data(0)
        client = self._client("webauthn.get", options)
        signed = self._key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._wrapped(
            {
                "clientDataJSON": packed(client),
                "authenticatorData": packed(data),
                "signature": packed(signed),
                "userHandle": packed(self.handle),
            }
        )

    def _data(self, more: int) -> bytes:
        flags = PRESENT | (VERIFIED if self.verifies else 0) | more
        place = hashlib.sha256(self.domain.encode()).digest()
        return place + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, options: dict[str, Any]) -> bytes:
        told = {"type": kind, "challenge": options["challenge"], "origin": self.origin}
        return json.dumps(told).encode()

    def _wrapped(self, response: dict[str, str]) -> dict[str, Any]:
        name = packed(self.id)
        return {"id": name, "rawId": name, "type": "public-key", "response": response}


def packed(data: bytes) -> str:
    """Write bytes as web pages do."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unpacked(text: str) -> bytes:
    """Read what `packed` wrote."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
