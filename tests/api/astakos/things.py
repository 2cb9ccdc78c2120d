"""Things of Identity v3 and of the pages that stand at the ids of paths: one of each, made as
their owners make them."""

import tempfile
from pathlib import Path
from typing import Any

from synnefo.astakos.models import Domain, Group, Passkey, Project, Role, User
from synnefo.astakos.usecases import commissions, grants, roles, terms
from synnefo.astakos.usecases.commissions import Order
from synnefo.astakos.usecases.grants import Target
from synnefo.wire.provisions import charge
from tests.support.astakos import a_project, a_token
from tests.support.identity_calls import call


def made(path: str, token: str, **body: Any) -> dict[str, Any]:
    """Make a thing over the API, wrapped in its noun; answer what is told of it."""
    answer = call("POST", path, token, body)
    assert answer.status in (200, 201), (path, answer.json)
    found: dict[str, Any] = answer.json[next(iter(body))]
    return found


def of_person(owner: User, other: User) -> dict[str, str]:
    """Make what somebody keeps for themselves: keys, credentials, a trust, a passkey."""
    token, home = a_token(owner), f"/users/{owner.uuid}"
    rule = {"service": "compute", "method": "GET", "path": "/v2.1/servers"}
    wish = {"name": "robot", "access_rules": [rule]}
    app = made(f"{home}/application_credentials", token, application_credential=wish)
    spare = {"service": "network", "method": "GET", "path": "/v2.0/networks"}
    idle = {"name": "idle", "access_rules": [spare]}
    gone = made(f"{home}/application_credentials", token, application_credential=idle)
    assert call("DELETE", f"{home}/application_credentials/{gone['id']}", token).status == 204
    key = call("POST", f"{home}/credentials/OS-EC2", token, {"tenant_id": owner.uuid}).json
    blob = {"type": "cert", "blob": "x", "user_id": owner.uuid}
    member = next(one.uuid for one in Role.objects.filter(name="member"))
    giving = {
        "trustor_user_id": owner.uuid,
        "trustee_user_id": other.uuid,
        "impersonation": True,
        "project_id": owner.uuid,
        "roles": [{"id": member}],
    }
    passkey = Passkey.objects.create(
        user=owner, name="key", credential_id="x", data="x", domain="x"
    )
    return {
        "app_id": app["id"],
        "rule_id": gone["access_rules"][0]["id"],
        "access": key["credential"]["access"],
        "blob_id": made("/credentials", token, credential=blob)["id"],
        "trust_id": made("/OS-TRUST/trusts", token, trust=giving)["id"],
        "member_id": member,
        "passkey_id": str(passkey.pk),
    }


def of_operators(operator: User, project: Project) -> dict[str, str]:
    """Make what operators administer: a service with an address, a region, a domain, limits."""
    token = a_token(operator)
    service = made("/services", token, service={"name": "heat", "type": "orchestration"})
    place = {"service_id": service["id"], "interface": "public", "url": "http://heat/"}
    limit = call("GET", "/registered_limits", token).json["registered_limits"][0]
    [own] = call("GET", f"/limits?project_id={project.uuid}", token).json["limits"]
    closed = made("/domains", token, domain={"name": "closed", "enabled": False})
    return {
        "service_id": service["id"],
        "endpoint_id": made("/endpoints", token, endpoint=place)["id"],
        "free_region_id": made("/regions", token, region={"id": "free"})["id"],
        "closed_domain_id": closed["id"],
        "registered_id": limit["id"],
        "limit_id": own["id"],
    }


def some_terms() -> str:
    """Make terms of use that everybody agreed to; answer their number."""
    with tempfile.NamedTemporaryFile("w", suffix=".html", delete=False) as file:
        file.write("Be kind.")
    made = terms.add(Path(file.name))
    User.objects.update(has_signed_terms=True)
    return str(made.pk)


def a_promise(holder: User) -> str:
    """Issue a commission of the component that waits for its verdict; answer its serial."""
    order = Order(charge(holder.uuid, holder.uuid, "cyclades.vm", 1))
    return str(commissions.issue("cyclades", order))


def given(person: User, group: Group, role: Role) -> dict[str, str]:
    """Give a role to a person and a group everywhere it can be given, far from the others."""
    roles.ensure()
    project, domain = a_project(name="far.example.org"), Domain.objects.create(name="far")
    grants.put_in_group(group, person)
    for target in (
        Target(project=project),
        Target(project=project, inherited=True),
        Target(domain_id=domain.pk),
        Target(domain_id=domain.pk, inherited=True),
        Target(on_system=True),
    ):
        for actor in (person, group):
            grants.grant(role, actor, target)
    return {"far_project_id": project.uuid, "far_domain_id": domain.pk}
