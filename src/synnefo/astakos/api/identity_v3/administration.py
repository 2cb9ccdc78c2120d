"""The routes by which Identity v3 is administered. Spec: openstack-api 4.4."""

from types import ModuleType

from synnefo.astakos.api.identity_v3 import (
    domains,
    grants,
    groups,
    limits,
    projects,
    role_assignments,
    roles,
    scopes,
    services,
    users,
)
from synnefo.serve.http import Route


def _collection(noun: str, module: ModuleType) -> list[Route]:
    """Make the five routes that every collection has."""
    path = f"/{noun}s/{{{noun}_id}}"
    return [
        Route("GET", f"/{noun}s", getattr(module, f"list_{noun}s")),
        Route("POST", f"/{noun}s", getattr(module, f"create_{noun}"), status=201),
        Route("GET", path, getattr(module, f"show_{noun}")),
        Route("PATCH", path, getattr(module, f"update_{noun}")),
        Route("DELETE", path, getattr(module, f"delete_{noun}"), status=204),
    ]


ROUTES = [
    Route("GET", "/auth/catalog", scopes.show_catalog),
    Route("GET", "/auth/projects", scopes.list_projects),
    Route("GET", "/auth/domains", scopes.list_domains),
    Route("GET", "/auth/system", scopes.list_system),
    *_collection("project", projects),
    Route("GET", "/projects/{project_id}/tags", projects.list_tags),
    Route("PUT", "/projects/{project_id}/tags", projects.set_tags),
    Route("DELETE", "/projects/{project_id}/tags", projects.clear_tags, status=204),
    Route("GET", "/projects/{project_id}/tags/{tag}", projects.check_tag, status=204),
    Route("PUT", "/projects/{project_id}/tags/{tag}", projects.add_tag, status=201),
    Route("DELETE", "/projects/{project_id}/tags/{tag}", projects.remove_tag, status=204),
    *_collection("user", users),
    Route("GET", "/users/{user_id}/projects", users.list_projects_of),
    Route("GET", "/users/{user_id}/groups", users.list_groups_of),
    Route("POST", "/users/{user_id}/password", users.change_password, status=204, auth="optional"),
    *_collection("group", groups),
    Route("GET", "/groups/{group_id}/users", groups.list_members),
    Route("GET", "/groups/{group_id}/users/{user_id}", groups.check_member, status=204),
    Route("PUT", "/groups/{group_id}/users/{user_id}", groups.add_member, status=204),
    Route("DELETE", "/groups/{group_id}/users/{user_id}", groups.remove_member, status=204),
    *_collection("domain", domains),
    *_collection("role", roles),
    Route("GET", "/roles/{role_id}/implies", roles.list_implied),
    Route("GET", "/roles/{role_id}/implies/{implied_id}", roles.show_implied),
    Route("HEAD", "/roles/{role_id}/implies/{implied_id}", roles.check_implied, status=204),
    Route("PUT", "/roles/{role_id}/implies/{implied_id}", roles.create_implied, status=201),
    Route("DELETE", "/roles/{role_id}/implies/{implied_id}", roles.delete_implied, status=204),
    Route("GET", "/role_inferences", roles.list_inferences),
    Route("GET", "/role_assignments", role_assignments.list_assignments),
    *grants.routes(),
    *_collection("service", services),
    *_collection("endpoint", services),
    *_collection("region", services),
    Route("PUT", "/regions/{region_id}", services.put_region, status=201),
    Route("GET", "/registered_limits", limits.list_registered),
    Route("POST", "/registered_limits", limits.create_registered, status=201),
    Route("GET", "/registered_limits/{limit_id}", limits.show_registered),
    Route("PATCH", "/registered_limits/{limit_id}", limits.update_registered),
    Route("DELETE", "/registered_limits/{limit_id}", limits.delete_registered, status=204),
    Route("GET", "/limits/model", limits.show_model),
    Route("GET", "/limits", limits.list_limits),
    Route("POST", "/limits", limits.create_limits, status=201),
    Route("GET", "/limits/{limit_id}", limits.show_limit),
    Route("PATCH", "/limits/{limit_id}", limits.update_limit),
    Route("DELETE", "/limits/{limit_id}", limits.delete_limit, status=204),
]
