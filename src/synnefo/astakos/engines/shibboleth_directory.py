"""Shibboleth by headers, as a web server's own module writes them. Spec: identity 14.4.

The headers count only when they come from a web server that the settings name by its address,
or that sends the secret; anybody else could write them, too.
"""

import hmac

from synnefo.astakos.domain.identities import Person, split_name
from synnefo.astakos.domain.provider_configs import ShibbolethProxy
from synnefo.astakos.engines.directory import Arrival, DirectoryConfig
from synnefo.kit.faults import Forbidden, ServiceUnavailable

SECRET_HEADER = "x-shibboleth-secret"  # noqa: S105 - the name of a header
_FIELDS = {
    "remote_user": "remote-user",
    "eppn": "eppn",
    "given_name": "shib-inetorgperson-givenname",
    "surname": "shib-person-surname",
    "common_name": "shib-person-commonname",
    "display_name": "shib-inetorgperson-displayname",
    "affiliation": "shib-ep-affiliation",
    "session": "shib-session-id",
    "mail": "shib-mail",
}
NO_ID = "Your organisation did not tell who you are (SHIBBOLETH_MISSING_USER_ID)."
NO_NAME = "Your organisation did not tell your name (SHIBBOLETH_MISSING_NAME)."


def open_directory(config: DirectoryConfig) -> "ShibbolethDirectory":
    """Open the headers of the web servers that the settings trust."""
    settings = config.settings
    if not isinstance(settings, ShibbolethProxy):
        raise ServiceUnavailable("Shibboleth is not configured yet.")
    if not settings.addresses and not settings.secret:
        raise ServiceUnavailable("No web server is trusted to tell who people are yet.")
    return ShibbolethDirectory(settings)


class ShibbolethDirectory:
    """Reads who somebody is from headers."""

    def __init__(self, settings: ShibbolethProxy) -> None:
        self.settings = settings

    def read(self, arrival: Arrival) -> Person:
        """Answer whom the headers name."""
        headers = {name.lower(): _text(value) for name, value in arrival.headers.items()}
        if not self._is_trusted(headers.get(SECRET_HEADER, ""), arrival.peer):
            raise Forbidden("Sign in through the web server that speaks to your organisation.")
        found = {name: headers.get(header, "") for name, header in _FIELDS.items()}
        if not found["remote_user"]:
            raise Forbidden(NO_ID)
        self._name(found)
        kept = {
            name: [value]
            for name, value in headers.items()
            if name.startswith("shib-") and name != SECRET_HEADER
        }
        told = {name: [value] for name, value in found.items() if value}
        former = found["eppn"] if self.settings.migrate_eppn else ""
        return Person(attributes={**kept, **told}, email_is_verified=True, former=former)

    def _is_trusted(self, secret: str, peer: str) -> bool:
        ours = self.settings.secret
        if ours and hmac.compare_digest(secret.encode("utf-8", "replace"), ours.encode()):
            return True
        return peer in self.settings.addresses

    def _name(self, found: dict[str, str]) -> None:
        """Let a full name override its parts."""
        whole = found["display_name"] or found["common_name"]
        if whole:
            found["given_name"], found["surname"] = split_name(whole)
        if self.settings.require_name and not (found["given_name"] or found["surname"]):
            raise Forbidden(NO_NAME)


def _text(value: str) -> str:
    """Read a header that the web server wrote in UTF-8 and WSGI hands over as Latin-1."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return value
