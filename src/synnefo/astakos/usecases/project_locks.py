"""Rows that operations on projects lock, in the one order that all keep. Spec: identity 21.2."""

from synnefo.astakos.models import Project, ProjectLock
from synnefo.kit.faults import Conflict

_ONLY = 1


def lock_names() -> None:
    """Line up with everybody who gives a project a name; the first of all locks."""
    ProjectLock.objects.get_or_create(pk=_ONLY)
    ProjectLock.objects.select_for_update().get(pk=_ONLY)


def lock(project_id: int) -> Project:
    """Lock a project's row and read it anew."""
    rows = Project.objects.select_related("owner", "last_application__applicant", "system_user")
    return rows.select_for_update(of=("self",)).get(pk=project_id)


def check_name_free(project: Project, name: str) -> None:
    """Refuse a name that another project of the domain holds; Conflict tells which.

    `lock_names` comes before, so that two cannot find the same name free.
    """
    holders = Project.objects.filter(name=name, domain_id=project.domain_id)
    other = holders.exclude(pk=project.pk).first()
    if other is not None:
        raise Conflict(f"Another project, {other.uuid}, has the name {name}.")
