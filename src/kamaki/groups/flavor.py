"""`kamaki flavor`. Spec: kamaki 5.5."""

from typing import Any

import click

from kamaki.asking import as_session, filtered, formatted, keep, known, same
from kamaki.output import brief, emit
from kamaki.session import Session

FIELDS = ("id", "name", "vcpus", "ram", "disk", "SNF:disk_template")


@click.group()
def group() -> None:
    """Sizes of machines."""


@group.command("list")
@click.option("-l", "--details", is_flag=True, help="Everything about each.")
@click.option("-n", "--number", type=int, help="At most so many.")
@click.option("--ram", help="Only with so much memory, in MiB.")
@click.option("--vcpus", help="Only with so many processors.")
@click.option("--disk", help="Only with such a disk, in GiB.")
@click.option("--disk-template", help="Only with disks of this kind.")
@click.option("--public", is_flag=True, help="Only those for everybody.")
@filtered
@formatted
@as_session
def list_flavors(session: Session, output_format: str | None, **asked: Any) -> None:
    """List flavors."""
    rows = session.compute.read("GET", "/flavors/detail", dict[str, Any])["flavors"]
    wanted = {
        "ram": asked["ram"],
        "vcpus": asked["vcpus"],
        "disk": asked["disk"],
        "SNF:disk_template": asked["disk_template"],
        "os-flavor-access:is_public": True if asked["public"] else None,
    }
    found = same(keep(rows, **asked), **wanted)[: asked["number"]]
    if output_format != "json" and not asked["details"]:
        found = brief(found, FIELDS)
    emit(found, output_format)


@group.command()
@click.argument("flavor_id")
@formatted
@as_session
def info(session: Session, flavor_id: str, output_format: str | None) -> None:
    """Show a flavor."""
    with known("flavor", flavor_id):
        found = session.compute.read("GET", f"/flavors/{flavor_id}", dict[str, Any])
    emit(found["flavor"], output_format)
