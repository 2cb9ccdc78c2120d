"""Provisions: what one commission changes. Callers name users and projects by bare uuids.

Spec: identity 8.5, 19.
"""

from collections.abc import Mapping
from typing import Any

Provision = dict[str, Any]


def provision(holder: str, source: str | None, resource: str, quantity: int) -> Provision:
    """Make one provision of holders with their prefixes."""
    return {"holder": holder, "source": source, "resource": resource, "quantity": quantity}


def of_project(project: str, resource: str, quantity: int) -> Provision:
    """Make the provision of a project's own holding."""
    return provision(f"project:{project}", None, resource, quantity)


def of_user(user: str, project: str, resource: str, quantity: int) -> Provision:
    """Make the provision of a member's holding."""
    return provision(f"user:{user}", f"project:{project}", resource, quantity)


def pair(user: str, project: str, resource: str, quantity: int) -> list[Provision]:
    """Make both provisions of what a member takes: the project's and their own."""
    return [
        of_project(project, resource, quantity),
        of_user(user, project, resource, quantity),
    ]


def reassignment(holder: str, moves: Mapping[tuple[str, str, str], int]) -> list[Provision]:
    """Make what moves resources of a user from one project to another. Spec: identity 4.9."""
    found: list[Provision] = []
    for (source, target, resource), quantity in moves.items():
        found += pair(holder, source, resource, -quantity)
        found += pair(holder, target, resource, quantity)
    return found
