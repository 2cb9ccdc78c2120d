"""The identity service, as other components and command lines call it.

Spec: identity 19 (which calls exist), openstack-api 4 (token check).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from synnefo.clients.http import Answer, Http, fault_of
from synnefo.kit.faults import Fault, ItemNotFound, OverLimit, ServiceUnavailable, Unauthorized
from synnefo.wire.access_rules import AccessRule
from synnefo.wire.provisions import Provision

_SUFFIXES = ("/identity/v2.0", "/identity/v3", "/identity", "/account/v1.0")


class Named(msgspec.Struct, frozen=True):
    """A thing by its id and name."""

    id: str = ""
    name: str = ""


class Identity(msgspec.Struct, frozen=True):
    """Who holds a token, and for which project."""

    user_id: str
    user_name: str
    project_id: str
    project_name: str
    roles: tuple[str, ...]
    groups: tuple[str, ...]
    is_admin: bool
    is_service: bool
    expires: datetime | None
    domain_id: str = ""
    is_system: bool = False
    application_credential: str = ""
    is_restricted: bool = False
    trust: str = ""
    access_rules: tuple[AccessRule, ...] | None = None


class QuotaExceeded(OverLimit):
    """A commission that a limit refuses; `provision` is the first one that failed."""

    def __init__(self, message: str, *, provision: Provision, limit: int, usage: int) -> None:
        super().__init__(message)
        self.provision = provision
        self.limit = limit
        self.usage = usage


class Standing(msgspec.Struct, frozen=True):
    """How one resource stands for a member of a project, and for the project."""

    limit: int = 0
    usage: int = 0
    pending: int = 0
    project_limit: int = 0
    project_usage: int = 0
    project_pending: int = 0


class Resolved(msgspec.Struct, frozen=True):
    """What became of a list of serials; `failed` says which status each got."""

    accepted: list[int] = []
    rejected: list[int] = []
    failed: list[tuple[int, dict[str, dict[str, object]]]] = []

    def unknown(self) -> list[int]:
        """List the serials that are pending no more, or never were."""
        return [serial for serial, why in self.failed if "itemNotFound" in why]


class SigningKey(msgspec.Struct, frozen=True):
    """The key with which an EC2 key signs for one day and place, and a token of its owner."""

    key: bytes
    token: str


class PendingCommission(msgspec.Struct, frozen=True):
    """A commission that waits for its verdict."""

    serial: int
    issue_time: datetime
    name: str
    provisions: list[Provision]


class Catalogs(msgspec.Struct, frozen=True):
    """Users by uuid and by display name; unknown ones are absent."""

    uuid_catalog: dict[str, str] = {}
    displayname_catalog: dict[str, str] = {}


class Endpoint(msgspec.Struct, frozen=True):
    """One address of a service."""

    public_url: str = msgspec.field(name="publicURL", default="")
    version_id: str = msgspec.field(name="versionId", default="")
    region: str = "default"


class CatalogService(msgspec.Struct, frozen=True):
    """A service of the public catalogue with its addresses."""

    name: str
    type: str
    endpoints: list[Endpoint] = []


class _TokenUser(msgspec.Struct):
    id: str
    name: str


class _AppCredential(msgspec.Struct):
    id: str = ""
    restricted: bool = False
    access_rules: list[AccessRule] | None = None


class _Token(msgspec.Struct):
    user: _TokenUser
    expires_at: datetime | None = None
    project: Named = Named()
    domain: Named = Named()
    system: dict[str, bool] = {}
    roles: list[Named] = []
    groups: list[str] = msgspec.field(name="SNF:groups", default_factory=list)
    application_credential: _AppCredential = msgspec.field(default_factory=_AppCredential)
    trust: Named = msgspec.field(name="OS-TRUST:trust", default=Named())


class _TokenBody(msgspec.Struct):
    token: _Token


class _Serial(msgspec.Struct):
    serial: int


class _Data(msgspec.Struct):
    name: str = ""
    provision: Provision | None = None
    limit: int = 0
    usage: int = 0


class _LedgerFault(msgspec.Struct):
    message: str = ""
    data: _Data = msgspec.field(default_factory=_Data)


class _Access(msgspec.Struct):
    services: list[CatalogService] = msgspec.field(name="serviceCatalog", default_factory=list)


class _AccessBody(msgspec.Struct):
    access: _Access


def base_of(url: str) -> str:
    """Cut a client's authentication address down to the service's base address."""
    url = url.rstrip("/")
    for suffix in _SUFFIXES:
        url = url.removesuffix(suffix)
    return url


class AstakosClient:
    """Calls to the identity service. Calls for a component need its service token."""

    def __init__(self, url: str, service_token: str = "", *, timeout: float = 30.0) -> None:
        self.base_url = base_of(url)
        self._http = Http(self.base_url, token=service_token, timeout=timeout)

    def authenticate(self, token: str) -> Identity:
        """Tell who holds a token; Unauthorized when nobody does."""
        headers = {
            "X-Auth-Token": token,
            "X-Subject-Token": token,
            "OpenStack-Identity-Access-Rules": "1.0",
        }
        path = "/identity/v3/auth/tokens"
        try:
            found = self._http.read(
                "GET", path, _TokenBody, query={"nocatalog": "1"}, headers=headers
            ).token
        except ItemNotFound as fault:
            raise Unauthorized("The token is unknown or has expired. Sign in again.") from fault
        return _identity(found)

    def service_signing_key(self, access: str, scope: str) -> SigningKey:
        """Get what checks signatures by an EC2 key of one day; Unauthorized for an unknown one."""
        body = {"access": access, "scope": scope}
        path = "/account/v1.0/service/signing_keys"
        return self._http.read("POST", path, SigningKey, body=body)

    def endpoints(self) -> list[CatalogService]:
        """List the public catalogue; no token is needed."""
        body = self._http.read("POST", "/identity/v2.0/tokens", _AccessBody, body=b"")
        return body.access.services

    def endpoint_url(self, service_type: str, version: str | None = None) -> str:
        """Answer the address of a kind of service: the version asked for, else the highest.

        Spec: identity 17.1. ItemNotFound when the catalogue has none.
        """
        found = [
            endpoint
            for service in self.endpoints()
            for endpoint in service.endpoints
            if service.type == service_type and version in {None, endpoint.version_id}
        ]
        if not found:
            raise ItemNotFound(f"The catalogue has no service of the type '{service_type}'.")
        return max(found, key=lambda endpoint: endpoint.version_id).public_url

    def catalogs(
        self, uuids: Iterable[str] = (), names: Iterable[str] = (), *, user_token: str = ""
    ) -> Catalogs:
        """Look users up, as the component, or as a user when a user's token is given."""
        path = (
            "/account/v1.0/user_catalogs" if user_token else "/account/v1.0/service/user_catalogs"
        )
        body = {"uuids": list(uuids), "displaynames": list(names)}
        headers = {"X-Auth-Token": user_token} if user_token else None
        return self._http.read("POST", path, Catalogs, body=body, headers=headers)

    def usernames(self, uuids: Iterable[str]) -> dict[str, str]:
        """Answer the display name of each uuid that is known."""
        return self.catalogs(uuids=uuids).uuid_catalog

    def uuids(self, names: Iterable[str]) -> dict[str, str]:
        """Answer the uuid of each display name that is known."""
        return self.catalogs(names=names).displayname_catalog

    def get_quotas(self, token: str) -> dict[str, dict[str, Standing]]:
        """Answer a user's own quotas: project, then resource."""
        headers = {"X-Auth-Token": token}
        kind = dict[str, dict[str, Standing]]
        return self._http.read("GET", "/account/v1.0/quotas", kind, headers=headers)

    def service_get_quotas(
        self, users: Sequence[str] = (), projects: Sequence[str] = ()
    ) -> dict[str, dict[str, dict[str, Standing]]]:
        """Answer quotas of this component's resources: user, project, resource."""
        query = [("user", ",".join(users))] if users else []
        query += [("project", ",".join(projects))] if projects else []
        kind = dict[str, dict[str, dict[str, Standing]]]
        return self._http.read("GET", "/account/v1.0/service_quotas", kind, query=query)

    def service_get_project_quotas(
        self, projects: Sequence[str] = ()
    ) -> dict[str, dict[str, Standing]]:
        """Answer quotas of this component's resources: project, resource."""
        query = [("project", ",".join(projects))] if projects else []
        kind = dict[str, dict[str, Standing]]
        return self._http.read("GET", "/account/v1.0/service_project_quotas", kind, query=query)

    def issue_commission(
        self,
        provisions: Sequence[Provision],
        *,
        name: str = "",
        force: bool = False,
        auto_accept: bool = False,
    ) -> int:
        """Ask for resources and get the serial of the promise. Spec: identity 8.5.

        Raises QuotaExceeded, or ItemNotFound for a holder without such a holding. A lost answer
        raises `Unanswered`: a commission may then be pending without anybody knowing.
        """
        body = {
            "name": name,
            "force": force,
            "auto_accept": auto_accept,
            "provisions": list(provisions),
        }
        answer = self._http.call("POST", "/account/v1.0/commissions", body=body, check=False)
        if answer.status >= 400:
            raise _refusal(answer)
        return answer.read(_Serial).serial

    def resolve_commissions(
        self, accept: Iterable[int] = (), reject: Iterable[int] = ()
    ) -> Resolved:
        """Accept and reject many commissions; the ones that fail are told. Spec: identity 8.9."""
        body = {"accept": list(accept), "reject": list(reject)}
        return self._http.read("POST", "/account/v1.0/commissions/action", Resolved, body=body)

    def accept_commission(self, serial: int) -> None:
        """Make a promise final; ItemNotFound when it is pending no more."""
        self._act(serial, "accept")

    def reject_commission(self, serial: int) -> None:
        """Give a promise back; ItemNotFound when it is pending no more."""
        self._act(serial, "reject")

    def _act(self, serial: int, verdict: str) -> None:
        path = f"/account/v1.0/commissions/{serial}/action"
        self._http.call("POST", path, body={verdict: ""})

    def get_pending(self) -> list[int]:
        """List this component's serials that wait for a verdict."""
        return self._http.read("GET", "/account/v1.0/commissions", list[int])

    def commission_info(self, serial: int) -> PendingCommission:
        """Show one pending commission; ItemNotFound when it is none of this component."""
        return self._http.read("GET", f"/account/v1.0/commissions/{serial}", PendingCommission)


def _identity(token: _Token) -> Identity:
    roles = tuple(role.name for role in token.roles)
    rules = token.application_credential.access_rules
    return Identity(
        user_id=token.user.id,
        user_name=token.user.name,
        project_id=token.project.id,
        project_name=token.project.name,
        roles=roles,
        groups=tuple(token.groups),
        is_admin="admin" in roles and not token.domain.id,
        is_service="service" in roles,
        expires=token.expires_at,
        domain_id=token.domain.id,
        is_system=bool(token.system),
        application_credential=token.application_credential.id,
        is_restricted=token.application_credential.restricted or bool(token.trust.id),
        trust=token.trust.id,
        access_rules=None if rules is None else tuple(rules),
    )


def _refusal(answer: Answer) -> Fault:
    """Make the fault of a refused commission, with what the ledger told about it."""
    if answer.status != 413:
        fault = fault_of(answer)
        if isinstance(fault, Unauthorized):
            why = "The service token of this component is not valid; quota cannot be charged."
            return ServiceUnavailable(why, details=fault.message)
        return fault
    told = answer.read(dict[str, _LedgerFault])["overLimit"]
    if told.data.provision is None:
        return OverLimit(told.message)
    return QuotaExceeded(
        told.message,
        provision=told.data.provision,
        limit=told.data.limit,
        usage=told.data.usage,
    )
