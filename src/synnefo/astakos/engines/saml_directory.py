"""SAML 2.0: requests by redirect, signed assertions by POST, checked twice.

pysaml2 and xmlsec1 check signatures, times, audience and recipient; the shape of the document
is checked here first, so that nothing but the signed assertion is there to be read.
Spec: identity 14.4. Sources: SAML 2.0 Core and Profiles 4.1, RFC 7522 has the same duties.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT, SAMLError
from saml2.client import Saml2Client
from saml2.config import SPConfig
from saml2.metadata import entity_descriptor
from saml2.response import AuthnResponse, StatusError
from saml2.saml import NAMEID_FORMAT_TRANSIENT, SCM_BEARER
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

from synnefo.astakos.domain.identities import Person
from synnefo.astakos.domain.provider_configs import SamlProvider
from synnefo.astakos.engines.directory import Arrival, Departure, DirectoryConfig
from synnefo.astakos.engines.provider_calls import refused
from synnefo.kit.faults import ServiceUnavailable, Unauthorized
from synnefo.kit.logs import get_logger

log = get_logger(__name__)

LARGEST = 1024 * 1024
"""Bytes of a response that are read at most."""
_ASSERTION = "{urn:oasis:names:tc:SAML:2.0:assertion}"
_PROTOCOL = "{urn:oasis:names:tc:SAML:2.0:protocol}"
_DSIG = "{http://www.w3.org/2000/09/xmldsig#}"
_STATEMENTS = (f"{_ASSERTION}Assertion", f"{_ASSERTION}EncryptedAssertion")
_WEAK = ("sha1", "md5", "hmac")


def open_directory(config: DirectoryConfig) -> "SamlDirectory":
    """Open one identity provider, described by its metadata file."""
    settings = config.settings
    if not isinstance(settings, SamlProvider):
        raise ServiceUnavailable(f"The provider {config.module} is not configured yet.")
    return SamlDirectory(settings, config.back, settings.entity_id or config.name)


class SamlDirectory:
    """One SAML identity provider; another one's assertions mean nothing here."""

    def __init__(self, settings: SamlProvider, back: str, name: str) -> None:
        self.settings = settings
        self.back = back
        self.name = name

    def describe(self) -> bytes:
        """Answer our metadata, which the identity provider is given."""
        return str(entity_descriptor(self._config)).encode()

    def depart(self, state: str) -> Departure:
        """Make the request, signed where we have a key, as an address."""
        request, sent = self._client().prepare_for_authenticate(
            entityid=self._provider,
            relay_state=state,
            binding=BINDING_HTTP_REDIRECT,
            response_binding=BINDING_HTTP_POST,
        )
        return Departure(dict(sent["headers"])["Location"], state, {"request": str(request)})

    def state_of(self, arrival: Arrival) -> str:
        """Read the state that the identity provider handed back."""
        return arrival.form.get("RelayState", "") or arrival.query.get("RelayState", "")

    def arrive(self, arrival: Arrival, memory: Mapping[str, str]) -> Person:
        """Answer who the signed assertion is about, if it answers our request."""
        text = arrival.form.get("SAMLResponse", "")
        _check_shape(_decoded(text))
        response = self._parse(text, memory["request"])
        _check_statement(response, self, memory["request"])
        return _person(response)

    def _parse(self, text: str, request: str) -> AuthnResponse:
        about = {"remote_addr": "", "request_uri": "", "entity_id": self.name}
        try:
            response = self._client().parse_authn_request_response(
                text, BINDING_HTTP_POST, {request: self.back}, conv_info=about
            )
        except StatusError as error:
            raise Unauthorized("Your organisation did not let you in.") from error
        except Exception as error:
            log.warning("saml-refused", provider=self._provider, error=repr(error)[:300])
            raise refused("your organisation's answer is not valid.") from error
        if response is None or response.assertion is None:
            raise refused("your organisation's answer is empty.")
        return response

    def _client(self) -> Saml2Client:
        """Make a client; it remembers people, so none is kept."""
        return Saml2Client(config=self._config)

    @cached_property
    def _provider(self) -> str:
        known = sorted(self._config.metadata.with_descriptor("idpsso"))
        wanted = [name for name in known if self.settings.idp in {"", name}]
        if len(wanted) != 1:
            raise ServiceUnavailable(
                f"{self.settings.metadata_file} describes {len(wanted)} identity providers that "
                "fit. Name one in the setting 'idp'."
            )
        return str(wanted[0])

    @cached_property
    def _config(self) -> SPConfig:
        if not Path(self.settings.metadata_file).is_file():
            raise ServiceUnavailable(f"There is no metadata at {self.settings.metadata_file}.")
        try:
            return SPConfig().load(self._wishes())
        except (SAMLError, OSError, ValueError, ParseError) as error:
            raise ServiceUnavailable(f"SAML is not configured well: {error}") from error

    def _wishes(self) -> dict[str, Any]:
        signs = bool(self.settings.key_file)
        wishes: dict[str, Any] = {
            "entityid": self.name,
            "service": {
                "sp": {
                    "endpoints": {"assertion_consumer_service": [(self.back, BINDING_HTTP_POST)]},
                    "allow_unsolicited": False,
                    "authn_requests_signed": signs,
                    "want_assertions_signed": True,
                    "want_response_signed": False,
                    "signing_algorithm": SIG_RSA_SHA256,
                    "digest_algorithm": DIGEST_SHA256,
                }
            },
            "metadata": {"local": [self.settings.metadata_file]},
            "xmlsec_binary": self.settings.xmlsec_binary,
            "accepted_time_diff": self.settings.clock_skew,
            "allow_unknown_attributes": True,
            "only_use_keys_in_metadata": True,
        }
        if signs:
            pair = {"key_file": self.settings.key_file, "cert_file": self.settings.cert_file}
            wishes.update(pair, encryption_keypairs=[pair])
        return wishes


def _decoded(text: str) -> bytes:
    if not text or len(text) > LARGEST:
        raise refused("your organisation sent no answer that can be read.")
    try:
        return base64.b64decode(text, validate=False)
    except (binascii.Error, ValueError) as error:
        raise refused("your organisation's answer cannot be decoded.") from error


def _check_shape(document: bytes) -> None:
    """Refuse entities, a second statement, one in an odd place, doubled ids, weak signatures."""
    try:
        root = ElementTree.fromstring(document, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise refused("your organisation's answer is no XML that may be read.") from error
    statements = [each for each in root.iter() if each.tag in _STATEMENTS]
    direct = [each for each in root if each.tag in _STATEMENTS]
    if root.tag != f"{_PROTOCOL}Response" or len(statements) > 1 or statements != direct:
        raise refused("your organisation's answer does not hold one statement.")
    ids = [each.get("ID") for each in root.iter() if each.get("ID") is not None]
    if len(ids) != len(set(ids)):
        raise refused("parts of your organisation's answer share an id.")
    if any(weak in method for method in _methods(root) for weak in _WEAK):
        raise refused("your organisation signs in a way that is too weak.")


def _methods(root: Element) -> Iterator[str]:
    for name in ("SignatureMethod", "DigestMethod"):
        for each in root.iter(f"{_DSIG}{name}"):
            yield str(each.get("Algorithm", "")).lower()


def _check_statement(response: AuthnResponse, ours: SamlDirectory, request: str) -> None:
    """Refuse a statement that is not ours, of now, and the answer to our request."""
    assertion = response.assertion
    conditions = assertion.conditions
    audiences = [
        str(each.text or "").strip()
        for limit in (conditions.audience_restriction if conditions else ())
        for each in limit.audience
    ]
    bearers = [
        each.subject_confirmation_data
        for each in assertion.subject.subject_confirmation
        if each.method == SCM_BEARER and each.subject_confirmation_data is not None
    ]
    rules = {
        "it holds more than one statement": len(response.assertions) == 1,
        "it quotes others": not assertion.advice,
        "somebody else made it": str(assertion.issuer.text).strip() == ours._provider,
        "it is meant for somebody else": ours.name in audiences,
        "it does not say until when it counts": bool(conditions.not_on_or_after),
        "nobody may bring it": any(
            data.recipient == ours.back and data.in_response_to == request and data.not_on_or_after
            for data in bearers
        ),
        "it answers another request": response.in_response_to == request,
    }
    broken = next((told for told, kept in rules.items() if not kept), None)
    if broken is not None:
        raise refused(f"your organisation's answer is refused, {broken}.")


def _person(response: AuthnResponse) -> Person:
    told = response.session_info()
    attributes = {
        str(name): [str(value) for value in values if isinstance(value, str)]
        for name, values in told["ava"].items()
    }
    name = told["name_id"]
    if name is not None and name.text and name.format != NAMEID_FORMAT_TRANSIENT:
        attributes["name_id"] = [str(name.text).strip()]
    else:
        attributes.pop("name_id", None)
    return Person(
        attributes={name: values for name, values in attributes.items() if values},
        email_is_verified=True,
    )
