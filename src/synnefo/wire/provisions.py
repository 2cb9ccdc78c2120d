"""Quota provisions: who is charged how much of what. Spec: identity 2.7, 8.5."""

import msgspec

INF = 2**63 - 1
"""The limit of what is unlimited."""


class Provision(msgspec.Struct, frozen=True):
    """One charge (positive) or release (negative) on one holding."""

    holder: str
    source: str | None
    resource: str
    quantity: int


def user_holder(uuid: str) -> str:
    """Name a user as the ledger does."""
    return f"user:{uuid}"


def project_holder(uuid: str) -> str:
    """Name a project as the ledger does."""
    return f"project:{uuid}"


def charge(user: str, project: str, resource: str, quantity: int) -> list[Provision]:
    """Charge a user within a project, and the project with it: always both. Spec: identity 4.1."""
    source = project_holder(project)
    return [
        Provision(user_holder(user), source, resource, quantity),
        Provision(source, None, resource, quantity),
    ]


def charges(user: str, project: str, amounts: dict[str, int]) -> list[Provision]:
    """Charge several resources of a user within a project; nothing for a zero amount."""
    return [
        provision
        for resource, quantity in amounts.items()
        if quantity
        for provision in charge(user, project, resource, quantity)
    ]
