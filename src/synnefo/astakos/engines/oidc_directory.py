"""OpenID Connect: authorization code with PKCE, state and nonce; identity tokens checked here.

Spec: identity 14.4. Sources: OpenID Connect Core 1.0 (3.1.3.7), RFC 7636, RFC 9207.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from synnefo.astakos.domain.identities import Person
from synnefo.astakos.domain.provider_configs import OidcProvider
from synnefo.astakos.engines.directory import Arrival, Departure, DirectoryConfig
from synnefo.astakos.engines.provider_calls import fetch_json, flattened, post_form, refused
from synnefo.kit.clock import monotonic, now
from synnefo.kit.faults import ServiceUnavailable, Unauthorized
from synnefo.kit.ids import new_token

FRESH = 3600.0
"""Seconds for which a discovery document and keys are believed."""
PATIENCE = 5.0
"""Seconds between two looks for keys that a provider may have changed."""
OLDEST = 600
"""Seconds after which an identity token is too old to begin a session with."""
_DIGESTS = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}


class Endpoints(msgspec.Struct, frozen=True):
    """Where a provider answers, as it says itself."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    token_endpoint_auth_methods_supported: list[str] = []
    authorization_response_iss_parameter_supported: bool = False


def open_directory(config: DirectoryConfig) -> "OidcDirectory":
    """Open a provider; it is asked for its endpoints when somebody wants to sign in."""
    settings = config.settings
    if not isinstance(settings, OidcProvider) or not settings.client_id:
        raise ServiceUnavailable(f"The provider {config.module} is not configured yet.")
    return OidcDirectory(settings, config.back)


class OidcDirectory:
    """One OpenID Connect provider."""

    def __init__(self, settings: OidcProvider, back: str) -> None:
        self.settings = settings
        self.back = back
        self._endpoints: tuple[float, Endpoints] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def describe(self) -> bytes:
        """Answer nothing: such providers are told our address by hand."""
        return b""

    def depart(self, state: str) -> Departure:
        """Make the address where the provider asks the person."""
        verifier, nonce = new_token(48), new_token(24)
        wanted = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.back,
            "scope": self.settings.scopes,
            "state": state,
            **self.settings.extra,
        }
        if self.settings.use_nonce:
            wanted["nonce"] = nonce
        if self.settings.use_pkce:
            wanted["code_challenge"] = create_s256_code_challenge(verifier)
            wanted["code_challenge_method"] = "S256"
        place = self.endpoints().authorization_endpoint
        mark = "&" if urlsplit(place).query else "?"
        url = f"{place}{mark}{urlencode(wanted)}"
        return Departure(url, state, {"verifier": verifier, "nonce": nonce})

    def state_of(self, arrival: Arrival) -> str:
        """Read the state from the address."""
        return arrival.query.get("state", "")

    def arrive(self, arrival: Arrival, memory: Mapping[str, str]) -> Person:
        """Exchange the code, check the identity token, add what the provider tells besides."""
        self._check_issuer(arrival.query)
        if "error" in arrival.query:
            raise Unauthorized("The sign-in was cancelled at the provider.")
        code = arrival.query.get("code", "")
        if not code:
            raise refused("the provider sent no code.")
        answer = self._exchange(code, memory["verifier"])
        claims = self._claims(answer, memory["nonce"])
        told = {**self._userinfo(answer, claims["sub"]), **claims}
        verified = told.get("email_verified") in {True, "true"}
        return Person(attributes=flattened(told), email_is_verified=verified)

    def endpoints(self) -> Endpoints:
        """Answer the provider's endpoints; settings win over its discovery document."""
        known = self._endpoints
        if known is None or monotonic() - known[0] > FRESH:
            known = (monotonic(), self._discover())
            self._endpoints = known
        return known[1]

    def _discover(self) -> Endpoints:
        issuer = self.settings.issuer
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")
        given = {name: getattr(self.settings, name) for name in names}
        ours = {name: value for name, value in given.items() if value}
        told: dict[str, Any] = {"issuer": issuer}
        if not {"authorization_endpoint", "token_endpoint", "jwks_uri"} <= ours.keys():
            told = fetch_json(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            found = msgspec.convert({**told, **ours}, Endpoints)
        except msgspec.ValidationError as error:
            raise ServiceUnavailable(
                f"The provider {issuer} describes itself badly: {error}"
            ) from error
        if found.issuer not in self._issuers():
            raise ServiceUnavailable(f"{issuer} says that it is {found.issuer}.")
        if issuer.startswith("https:") and any(not _is_safe(found, name) for name in names):
            raise ServiceUnavailable(f"{issuer} names addresses without HTTPS.")
        return found

    def _issuers(self) -> set[str]:
        return {self.settings.issuer, self.settings.also_issued_by} - {""}

    def _check_issuer(self, query: Mapping[str, str]) -> None:
        """Refuse an answer that another provider gave (RFC 9207)."""
        told = query.get("iss")
        must = self.endpoints().authorization_response_iss_parameter_supported
        if (must or told is not None) and told not in self._issuers():
            raise refused("the answer came from another provider.")

    def _exchange(self, code: str, verifier: str) -> dict[str, Any]:
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.back}
        if self.settings.use_pkce:
            fields["code_verifier"] = verifier
        headers: dict[str, str] = {}
        way = self._token_auth()
        if way == "client_secret_basic":
            headers["Authorization"] = _basic(self.settings)
        else:
            fields["client_id"] = self.settings.client_id
            if way == "client_secret_post":
                fields["client_secret"] = self.settings.client_secret
        return post_form(self.endpoints().token_endpoint, fields, headers)

    def _token_auth(self) -> str:
        if self.settings.token_auth:
            return self.settings.token_auth
        if not self.settings.client_secret:
            return "none"
        offered = self.endpoints().token_endpoint_auth_methods_supported
        by_post = "client_secret_post" in offered and "client_secret_basic" not in offered
        return "client_secret_post" if by_post else "client_secret_basic"

    def _claims(self, answer: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise refused("the provider sent no identity token.")
        decoded = self._decode(token)
        self._check(decoded.claims, nonce)
        self._check_access_token(decoded, answer.get("access_token"))
        return decoded.claims

    def _decode(self, token: str) -> jwt.Token:
        """Check a signature; look for new keys once when the known ones do not fit."""
        algorithms = list(self.settings.algorithms)
        fetched, keys = self._keys or (float("-inf"), KeySet([]))
        try:
            return jwt.decode(token, keys, algorithms=algorithms)
        except (JoseError, ValueError) as error:
            if monotonic() - fetched < PATIENCE:
                raise refused("the identity token is not signed by the provider.") from error
        fresh = self._fetch_keys()
        try:
            return jwt.decode(token, fresh, algorithms=algorithms)
        except (JoseError, ValueError) as error:
            raise refused("the identity token is not signed by the provider.") from error

    def _fetch_keys(self) -> KeySet:
        told = fetch_json(self.endpoints().jwks_uri)
        try:
            keys = KeySet.import_key_set({"keys": _usable(told.get("keys"))})
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise ServiceUnavailable("The provider's keys cannot be read.") from error
        self._keys = (monotonic(), keys)
        return keys

    def _check(self, claims: Mapping[str, Any], nonce: str) -> None:
        client, skew = self.settings.client_id, self.settings.clock_skew
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        party = claims.get("azp", client if len(audiences) == 1 else None)
        moment = now().timestamp()
        expires, issued = _number(claims, "exp"), _number(claims, "iat")
        rules = {
            "it is another provider's": claims.get("iss") in self._issuers(),
            "it is meant for somebody else": client in audiences and party == client,
            "it has expired": expires > moment - skew,
            "it is from the future": issued < moment + skew,
            "it is too old": issued > moment - skew - OLDEST,
            "it answers another request": self._is_nonce(claims.get("nonce"), nonce),
            "it names nobody": isinstance(claims.get("sub"), str) and bool(claims["sub"]),
        }
        broken = next((told for told, kept in rules.items() if not kept), None)
        if broken is not None:
            raise refused(f"the identity token is refused, {broken}.")

    def _is_nonce(self, told: object, nonce: str) -> bool:
        if not self.settings.use_nonce and told is None:
            return True
        return isinstance(told, str) and hmac.compare_digest(told.encode(), nonce.encode())

    def _check_access_token(self, decoded: jwt.Token, access_token: object) -> None:
        """Refuse an access token that does not belong to the identity token (Core 3.1.3.8)."""
        told = decoded.claims.get("at_hash")
        digest = _DIGESTS.get(str(decoded.header.get("alg", ""))[2:])
        if told is None or digest is None:
            return
        half = digest(str(access_token).encode()).digest()
        half = half[: len(half) // 2]
        wanted = base64.urlsafe_b64encode(half).rstrip(b"=")
        if not hmac.compare_digest(wanted, str(told).encode()):
            raise refused("the provider's two tokens do not belong together.")

    def _userinfo(self, answer: Mapping[str, Any], subject: str) -> dict[str, Any]:
        place = self.endpoints().userinfo_endpoint
        token = answer.get("access_token")
        if not (self.settings.use_userinfo and place and isinstance(token, str)):
            return {}
        told = fetch_json(place, {"Authorization": f"Bearer {token}"})
        if told.get("sub") != subject:
            raise refused("the provider speaks of somebody else.")
        return told


def _is_safe(endpoints: Endpoints, name: str) -> bool:
    place = str(getattr(endpoints, name))
    return not place or place.startswith("https:")


def _number(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refused(f"the identity token lacks '{name}'.")
    return float(value)


def _usable(keys: object) -> list[Any]:
    """Keep keys that may sign; a secret one has no place in such a list."""
    if not isinstance(keys, list):
        raise ValueError("no keys")
    signing = [key for key in keys if isinstance(key, dict) and key.get("use", "sig") == "sig"]
    return [key for key in signing if key.get("kty") in {"RSA", "EC", "OKP"}]


def _basic(settings: OidcProvider) -> str:
    pair = f"{quote(settings.client_id, safe='')}:{quote(settings.client_secret, safe='')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()
