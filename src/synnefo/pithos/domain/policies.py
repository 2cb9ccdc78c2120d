"""Policies of a container. Spec: object-storage 6.5."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from synnefo.kit.faults import BadRequest
from synnefo.kit.ids import is_uuid
from synnefo.kit.units import is_number


class Versioning(StrEnum):
    """What becomes of the former version when an object changes."""

    AUTO = "auto"
    NONE = "none"


class Policy(msgspec.Struct, frozen=True):
    """How a container keeps and charges what is in it; quota 0 is no limit."""

    quota: int
    versioning: Versioning
    project: str


def changed(current: Policy, wanted: Mapping[str, str], defaults: Policy) -> Policy:
    """Lay given policies over the current ones; an empty value reverts to the default."""
    quota, versioning, project = current.quota, current.versioning, current.project
    for key, raw in wanted.items():
        value = raw.replace(" ", "")
        match key:
            case "quota":
                quota = _quota(value) if value else defaults.quota
            case "versioning":
                versioning = _versioning(value) if value else defaults.versioning
            case "project":
                project = _project(value) if value else defaults.project
            case _:
                raise BadRequest(f"There is no container policy '{key}'.")
    return Policy(quota, versioning, project)


def replaced(current: Policy, wanted: Mapping[str, str], defaults: Policy) -> Policy:
    """Set given policies; those not mentioned revert, but the project never by itself."""
    return changed(msgspec.structs.replace(defaults, project=current.project), wanted, defaults)


def _quota(value: str) -> int:
    if not is_number(value):
        raise BadRequest("The container policy 'quota' is a number of bytes, 0 for no limit.")
    return int(value)


def _versioning(value: str) -> Versioning:
    if value.lower() not in set(Versioning):
        raise BadRequest("The container policy 'versioning' is auto or none.")
    return Versioning(value.lower())


def _project(value: str) -> str:
    if not is_uuid(value):
        raise BadRequest("The container policy 'project' is the id of a project.")
    return value.lower()
