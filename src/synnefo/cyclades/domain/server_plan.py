"""What a new server will be made of. Spec: compute 4.3, 8.1; openstack-api 6.3."""

from collections.abc import Sequence

import msgspec

from synnefo.cyclades.domain.guests import InjectedFile
from synnefo.cyclades.domain.ports import RequestedNetwork
from synnefo.kit.faults import BadRequest
from synnefo.kit.units import GIB


class BlockDevice(msgspec.Struct, frozen=True, kw_only=True):
    """A disk that the caller asks for."""

    source_type: str = "blank"
    uuid: str | None = None
    volume_size: int | None = None
    delete_on_termination: bool | None = None
    boot_index: int | None = None


class ServerOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller asks for, in either dialect. `networks` None means the default ones."""

    name: str
    flavor: str
    image: str | None = None
    networks: tuple[RequestedNetwork, ...] | None = None
    metadata: dict[str, str] = {}
    tags: tuple[str, ...] = ()
    key_names: tuple[str, ...] = ()
    user_data: str = ""
    personality: tuple[InjectedFile, ...] = ()
    admin_pass: str | None = None
    config_drive: bool = False
    block_devices: tuple[BlockDevice, ...] = ()
    project: str | None = None
    shared_to_project: bool = False
    description: str | None = None
    availability_zone: str | None = None
    count: int = 1
    cluster: int | None = None
    """The cluster that takes it, where an operator chose one."""


class BootSource(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed of an image: sizes in bytes, `min_disk` in GiB, `min_ram` in MiB."""

    id: str
    size_bytes: int
    min_disk: int = 0
    min_ram: int = 0
    map_name: str = ""
    name: str = ""
    disk_format: str = "diskdump"
    properties: dict[str, str] = {}


class FlavorSize(msgspec.Struct, frozen=True, kw_only=True):
    """The size that a flavor gives; RAM in MiB, disk in GiB."""

    cpu: int
    ram: int
    disk: int


class DiskPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A volume to be made with the server; `origin` None is a blank one."""

    size: int
    source: str | None = None
    origin: str | None = None
    origin_size: int | None = None
    delete_on_termination: bool = True


def image_of(order: ServerOrder) -> str:
    """Tell which image boots the server: `imageRef` and the first device must agree."""
    first = _root(order.block_devices)
    if first is not None and first.source_type == "blank":
        raise BadRequest("The first disk of a server cannot be blank: it boots from it.")
    if first is not None and first.source_type != "image":
        raise BadRequest(f"A server cannot boot from a {first.source_type} here; use an image.")
    named = first.uuid if first is not None else None
    if order.image and named and order.image != named:
        raise BadRequest("The image and the first disk's image differ. Name one of them.")
    image = order.image or named
    if not image:
        raise BadRequest("Say which image the server boots from (imageRef).")
    return image


def disks(order: ServerOrder, size: FlavorSize, image: BootSource, limit: int) -> list[DiskPlan]:
    """Plan the volumes: the root disk first, then the blank ones; sizes at most `limit` GiB."""
    root = _root(order.block_devices)
    rest = [device for device in order.block_devices if device is not root]
    return [_root_disk(root, size, image, limit), *(_blank(device, limit) for device in rest)]


def _root(devices: Sequence[BlockDevice]) -> BlockDevice | None:
    booting = [device for device in devices if device.boot_index == 0]
    return booting[0] if booting else next(iter(devices), None)


def _root_disk(
    device: BlockDevice | None, size: FlavorSize, image: BootSource, limit: int
) -> DiskPlan:
    needed = max(-(-image.size_bytes // GIB), image.min_disk, 1)
    wanted = (device.volume_size if device else None) or size.disk or needed
    if wanted < needed:
        raise BadRequest(
            f"The image needs a disk of {needed} GiB, and this one would have {wanted} GiB. "
            "Choose a larger flavor."
        )
    if size.ram < image.min_ram:
        raise BadRequest(f"The image needs {image.min_ram} MiB of memory. Choose a larger flavor.")
    return DiskPlan(
        size=_checked(wanted, limit),
        source=f"image:{image.id}",
        origin=image.map_name,
        origin_size=image.size_bytes,
        delete_on_termination=device is None or device.delete_on_termination is not False,
    )


def _blank(device: BlockDevice, limit: int) -> DiskPlan:
    if device.source_type != "blank":
        raise BadRequest("Further disks of a new server must be blank.")
    if not device.volume_size:
        raise BadRequest("Say how large a blank disk is (volume_size, in GiB).")
    return DiskPlan(
        size=_checked(device.volume_size, limit),
        delete_on_termination=device.delete_on_termination is not False,
    )


def _checked(size: int, limit: int) -> int:
    if not 0 < size <= limit:
        raise BadRequest(f"A volume has between 1 and {limit} GiB.")
    return size


def check_name(name: str) -> str:
    """Refuse an empty or overlong name."""
    if not 0 < len(name.strip()) <= 255:
        raise BadRequest("A server's name has between 1 and 255 characters.")
    return name.strip()
