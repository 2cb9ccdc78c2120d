"""For what the caller may get tokens, and the catalogue. Spec: openstack-api 4.2."""

from synnefo.astakos.api.identity_v3 import shapes, views
from synnefo.astakos.api.identity_v3.shapes import Body
from synnefo.astakos.models import Domain
from synnefo.astakos.usecases import assignments, callers, projects
from synnefo.serve.http import Call


def show_catalog(call: Call) -> Body:
    """Show the catalogue for the caller's project."""
    return {
        **shapes.whole(call, "catalog", ()),
        "catalog": views.encoded_catalog(call.who.project_id),
    }


def list_projects(call: Call) -> Body:
    """List the projects that a token may be got for, the default one first."""
    user = callers.user_of(call.who)
    return shapes.listed(call, "projects", map(shapes.of_project, projects.of_user(user)))


def list_domains(call: Call) -> Body:
    """List the domains that a token may be got for."""
    keys = assignments.domains_of(callers.user_of(call.who))
    found = Domain.objects.filter(pk__in=keys, enabled=True).order_by("name")
    return shapes.listed(call, "domains", map(shapes.of_domain, found))


def list_system(call: Call) -> Body:
    """Tell whether a token for the whole system may be got."""
    user = callers.user_of(call.who)
    everything = [{"all": True}] if assignments.roles_of(user, system=True) else []
    return shapes.whole(call, "system", everything)
