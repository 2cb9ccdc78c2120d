"""One signed-in session with one cloud, and the clients of its services."""

import ssl
from functools import cached_property, partial
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from kamaki.choice import Choice
from kamaki.errors import KamakiError
from kamaki.output import say
from synnefo.clients import http
from synnefo.clients.http import Http
from synnefo.clients.pithos import PithosClient
from synnefo.kit.faults import Unauthorized

Json = dict[str, Any]
OVERRIDES = {
    "identity": "identity",
    "account": "astakos",
    "compute": "cyclades",
    "image": "plankton",
    "network": "network",
    "object-store": "pithos",
}
"""How a cloud's section names the services of the catalogue. Spec: kamaki 2.3."""
TRANSFER_SECONDS = 300


class Session(msgspec.Struct, kw_only=True, dict=True):
    """Who speaks to which cloud; signs in when first needed."""

    choice: Choice

    @cached_property
    def cloud(self) -> dict[str, str]:
        """Answer the options of the chosen cloud."""
        name, options = self.choice.config.choose_cloud(self.choice.cloud)
        if not options.get("token"):
            raise _missing("TOKEN", name, "token")
        if not any(key == "url" or key.endswith("_url") for key in options):
            raise _missing("authentication URL", name, "url")
        return options

    @property
    def token(self) -> str:
        """Answer the first token, which is the current user's."""
        return self.cloud["token"].split()[0]

    @cached_property
    def access(self) -> Json:
        """Sign in; answers token, user and catalogue."""
        return self.authenticate(self.token)

    def authenticate(self, token: str) -> Json:
        """Sign in with a token; answers the cloud's whole answer."""
        url = self.cloud.get("url")
        if not url:
            raise _missing("authentication URL", self.choice.cloud or "default", "url")
        body = {"auth": {"token": {"id": token}}}
        try:
            found = Http(url).read("POST", "/tokens", dict[str, Any], body=body)
        except Unauthorized as error:
            raise KamakiError(
                f"Token {token[:4]}… was not authenticated",
                details=[
                    "Get a valid token from the web interface, API access, then:",
                    "kamaki config set cloud.NAME.token TOKEN",
                ],
                importance=3,
            ) from error
        access: Json = found["access"]
        return access

    @property
    def user_id(self) -> str:
        """Answer the uuid of the current user."""
        told = self.cloud.get("pithos_uuid") or self.cloud.get("pithos_id")
        return told if told and not self.cloud.get("url") else str(self.access["user"]["id"])

    def endpoint(self, kind: str, version: str) -> str:
        """Find a service's address in the configuration or the catalogue, with its version."""
        own = self.cloud.get(f"{OVERRIDES[kind]}_url")
        url = (own or self._listed(kind)).rstrip("/")
        last = urlsplit(url).path.rpartition("/")[2]
        return url if last[:1] == "v" and last[1:2].isdigit() else f"{url}/{version}"

    def _listed(self, kind: str) -> str:
        for service in self.access["serviceCatalog"]:
            if service["type"] == kind:
                return str(service["endpoints"][0]["publicURL"])
        raise KamakiError(f"This cloud offers no service of type {kind}.", importance=3)

    @cached_property
    def compute(self) -> Http:
        """Speak to the compute service."""
        return Http(self.endpoint("compute", "v2.0"), token=self.token)

    @cached_property
    def network(self) -> Http:
        """Speak to the network service."""
        return Http(self.endpoint("network", "v2.0"), token=self.token)

    @cached_property
    def image(self) -> Http:
        """Speak to the image service; registering reads a whole file there, so it has time."""
        return Http(self.endpoint("image", "v1.0"), token=self.token, timeout=TRANSFER_SECONDS)

    @cached_property
    def account(self) -> Http:
        """Speak to the account service."""
        return Http(self.endpoint("account", "v1.0"), token=self.token)

    @cached_property
    def projects(self) -> Http:
        """Speak to the newer identity service, which knows one's projects."""
        address = self.endpoint("identity", "v2.0").rpartition("/")[0]
        return Http(f"{address}/v3", token=self.token)

    def owner(self, named: str | None) -> str:
        """Answer the uuid of an account, given by uuid or user name; one's own by default."""
        if not named:
            return self.cloud.get("pithos_uuid") or self.user_id
        if "@" not in named:
            return named
        found = self.account.read(
            "POST", "/user_catalogs", dict[str, dict[str, str]], body={"displaynames": [named]}
        )
        if named not in found["displayname_catalog"]:
            raise KamakiError(f"No user with name {named}")
        return found["displayname_catalog"][named]

    def pithos(self, account: str) -> PithosClient:
        """Speak to the object storage about an account."""
        return PithosClient(self.endpoint("object-store", "v1"), self.token, account)

    def storage(self, account: str) -> Http:
        """Speak to the object storage about an account, in its own words."""
        address = f"{self.endpoint('object-store', 'v1')}/{quote(account)}"
        return Http(address, token=self.token, timeout=TRANSFER_SECONDS)

    @property
    def default_container(self) -> str:
        """Answer the container of paths that name none."""
        return self.cloud.get("pithos_container") or "pithos"


def _missing(what: str, name: str, option: str) -> KamakiError:
    return KamakiError(
        f'No {what} provided for cloud "{name}"',
        details=[f"kamaki config set cloud.{name}.{option} …"],
        importance=3,
    )


def begin(choice: Choice) -> Session:
    """Start a session that trusts and tells as it was chosen."""
    if choice.bundle or choice.is_insecure:
        try:
            http.trust(choice.bundle, verify=not choice.is_insecure)
        except (OSError, ssl.SSLError) as error:
            raise KamakiError(
                "SSL Authentication failed",
                details=[
                    f"The bundle of certificates {choice.bundle} cannot be read: {error}",
                    "To choose another: kamaki config set ca_certs FILE, or --ca-certs=FILE",
                    "To skip the check, insecurely: --ignore-ssl",
                ],
                importance=3,
            ) from error
    if choice.verbosity:
        http.watch(partial(_tell, choice), bodies=choice.verbosity > 1)
    return Session(choice=choice)


def _tell(choice: Choice, line: str) -> None:
    """Tell a line of the traffic, without the tokens in it."""
    for options in choice.config.clouds().values():
        for token in options.get("token", "").split():
            line = line.replace(token, "...")
    say(line)
