"""OAuth 2.0 with PKCE as Twitter speaks it today: no identity token, a call tells who it is.

Spec: identity 14.4.
"""

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge

from synnefo.astakos.domain.identities import Person, split_name
from synnefo.astakos.domain.provider_configs import TwitterApp
from synnefo.astakos.engines.directory import Arrival, Departure, DirectoryConfig
from synnefo.astakos.engines.provider_calls import fetch_json, post_form, refused
from synnefo.kit.faults import ServiceUnavailable, Unauthorized
from synnefo.kit.ids import new_token


def open_directory(config: DirectoryConfig) -> "OAuth2Directory":
    """Open Twitter by its newer protocol."""
    settings = config.settings
    if not isinstance(settings, TwitterApp) or not settings.client_id:
        raise ServiceUnavailable(f"The provider {config.module} is not configured yet.")
    return OAuth2Directory(settings, config.back)


class OAuth2Directory:
    """A provider that answers who holds a token."""

    def __init__(self, settings: TwitterApp, back: str) -> None:
        self.settings = settings
        self.back = back

    def describe(self) -> bytes:
        """Answer nothing: such providers are told our address by hand."""
        return b""

    def depart(self, state: str) -> Departure:
        """Make the address where the provider asks the person."""
        verifier = new_token(48)
        wanted = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.back,
            "scope": self.settings.scopes,
            "state": state,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        url = f"{self.settings.authorize_url}?{urlencode(wanted)}"
        return Departure(url, state, {"verifier": verifier})

    def state_of(self, arrival: Arrival) -> str:
        """Read the state from the address."""
        return arrival.query.get("state", "")

    def arrive(self, arrival: Arrival, memory: Mapping[str, str]) -> Person:
        """Exchange the code and ask who came."""
        if "error" in arrival.query:
            raise Unauthorized("The sign-in was cancelled at the provider.")
        if not arrival.query.get("code"):
            raise refused("the provider sent no code.")
        token = self._exchange(arrival.query["code"], memory["verifier"])
        told = fetch_json(self.settings.me_url, {"Authorization": f"Bearer {token}"}).get("data")
        if not isinstance(told, dict) or not told.get("id"):
            raise refused("the provider did not say who you are.")
        return Person(attributes=_attributes(told))

    def _exchange(self, code: str, verifier: str) -> str:
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.back,
            "code_verifier": verifier,
            "client_id": self.settings.client_id,
        }
        headers = {"Authorization": self._basic()} if self.settings.client_secret else {}
        token = post_form(self.settings.token_url, fields, headers).get("access_token")
        if not isinstance(token, str):
            raise refused("the provider sent no token.")
        return token

    def _basic(self) -> str:
        pair = (self.settings.client_id, self.settings.client_secret)
        text = ":".join(quote(part, safe="") for part in pair)
        return "Basic " + base64.b64encode(text.encode()).decode()


def _attributes(told: Mapping[str, Any]) -> dict[str, list[str]]:
    first, last = split_name(str(told.get("name", "")))
    pairs = {
        "user_id": str(told["id"]),
        "screen_name": str(told.get("username", "")),
        "first_name": first,
        "last_name": last,
    }
    return {name: [value] for name, value in pairs.items() if value}
