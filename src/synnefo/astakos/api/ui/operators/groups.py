"""Groups: listed with how many are in them, made, renamed, removed."""

import msgspec

from synnefo.astakos.models import Group
from synnefo.astakos.usecases import grants, groups, operator_groups
from synnefo.serve.http import Call


class GroupView(msgspec.Struct):
    """A group."""

    id: str
    name: str
    description: str
    domain: str
    members: int
    roles: int
    profiles: int


class GroupsView(msgspec.Struct):
    """All groups."""

    groups: list[GroupView]


class GroupBody(msgspec.Struct):
    """What a group is called and for."""

    name: str
    description: str = ""


def list_groups(_call: Call) -> GroupsView:
    """List all groups, with how many people, roles and policy profiles each has."""
    return GroupsView([_view(one) for one in operator_groups.counted().order_by("name", "pk")])


def add_group(_call: Call, body: GroupBody) -> GroupView:
    """Make a group."""
    return _shown(operator_groups.add(body.name, body.description))


def change_group(_call: Call, group_id: str, body: GroupBody) -> GroupView:
    """Rename a group, or say anew what it is for."""
    row = groups.find(group_id)
    operator_groups.change(row, body.name, body.description)
    return _shown(row)


def remove_group(_call: Call, group_id: str) -> None:
    """Delete a group; its people stay, without the roles that it gave."""
    grants.drop_group(groups.find(group_id))


def _shown(row: Group) -> GroupView:
    return _view(operator_groups.counted().get(pk=row.pk))


def _view(row: Group) -> GroupView:
    return GroupView(
        id=row.uuid,
        name=row.name,
        description=row.description,
        domain=row.domain_id,
        members=getattr(row, "n_members", 0),
        roles=getattr(row, "n_roles", 0),
        profiles=getattr(row, "n_profiles", 0),
    )
