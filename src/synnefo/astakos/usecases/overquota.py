"""The plug-in that is told of changes by which somebody may come to be over quota.

Spec: identity 4.10. `QUOTA_POLICY_MODULE` names a module with `check_state_membership(membership,
action)` and `check_state_projects(projects, action)`; they run after the limits are set, in the
same transaction, and keep the `overquota_*` fields of memberships. Nothing is reclaimed here.
"""

import importlib
from collections.abc import Sequence
from functools import lru_cache
from types import ModuleType

from synnefo.astakos.models import Project, ProjectMembership
from synnefo.astakos.settings import ProjectSettings
from synnefo.kit import conf
from synnefo.kit.logs import get_logger

log = get_logger(__name__)


def membership_changed(membership: ProjectMembership, action: str) -> None:
    """Tell of ACCEPT, REMOVE, SUSPEND, UNSUSPEND, ENROLL, LEAVE or JOIN."""
    module = plug_in()
    if module is not None:
        module.check_state_membership(membership, action)


def projects_changed(projects: Sequence[Project], action: str) -> None:
    """Tell of MODIFY, TERMINATE, SUSPEND, UNSUSPEND or REINSTATE."""
    module = plug_in()
    if module is not None:
        module.check_state_projects(projects, action)


def plug_in() -> ModuleType | None:
    """Answer the operator's module; None where none is named or it cannot be imported."""
    name = conf.of(ProjectSettings).quota_policy_module
    return _imported(name) if name else None


@lru_cache(maxsize=4)
def _imported(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        log.warning("quota policy is off: its module cannot be imported", name=name, error=error)
        return None
