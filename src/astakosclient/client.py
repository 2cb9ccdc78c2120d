"""`AstakosClient`, by the names and arguments that programs have used for years.

Spec: identity 19.
"""

import base64
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from astakosclient import provisions
from astakosclient.calls import Caller, Request, check_url
from astakosclient.endpoints import parse_endpoints
from astakosclient.errors import BadValue, NoUserName, NoUUID
from astakosclient.projects import ProjectCalls
from astakosclient.provisions import Provision

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class AstakosClient:
    """Calls to the identity service with one token, a user's or a component's."""

    def __init__(  # noqa: PLR0917 - programs pass them by position
        self,
        token: str,
        auth_url: str,
        retry: int = 0,
        use_pool: bool = False,
        pool_size: int = 8,
        logger: logging.Logger | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        if not token:
            raise BadValue("A token is needed.")
        if not auth_url:
            raise BadValue("The address of the identity service is needed.")
        check_url(auth_url)
        self.token = token
        self.auth_url = auth_url.rstrip("/")
        self.retry = retry
        self.logger = logger or logging.getLogger("astakosclient")
        self._caller = Caller(
            retries=retry,
            pool_size=pool_size if use_pool else None,
            logger=self.logger,
            headers=headers or {},
        )
        self._catalog: dict[str, Any] | None = None
        self._projects = ProjectCalls(self._account)

    @property
    def log_request(self) -> dict[str, Any] | None:
        """Answer the last request; its token is a digest."""
        return self._caller.log_request

    @property
    def log_response(self) -> dict[str, Any] | None:
        """Answer the last answer."""
        return self._caller.log_response

    @property
    def account_url(self) -> str:
        """Answer where the account API is."""
        return str(self._endpoint("astakos_account", "v1.0")["publicURL"]).rstrip("/")

    @property
    def ui_url(self) -> str:
        """Answer where the pages are."""
        return str(self._endpoint("astakos_account", "v1.0")["SNF:uiURL"]).rstrip("/")

    @property
    def oauth2_url(self) -> str:
        """Answer where OAuth 2.0 is; old services have none."""
        return str(self._endpoint("astakos_oauth2", None)["publicURL"]).rstrip("/")

    def authenticate(self, tenant_name: str | None = None) -> Any:
        """Tell who holds the token, and learn the catalogue."""
        auth: dict[str, Any] = {"token": {"id": self.token}}
        if tenant_name:
            auth["tenantName"] = tenant_name
        self._catalog = self._tokens({"auth": auth})
        return self._catalog

    def get_endpoints(self) -> Any:
        """Learn the public catalogue."""
        self._catalog = self._tokens(None)
        return self._catalog

    def validate_token(self, token_id: str, belongs_to: str | None = None) -> Any:
        """Tell whose the access token of an OAuth client is."""
        query = {"belongsTo": belongs_to} if belongs_to else {}
        url = f"{self.auth_url}/tokens/{quote(token_id, safe='')}"
        return self._caller.call(Request(method="GET", url=url, query=query, is_secret=True))

    def get_usernames(self, uuids: Sequence[str]) -> dict[str, str]:
        """Answer the display names of uuids; unknown ones are absent."""
        return self._catalogs("/user_catalogs", "uuids", uuids)

    def get_username(self, uuid: str) -> str:
        """Answer the display name of a uuid; NoUserName when nobody has it."""
        return _only(self.get_usernames([uuid]), uuid, NoUserName)

    def service_get_usernames(self, uuids: Sequence[str]) -> dict[str, str]:
        """Answer the display names of uuids, to a component."""
        return self._catalogs("/service/user_catalogs", "uuids", uuids)

    def service_get_username(self, uuid: str) -> str:
        """Answer the display name of a uuid, to a component."""
        return _only(self.service_get_usernames([uuid]), uuid, NoUserName)

    def get_uuids(self, display_names: Sequence[str]) -> dict[str, str]:
        """Answer the uuids of display names; unknown ones are absent."""
        return self._catalogs("/user_catalogs", "displaynames", display_names)

    def get_uuid(self, display_name: str) -> str:
        """Answer the uuid of a display name; NoUUID when nobody has it."""
        return _only(self.get_uuids([display_name]), display_name, NoUUID)

    def service_get_uuids(self, display_names: Sequence[str]) -> dict[str, str]:
        """Answer the uuids of display names, to a component."""
        return self._catalogs("/service/user_catalogs", "displaynames", display_names)

    def service_get_uuid(self, display_name: str) -> str:
        """Answer the uuid of a display name, to a component."""
        return _only(self.service_get_uuids([display_name]), display_name, NoUUID)

    def get_services(self) -> Any:
        """List the components as they are shown to people."""
        return self._caller.call(Request(method="GET", url=f"{self.ui_url}/get_services"))

    def get_resources(self) -> Any:
        """Describe the resources."""
        return self._account("GET", "/resources")

    def send_feedback(self, message: str, data: str) -> None:
        """Tell the operators something."""
        form = urlencode({"feedback_msg": message, "feedback_data": data}).encode()
        self._account("POST", "/feedback", body=form, headers=FORM)

    def set_default_project(self, project_id: str) -> None:
        """Choose the project that requests mean when they name none."""
        self._account("POST", "/myaccount/default_project", body={"project_id": project_id})

    def get_quotas(self) -> Any:
        """Answer the quotas of the token's holder."""
        return self._account("GET", "/quotas")

    def service_get_quotas(
        self,
        user: str | Iterable[str] | None = None,
        project_id: str | Iterable[str] | None = None,
        project: str | Iterable[str] | None = None,
    ) -> Any:
        """Answer quotas of the component's resources; `project` is the old name."""
        query = _listed(user=user, project=project_id or project)
        return self._account("GET", "/service_quotas", query=query)

    def service_get_project_quotas(
        self,
        project_id: str | Iterable[str] | None = None,
        project: str | Iterable[str] | None = None,
    ) -> Any:
        """Answer quotas of projects in the component's resources."""
        query = _listed(project=project_id or project)
        return self._account("GET", "/service_project_quotas", query=query)

    def mk_provisions(
        self, holder: str, source: str, resource: str, quantity: int
    ) -> list[Provision]:
        """Make the provisions of what a user takes from a project."""
        return provisions.pair(holder, source, resource, quantity)

    def issue_commission(self, request: dict[str, Any]) -> int:
        """Issue a commission as it is; answer its serial."""
        answer = self._account("POST", "/commissions", body=request, is_final=True)
        return int(answer["serial"])

    def issue_one_commission(  # noqa: PLR0917 - programs pass them by position
        self,
        holder: str,
        provisions: Mapping[tuple[str, str], int],
        name: str = "",
        force: bool = False,
        auto_accept: bool = False,
    ) -> int:
        """Issue what one user takes: `{(project, resource): quantity}`; answer the serial."""
        made = [
            each
            for (source, resource), quantity in provisions.items()
            for each in self.mk_provisions(holder, source, resource, quantity)
        ]
        return self._issue(made, name, force=force, auto_accept=auto_accept)

    def issue_commission_generic(  # noqa: PLR0917 - programs pass them by position
        self,
        user_provisions: Mapping[tuple[str, str, str], int],
        project_provisions: Mapping[tuple[str, str], int],
        name: str = "",
        force: bool = False,
        auto_accept: bool = False,
    ) -> int:
        """Issue users' and projects' provisions, each named on its own; answer the serial."""
        made = [provisions.of_user(*key, quantity) for key, quantity in user_provisions.items()]
        made += [
            provisions.of_project(*key, quantity) for key, quantity in project_provisions.items()
        ]
        return self._issue(made, name, force=force, auto_accept=auto_accept)

    def issue_resource_reassignment(  # noqa: PLR0917 - programs pass them by position
        self,
        holder: str,
        provisions_by_move: Mapping[tuple[str, str, str], int],
        name: str = "",
        force: bool = False,
        auto_accept: bool = False,
    ) -> int:
        """Move what a user has: `{(from, to, resource): quantity}`; answer the serial."""
        made = provisions.reassignment(holder, provisions_by_move)
        return self._issue(made, name, force=force, auto_accept=auto_accept)

    def get_pending_commissions(self) -> Any:
        """List the component's serials that wait for a verdict."""
        return self._account("GET", "/commissions")

    def get_commission_info(self, serial: int) -> Any:
        """Show one pending commission."""
        return self._account("GET", f"/commissions/{serial}")

    def commission_action(self, serial: int, action: str) -> None:
        """Accept or reject a commission."""
        path = f"/commissions/{serial}/action"
        self._account("POST", path, body={action: ""}, is_final=True)

    def accept_commission(self, serial: int) -> None:
        """Make a commission final."""
        self.commission_action(serial, "accept")

    def reject_commission(self, serial: int) -> None:
        """Give a commission back."""
        self.commission_action(serial, "reject")

    def resolve_commissions(
        self, accept_serials: Sequence[int], reject_serials: Sequence[int]
    ) -> Any:
        """Accept and reject many; the ones that fail are told."""
        body = {"accept": list(accept_serials), "reject": list(reject_serials)}
        return self._account("POST", "/commissions/action", body=body)

    def get_projects(
        self,
        name: str | None = None,
        state: str | None = None,
        owner: str | None = None,
        mode: str | None = None,
    ) -> Any:
        """List projects."""
        return self._projects.find(_listed(name=name, state=state, owner=owner, mode=mode))

    def get_project(self, project_id: str) -> Any:
        """Show one project."""
        return self._projects.show(project_id)

    def create_project(self, specs: dict[str, Any]) -> Any:
        """Apply for a new project."""
        return self._projects.create(specs)

    def modify_project(self, project_id: str, specs: dict[str, Any]) -> Any:
        """Apply for a change of a project."""
        return self._projects.modify(project_id, specs)

    def project_action(self, project_id: str, action: str, reason: str = "") -> Any:
        """Do something to a project."""
        return self._projects.act(project_id, action, {"reason": reason})

    def application_action(
        self, project_id: str, app_id: int, action: str, reason: str = ""
    ) -> Any:
        """Decide about an application, or take it back."""
        return self._projects.act(project_id, action, {"reason": reason, "app_id": app_id})

    def get_memberships(self, project_id: str | None = None) -> Any:
        """List memberships."""
        return self._projects.memberships(_listed(project=project_id))

    def get_membership(self, memb_id: int) -> Any:
        """Show one membership."""
        return self._projects.membership(memb_id)

    def membership_action(self, memb_id: int, action: str, reason: str = "") -> Any:
        """Do something to a membership."""
        return self._projects.act_on_membership(memb_id, action, reason)

    def join_project(self, project_id: str) -> Any:
        """Ask to be let into a project."""
        return self._projects.add("join", {"project": project_id})

    def enroll_member(self, project_id: str, email: str) -> Any:
        """Put somebody into a project."""
        return self._projects.add("enroll", {"project": project_id, "user": email})

    def get_token(
        self, grant_type: str, client_id: str, client_secret: str, **body_params: str
    ) -> Any:
        """Trade a code for an access token, as an OAuth client."""
        secret = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
        form = urlencode({"grant_type": grant_type, **body_params}).encode()
        request = Request(
            method="POST",
            url=f"{self.oauth2_url}/token",
            body=form,
            headers={**FORM, "Authorization": f"Basic {secret}"},
            is_secret=True,
            is_final=True,
        )
        return self._caller.call(request)

    def _issue(self, made: list[Provision], name: str, *, force: bool, auto_accept: bool) -> int:
        return self.issue_commission(
            {"provisions": made, "name": name, "force": force, "auto_accept": auto_accept}
        )

    def _tokens(self, body: dict[str, Any] | None) -> dict[str, Any]:
        url = f"{self.auth_url}/tokens"
        sent = b"" if body is None else body
        request = Request(method="POST", url=url, body=sent, is_secret=True)
        found: dict[str, Any] = self._caller.call(request)
        return found

    def _account(self, method: str, path: str, **more: Any) -> Any:
        request = Request(method=method, url=f"{self.account_url}{path}", token=self.token, **more)
        return self._caller.call(request)

    def _catalogs(self, path: str, kind: str, wanted: Sequence[str]) -> dict[str, str]:
        found = self._account("POST", path, body={kind: list(wanted)})
        name = "uuid_catalog" if kind == "uuids" else "displayname_catalog"
        catalog: dict[str, str] = found[name]
        return catalog

    def _endpoint(self, name: str, version: str | None) -> dict[str, Any]:
        catalog = self._catalog or self.get_endpoints()
        entry = parse_endpoints(catalog, ep_name=name, ep_version_id=version)[0]
        endpoint: dict[str, Any] = entry["endpoints"][0]
        return endpoint


def _only(catalog: Mapping[str, str], key: str, missing: type[NoUserName] | type[NoUUID]) -> str:
    if key not in catalog:
        raise missing(key)
    return catalog[key]


def _listed(**wanted: str | Iterable[str] | None) -> dict[str, str]:
    """Make a query; several values are joined by commas, what is not asked for is left out."""
    return {
        name: value if isinstance(value, str) else ",".join(value)
        for name, value in wanted.items()
        if value
    }
