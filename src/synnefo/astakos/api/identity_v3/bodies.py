"""Bodies of the administration of Identity v3. Spec: openstack-api 4.4.

What a thing is to be comes in an envelope of its noun; fields that nobody knows are kept.
"""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType


class DomainBody(msgspec.Struct):
    """A domain to make or change."""

    domain: dict[str, Any]


class DomainFields(msgspec.Struct):
    """What is known of a domain."""

    name: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET
    tags: list[str] | UnsetType = UNSET
    options: dict[str, Any] | UnsetType = UNSET


class ProjectBody(msgspec.Struct):
    """A project to make or change."""

    project: dict[str, Any]


class ProjectFields(msgspec.Struct):
    """What is known of a project."""

    name: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET
    domain_id: str | UnsetType | None = UNSET
    parent_id: str | UnsetType | None = UNSET
    is_domain: bool | UnsetType = UNSET
    tags: list[str] | UnsetType = UNSET
    options: dict[str, Any] | UnsetType = UNSET


class TagsBody(msgspec.Struct):
    """All tags of a project."""

    tags: list[str]


class UserBody(msgspec.Struct):
    """A user to make or change."""

    user: dict[str, Any]


class UserFields(msgspec.Struct):
    """What is known of a user."""

    name: str | UnsetType = UNSET
    password: str | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    description: str | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET
    domain_id: str | UnsetType | None = UNSET
    default_project_id: str | UnsetType | None = UNSET
    options: dict[str, Any] | UnsetType = UNSET
    original_password: str | UnsetType = UNSET
    password_expires_at: str | UnsetType | None = UNSET


class GroupBody(msgspec.Struct):
    """A group to make or change."""

    group: dict[str, Any]


class GroupFields(msgspec.Struct):
    """What is known of a group."""

    name: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    domain_id: str | UnsetType | None = UNSET


class RoleBody(msgspec.Struct):
    """A role to make or change."""

    role: dict[str, Any]


class RoleFields(msgspec.Struct):
    """What is known of a role."""

    name: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    domain_id: str | UnsetType | None = UNSET
    options: dict[str, Any] | UnsetType = UNSET


class ServiceBody(msgspec.Struct):
    """A service to add or change."""

    service: dict[str, Any]


class ServiceFields(msgspec.Struct):
    """What is known of a service."""

    name: str | UnsetType = UNSET
    type: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET


class EndpointBody(msgspec.Struct):
    """An address to add or change."""

    endpoint: dict[str, Any]


class EndpointFields(msgspec.Struct):
    """What is known of an address."""

    service_id: str | UnsetType = UNSET
    interface: str | UnsetType = UNSET
    url: str | UnsetType = UNSET
    region: str | UnsetType | None = UNSET
    region_id: str | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET


class RegionBody(msgspec.Struct):
    """A region to make or change."""

    region: dict[str, Any]


class RegionFields(msgspec.Struct):
    """What is known of a region."""

    description: str | UnsetType | None = UNSET
    parent_region_id: str | UnsetType | None = UNSET


class RegisteredLimitBody(msgspec.Struct):
    """A resource's first limit to change."""

    registered_limit: dict[str, Any]


class RegisteredLimitFields(msgspec.Struct):
    """What is known of a registered limit."""

    default_limit: int | UnsetType = UNSET
    service_id: str | UnsetType = UNSET
    resource_name: str | UnsetType = UNSET


class NewLimit(msgspec.Struct):
    """A limit to give a project."""

    service_id: str
    resource_name: str
    resource_limit: int
    project_id: str | None = None
    domain_id: str | None = None


class LimitsBody(msgspec.Struct):
    """Limits to give to projects."""

    limits: list[NewLimit]


class LimitBody(msgspec.Struct):
    """A limit to change."""

    limit: dict[str, Any]


class LimitFields(msgspec.Struct):
    """What is known of a limit."""

    resource_limit: int | UnsetType = UNSET
