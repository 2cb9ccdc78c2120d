"""Resources and quotas over HTTP. Spec: identity 8.1 to 8.4."""

from synnefo.astakos.api.account.schemas import ResourceView
from synnefo.astakos.api.bodies import listed
from synnefo.astakos.usecases import callers, catalogs, quotas
from synnefo.serve.http import Call


def list_resources(call: Call) -> dict[str, ResourceView]:
    """List what is counted and limited here; no token is needed."""
    del call
    return {
        resource.name: ResourceView(
            service=resource.service_origin,
            description=resource.desc,
            unit=resource.unit,
            ui_visible=resource.ui_visible,
            api_visible=resource.api_visible,
            allow_in_projects=resource.ui_visible,
        )
        for resource in catalogs.resources()
        if resource.api_visible
    }


def show_quotas(call: Call) -> dict[str, quotas.ByResource]:
    """Show the caller's own limits and usage, by project and resource."""
    return quotas.of_user(callers.user_of(call.who))


def show_service_quotas(call: Call) -> quotas.UserQuotas:
    """Show what users hold of the calling component's resources."""
    component = callers.component_name(call.who)
    return quotas.for_component(component, listed(call, "user"), listed(call, "project"))


def show_service_project_quotas(call: Call) -> dict[str, dict[str, quotas.ProjectStanding]]:
    """Show what projects hold of the calling component's resources."""
    component = callers.component_name(call.who)
    return quotas.projects_for_component(component, listed(call, "project"))
