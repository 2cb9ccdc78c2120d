"""Flavors and volume types. Spec: compute 2.1, 2.2, 4.12, 16.4."""

from itertools import product

import msgspec
from django.db import transaction
from django.db.models import QuerySet

from synnefo.cyclades.models import Flavor, FlavorAccess, VolumeType
from synnefo.kit.faults import BadRequest, Forbidden, ItemNotFound
from synnefo.kit.units import is_number
from synnefo.serve.http import Caller
from synnefo.serve.rows import read

DB = "cyclades"
_OPEN_TO = """
WHERE t.id = %s AND NOT t.deleted AND (t.public OR %s OR EXISTS (
  SELECT 1 FROM cyclades_flavoraccess a WHERE a.flavor_id = t.id AND a.project = %s
))
"""


def visible(caller: Caller) -> "QuerySet[Flavor]":
    """List the flavors that the caller may see, by id."""
    found = Flavor.objects.visible_to(caller).filter(deleted=False)
    return found.select_related("volume_type").order_by("id")


def show(caller: Caller, flavor_id: str) -> Flavor:
    """Answer a flavor: also a deleted one, and one that a server of the caller has."""
    found = _numbered(flavor_id)
    if found is not None and (
        Flavor.objects.visible_to(caller).filter(id=found.id).exists()
        or found.servers.visible_to(caller).exists()
    ):
        return found
    raise ItemNotFound(f"There is no flavor '{flavor_id}'.")


def for_create(caller: Caller, flavor_id: str) -> Flavor:
    """Answer a flavor of which the caller may make a server."""
    rows: list[Flavor] = []
    if is_number(flavor_id):
        values = [int(flavor_id), caller.is_admin, caller.project_id]
        rows = read(Flavor, _OPEN_TO, values, beside=("volume_type",))
    if not rows:
        raise ItemNotFound(f"There is no flavor '{flavor_id}'. Choose one of the flavor list.")
    found = rows[0]
    if not found.allow_create and not caller.is_admin:
        raise Forbidden(f"New servers cannot be made with the flavor {found.name}.")
    return found


def _numbered(flavor_id: str) -> Flavor | None:
    if not (flavor_id.isascii() and flavor_id.isdigit() and len(flavor_id) < 19):
        return None
    rows = Flavor.objects.select_related("volume_type")
    return rows.filter(id=int(flavor_id)).first()


class FlavorSizes(msgspec.Struct, frozen=True):
    """Sizes to combine: processors, MiB of memory, GiB of disk, volume types."""

    cpu: tuple[int, ...]
    ram: tuple[int, ...]
    disk: tuple[int, ...]
    volume_types: tuple[int, ...]


def create_all(
    sizes: FlavorSizes, *, public: bool = True, specs: dict[str, str] | None = None
) -> list[tuple[Flavor, bool]]:
    """Make every combination; answer each with whether it is new. RAM is a multiple of 4."""
    made = []
    with transaction.atomic(using=DB):
        for cpu, ram, disk, type_id in product(*msgspec.structs.astuple(sizes)):
            if min(cpu, ram) < 1 or disk < 0:
                raise BadRequest("A flavor needs at least one processor and some memory.")
            kind = VolumeType.objects.filter(id=type_id, deleted=False).first()
            if kind is None:
                raise ItemNotFound(f"There is no volume type {type_id}; see volume-type-list.")
            made.append(
                Flavor.objects.get_or_create(
                    cpu=cpu,
                    ram=-(-ram // 4) * 4,
                    disk=disk,
                    volume_type=kind,
                    defaults={"public": public, "specs": specs or {}},
                )
            )
    return made


def modify(flavor_id: str, changes: dict[str, bool | dict[str, str]]) -> Flavor:
    """Change a flavor: `deleted`, `allow_create`, `public`, `specs`."""
    found = _numbered(flavor_id)
    if found is None:
        raise ItemNotFound(f"There is no flavor '{flavor_id}'; see flavor-list.")
    for name, value in changes.items():
        setattr(found, name, value)
    found.save()
    return found


def grant(flavor_id: int, project: str) -> FlavorAccess:
    """Let a project use a flavor that is not public."""
    access, _new = FlavorAccess.objects.get_or_create(project=project, flavor_id=flavor_id)
    return access


def volume_type_of(template: str) -> VolumeType:
    """Answer the volume type of a disk template such as `ext_archipelago`, made when missing."""
    kind = VolumeType.objects.filter(disk_template=template, deleted=False).first()
    return kind or VolumeType.objects.create(name=template, disk_template=template)
