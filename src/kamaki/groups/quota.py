"""`kamaki quota`. Spec: kamaki 5.2."""

from typing import Any

import click

from kamaki.asking import as_session, formatted
from kamaki.output import emit, size
from kamaki.session import Session

IN_BYTES = ("cyclades.disk", "cyclades.ram", "cyclades.total_ram", "pithos.diskspace")
UNLIMITED = 2**62


@click.group()
def group() -> None:
    """What I may use and what I do use."""


@group.command("list")
@click.option("--resource", metavar="PREFIX", default="", help="only resources that begin so")
@click.option("--project-id", help="only of one project")
@click.option("--bytes", "in_bytes", is_flag=True, help="sizes in bytes")
@formatted
@as_session
def list_quota(session: Session, resource: str, project_id: str | None, **shown: Any) -> None:
    """List usage and limits by project and resource."""
    found = session.account.read("GET", "/quotas", dict[str, Any])
    kept = {
        project: {name: row for name, row in rows.items() if name.startswith(resource)}
        for project, rows in found.items()
        if project_id in {None, project}
    }
    human = not shown["in_bytes"] and shown["output_format"] != "json"
    emit(_humanised(kept) if human else kept, shown["output_format"])


def _humanised(quotas: dict[str, Any]) -> dict[str, Any]:
    return {
        project: {
            name: {key: _shown(name, value) for key, value in row.items()}
            for name, row in rows.items()
        }
        for project, rows in quotas.items()
    }


def _shown(resource: str, value: Any) -> Any:
    if isinstance(value, int) and value >= UNLIMITED:
        return "unlimited"
    return size(value) if resource in IN_BYTES and isinstance(value, int) else value
