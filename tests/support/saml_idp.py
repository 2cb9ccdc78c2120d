"""A SAML 2.0 identity provider for tests: pysaml2's server, with a key of its own."""

import base64
import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from saml2 import BINDING_HTTP_REDIRECT
from saml2.config import IdPConfig
from saml2.metadata import entity_descriptor
from saml2.saml import NAMEID_FORMAT_PERSISTENT, NameID
from saml2.server import Server
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

from tests.support.travel import query_of

ALGORITHMS = {"signing_algorithm": SIG_RSA_SHA256, "digest_algorithm": DIGEST_SHA256}
ADA = {"mail": ["ada@example.org"], "givenName": ["Ada"], "sn": ["Lovelace"]}


class IdentityProvider:
    """One identity provider; `know` tells it of a service before anybody can sign in there."""

    def __init__(self, folder: Path, name: str, place: str = "") -> None:
        self.folder = folder
        self.name = place or f"https://{name}.example.org/idp"
        self.key_file, self.cert_file = a_key(folder, name)
        self.metadata_file = folder / f"{name}.xml"
        self.metadata_file.write_text(str(entity_descriptor(IdPConfig().load(self._config()))))
        self._server: Server | None = None

    def know(self, metadata: bytes) -> None:
        """Take in the metadata of a service."""
        place = self.folder / "service.xml"
        place.write_bytes(metadata)
        config = {**self._config(), "metadata": {"local": [str(place)]}}
        self._server = Server(config=IdPConfig().load(config))

    def request_in(self, address: str) -> Any:
        """Read the request that a browser brings."""
        text = query_of(address)["SAMLRequest"]
        return self.server.parse_authn_request(text, BINDING_HTTP_REDIRECT).message

    def answer(self, address: str, subject: str = "ada", **changes: Any) -> dict[str, str]:
        """Let somebody in; answer the form that the browser posts back."""
        return {
            "SAMLResponse": encoded(self.response(address, subject, **changes)),
            "RelayState": query_of(address)["RelayState"],
        }

    def response(self, address: str, subject: str = "ada", **changes: Any) -> str:
        """Write the signed response to a request; `request` for one that was not for us."""
        request = changes.pop("request", None) or self.request_in(address)
        told = {
            "identity": ADA,
            "in_response_to": request.id,
            "destination": request.assertion_consumer_service_url,
            "sp_entity_id": request.issuer.text,
            "name_id": NameID(format=NAMEID_FORMAT_PERSISTENT, text=subject),
            "authn": {"class_ref": "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"},
            "sign_assertion": True,
            "sign_response": False,
            **changes,
        }
        return str(self.server.create_authn_response(**told))

    @property
    def server(self) -> Server:
        """Answer pysaml2's server."""
        assert self._server is not None
        return self._server

    def _config(self) -> dict[str, Any]:
        endpoints = {"single_sign_on_service": [(f"{self.name}/sso", BINDING_HTTP_REDIRECT)]}
        return {
            "entityid": self.name,
            "service": {"idp": {"endpoints": endpoints, **ALGORITHMS}},
            "key_file": str(self.key_file),
            "cert_file": str(self.cert_file),
            "xmlsec_binary": "/usr/bin/xmlsec1",
        }


def encoded(document: str) -> str:
    """Write a document as forms carry it."""
    return base64.b64encode(document.encode()).decode()


def a_key(folder: Path, name: str) -> tuple[Path, Path]:
    """Make a key and a certificate for it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    moment = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - datetime.timedelta(days=1))
        .not_valid_after(moment + datetime.timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    key_file, cert_file = folder / f"{name}.key", folder / f"{name}.crt"
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    cert_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return key_file, cert_file
