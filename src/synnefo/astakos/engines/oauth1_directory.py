"""OAuth 1.0a as Twitter speaks it. Spec: identity 14.4. Source: RFC 5849."""

import hmac
from collections.abc import Mapping
from urllib.parse import urlencode

from authlib.oauth1 import ClientAuth

from synnefo.astakos.domain.identities import Person
from synnefo.astakos.domain.provider_configs import TwitterApp
from synnefo.astakos.engines.directory import Arrival, Departure, DirectoryConfig
from synnefo.astakos.engines.provider_calls import FORM, post_for_form, refused
from synnefo.kit.faults import ServiceUnavailable, Unauthorized


def open_directory(config: DirectoryConfig) -> "OAuth1Directory":
    """Open Twitter by its older protocol."""
    settings = config.settings
    if not isinstance(settings, TwitterApp) or not settings.client_id:
        raise ServiceUnavailable(f"The provider {config.module} is not configured yet.")
    return OAuth1Directory(settings, config.back)


class OAuth1Directory:
    """A provider that hands out request tokens; the request token is the state."""

    def __init__(self, settings: TwitterApp, back: str) -> None:
        self.settings = settings
        self.back = back

    def describe(self) -> bytes:
        """Answer nothing: such providers are told our address by hand."""
        return b""

    def depart(self, state: str) -> Departure:
        """Ask for a request token and make the address where the provider asks the person."""
        del state
        client = self._client(redirect_uri=self.back)
        answer = self._post(self.settings.request_token_url, client)
        token, secret = answer.get("oauth_token", ""), answer.get("oauth_token_secret", "")
        if not token or answer.get("oauth_callback_confirmed") != "true":
            raise refused("the provider did not confirm where to send you back to.")
        query = {"oauth_token": token}
        if self.settings.force_login:
            query["force_login"] = "true"
        url = f"{self.settings.authenticate_url}?{urlencode(query)}"
        return Departure(url, token, {"token": token, "secret": secret})

    def state_of(self, arrival: Arrival) -> str:
        """Read the request token that comes back, also when the person said no."""
        return arrival.query.get("oauth_token", "") or arrival.query.get("denied", "")

    def arrive(self, arrival: Arrival, memory: Mapping[str, str]) -> Person:
        """Exchange the request token for who the person is."""
        if "denied" in arrival.query:
            raise Unauthorized("The sign-in was cancelled at the provider.")
        token, verifier = arrival.query["oauth_token"], arrival.query.get("oauth_verifier", "")
        if not verifier or not hmac.compare_digest(token.encode(), memory["token"].encode()):
            raise refused("the provider's answer is not the one that was asked for.")
        client = self._client(token=token, token_secret=memory["secret"], verifier=verifier)
        answer = self._post(self.settings.access_token_url, client)
        attributes = {
            name: [answer[name]] for name in ("user_id", "screen_name") if answer.get(name)
        }
        return Person(attributes=attributes)

    def _client(self, **more: str) -> ClientAuth:
        return ClientAuth(self.settings.client_id, self.settings.client_secret, **more)

    def _post(self, url: str, client: ClientAuth) -> dict[str, str]:
        """Send a signed call; all that it says is in its header."""
        _, headers, _ = client.prepare("POST", url, {"Content-Type": FORM}, "")
        return post_for_form(url, {}, {name: str(value) for name, value in headers.items()})
