"""LDAP: find the person's entry, then bind as them. Spec: identity 14.4.

Imported only when the module `ldap` is enabled, so that nobody else needs the compiled library.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import ldap
from ldap.dn import escape_dn_chars
from ldap.filter import escape_filter_chars
from ldap.ldapobject import SimpleLDAPObject

from synnefo.astakos.domain.identities import Person
from synnefo.astakos.domain.provider_configs import LdapServer
from synnefo.astakos.engines.directory import DirectoryConfig
from synnefo.kit.faults import ServiceUnavailable, Unauthorized
from synnefo.kit.ids import new_token
from synnefo.kit.logs import get_logger

log = get_logger(__name__)

WRONG = "The user name or the password is wrong, or the account is not active."
_BINARY = ("objectguid", "objectsid")
_HOME = {"localhost", "127.0.0.1", "::1"}
_LONGEST = 256


def open_directory(config: DirectoryConfig) -> "LdapDirectory":
    """Open the directory server of the settings; refuses to send passwords in the clear."""
    settings = config.settings
    if not isinstance(settings, LdapServer):
        raise ServiceUnavailable("The directory server is not configured yet.")
    if not (_is_private(settings) or settings.allow_plain):
        raise ServiceUnavailable(
            f"{settings.uri} would get passwords in the clear. Use ldaps:// or start_tls."
        )
    return LdapDirectory(settings)


class LdapDirectory:
    """One directory server."""

    def __init__(self, settings: LdapServer) -> None:
        self.settings = settings

    def check(self, name: str, password: str) -> Person:
        """Answer who has this name and password; takes as long when there is no such name."""
        if not name or not password or len(name) > _LONGEST or "\x00" in name + password:
            raise Unauthorized(WRONG)
        with self._server() as server:
            found = self._find(server, name)
            self._prove(found[0] if found else self._nobody(), password)
            if found is None:
                raise Unauthorized(WRONG)
            dn, entry = found
            groups = self._groups(server, dn, name)
        attributes = _attributes(entry)
        attributes.setdefault("dn", [dn])
        return Person(attributes=attributes, email_is_verified=True, groups=groups)

    @contextmanager
    def _server(self) -> Iterator[SimpleLDAPObject]:
        """Give a connection that may search; ServiceUnavailable when there is none."""
        with _outside_errors(self.settings.uri):
            server = self._connect()
            try:
                server.simple_bind_s(self.settings.bind_dn, self.settings.bind_password)
                yield server
            finally:
                server.unbind_s()

    def _connect(self) -> SimpleLDAPObject:
        settings = self.settings
        server = ldap.initialize(settings.uri, bytes_mode=False)
        server.set_option(ldap.OPT_PROTOCOL_VERSION, ldap.VERSION3)
        server.set_option(ldap.OPT_REFERRALS, 0)
        server.set_option(ldap.OPT_NETWORK_TIMEOUT, settings.timeout)
        server.set_option(ldap.OPT_TIMEOUT, settings.timeout)
        if settings.ca_file:
            server.set_option(ldap.OPT_X_TLS_CACERTFILE, settings.ca_file)
        demand = ldap.OPT_X_TLS_DEMAND if settings.verify_certificate else ldap.OPT_X_TLS_ALLOW
        server.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, demand)
        server.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
        if settings.start_tls:
            server.start_tls_s()
        return server

    def _find(self, server: SimpleLDAPObject, name: str) -> tuple[str, dict[str, Any]] | None:
        """Find the one entry of a name; several of them are none."""
        wanted = ["*", *self.settings.operational]
        if self.settings.user_dn:
            place = self.settings.user_dn.format(username=escape_dn_chars(name))
            scope, text = ldap.SCOPE_BASE, "(objectClass=*)"
        else:
            place, scope = self.settings.base, ldap.SCOPE_SUBTREE
            text = self.settings.user_filter.format(username=escape_filter_chars(name))
        try:
            rows = server.search_ext_s(place, scope, text, wanted, sizelimit=2)
        except (ldap.NO_SUCH_OBJECT, ldap.SIZELIMIT_EXCEEDED, ldap.INVALID_DN_SYNTAX):
            return None
        entries = [(dn, entry) for dn, entry in rows if dn]
        return entries[0] if len(entries) == 1 else None

    def _prove(self, dn: str, password: str) -> None:
        server = self._connect()
        try:
            server.simple_bind_s(dn, password)
        except _REFUSALS as error:
            raise Unauthorized(WRONG) from error
        finally:
            server.unbind_s()

    def _nobody(self) -> str:
        return f"cn={new_token(8)},{self.settings.base}" if self.settings.base else "cn=nobody"

    def _groups(self, server: SimpleLDAPObject, dn: str, name: str) -> list[str] | None:
        settings = self.settings
        if not settings.group_base:
            return None
        text = settings.group_filter.format(
            dn=escape_filter_chars(dn), username=escape_filter_chars(name)
        )
        wanted = [settings.group_name_attribute]
        rows = server.search_ext_s(settings.group_base, ldap.SCOPE_SUBTREE, text, wanted)
        named = [
            _attributes(entry).get(settings.group_name_attribute, []) for dn, entry in rows if dn
        ]
        return sorted({values[0] for values in named if values})


_REFUSALS = (
    ldap.INVALID_CREDENTIALS,
    ldap.NO_SUCH_OBJECT,
    ldap.INVALID_DN_SYNTAX,
    ldap.INAPPROPRIATE_AUTH,
    ldap.UNWILLING_TO_PERFORM,
)


@contextmanager
def _outside_errors(uri: str) -> Iterator[None]:
    try:
        yield
    except ldap.LDAPError as error:
        log.warning("ldap-failed", server=uri, error=repr(error)[:300])
        raise ServiceUnavailable(
            "The directory server does not answer as it should. Try again in a moment.",
            headers={"Retry-After": "10"},
        ) from error


def _is_private(settings: LdapServer) -> bool:
    parts = urlsplit(settings.uri)
    return parts.scheme in {"ldaps", "ldapi"} or settings.start_tls or parts.hostname in _HOME


def _attributes(entry: dict[str, Any]) -> dict[str, list[str]]:
    return {name: [_text(name, value) for value in values] for name, values in entry.items()}


def _text(name: str, value: bytes) -> str:
    if name.lower() in _BINARY:
        return str(uuid.UUID(bytes_le=value)) if len(value) == 16 else value.hex()
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.hex()
