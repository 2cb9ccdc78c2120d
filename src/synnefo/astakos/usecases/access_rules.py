"""Access rules: users' own lists of the calls that their programs may make.

Spec: openstack-api 4.2, 4.3.
"""

import msgspec

from synnefo.astakos.models import AccessRule, User
from synnefo.kit.faults import BadRequest, Forbidden, ItemNotFound

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "COPY", "OPTIONS")


class NewRule(msgspec.Struct, frozen=True):
    """A rule that somebody wants: a new one, or by its id one that they have."""

    id: str = ""
    service: str = ""
    method: str = ""
    path: str = ""


def ensure(user: User, wanted: NewRule) -> AccessRule:
    """Answer a user's rule, made if need be."""
    if wanted.id and not wanted.service:
        return find(user, wanted.id)
    if not (wanted.service and wanted.path.startswith("/") and wanted.method in METHODS):
        raise BadRequest(
            "An access rule has a service (such as compute), a method (such as GET) and a path "
            "that begins with a slash."
        )
    rule, _ = AccessRule.objects.get_or_create(
        user=user, service=wanted.service, method=wanted.method, path=wanted.path
    )
    return rule


def find(user: User, uuid: str) -> AccessRule:
    """Answer one of a user's rules."""
    rule = AccessRule.objects.filter(user=user, uuid=uuid).first()
    if rule is None:
        raise ItemNotFound(f"There is no access rule with the id {uuid}.")
    return rule


def delete(user: User, uuid: str) -> None:
    """Delete a rule; Forbidden while an application credential has it."""
    rule = find(user, uuid)
    if rule.users.exists():
        raise Forbidden("An application credential has this rule. Delete that one first.")
    rule.delete()
