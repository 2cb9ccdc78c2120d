"""From the body of a creation to the order of a server, in either dialect."""

import msgspec

from synnefo.cyclades.api.compute.microversions import Version
from synnefo.cyclades.api.compute.schemas import Device, File, Network, NewServer
from synnefo.cyclades.domain.guests import InjectedFile, check_metadata
from synnefo.cyclades.domain.ports import RequestedNetwork
from synnefo.cyclades.domain.server_plan import BlockDevice, ServerOrder
from synnefo.cyclades.settings import CycladesSettings
from synnefo.kit import conf
from synnefo.kit.faults import BadRequest

MOST_AT_ONCE = 100


def legacy(new: NewServer) -> ServerOrder:
    """Read an order in the older dialect. Spec: compute 4.3."""
    if new.key_name and new.key_names:
        raise BadRequest("Give either key_name or SNF:key_names, not both.")
    if isinstance(new.networks, str):
        raise BadRequest("The networks must be a list.")
    return _order(new, count=1)


def nova(new: NewServer, version: Version) -> ServerOrder:
    """Read an order in the newer dialect. Spec: openstack-api 6.3."""
    if version >= (2, 37) and new.networks is None:
        raise BadRequest("Say which networks the server should have, or 'auto' or 'none'.")
    if version >= (2, 57) and new.personality:
        raise BadRequest("Files cannot be injected from version 2.57 on; use user_data.")
    if version < (2, 52):
        new.tags = None
    if isinstance(new.networks, str) and (
        version < (2, 37) or new.networks not in {"auto", "none"}
    ):
        raise BadRequest("The networks must be a list, 'auto' or 'none'.")
    return _order(new, count=_count(new))


def _count(new: NewServer) -> int:
    fewest, most = _number(new.min_count) or 1, _number(new.max_count)
    most = fewest if most is None else most
    if not 1 <= fewest <= most <= MOST_AT_ONCE:
        raise BadRequest(f"The number of servers must be between 1 and {MOST_AT_ONCE}.")
    return most


def _order(new: NewServer, *, count: int) -> ServerOrder:
    limit = conf.of(CycladesSettings).cyclades_vm_max_metadata
    names = new.key_names or ([new.key_name] if new.key_name else [])
    return ServerOrder(
        name=new.name,
        flavor=last_part(str(new.flavor)),
        image=last_part(new.image) if new.image else None,
        networks=_networks(new.networks),
        metadata=check_metadata(new.metadata or {}, limit),
        tags=tuple(new.tags or ()),
        key_names=tuple(dict.fromkeys(names)),
        user_data=new.user_data or "",
        personality=tuple(map(_file, new.personality or ())),
        admin_pass=new.admin_pass,
        config_drive=str(new.config_drive).lower() in {"true", "1"},
        block_devices=tuple(map(_device, new.block_devices or ())),
        project=new.project,
        shared_to_project=new.shared_to_project,
        description=new.description,
        availability_zone=new.availability_zone,
        count=count,
    )


def last_part(reference: str) -> str:
    """Read an id, or a full address that ends in one."""
    return reference.rstrip("/").rpartition("/")[2]


def _networks(asked: list[Network] | str | None) -> tuple[RequestedNetwork, ...] | None:
    if asked is None or asked == "auto":
        return None
    if isinstance(asked, str):
        return ()
    return tuple(
        RequestedNetwork(
            uuid=None if one.uuid is None else str(one.uuid),
            port=None if one.port is None else str(one.port),
            fixed_ip=one.fixed_ip,
        )
        for one in asked
    )


def _device(one: Device) -> BlockDevice:
    return BlockDevice(
        source_type=one.source_type,
        uuid=one.uuid,
        volume_size=_number(one.volume_size),
        delete_on_termination=one.delete_on_termination,
        boot_index=_number(one.boot_index),
    )


def _number(value: int | str | None) -> int | None:
    if value is None or value == "":
        return None
    try:
        return int(value)
    except ValueError as error:
        raise BadRequest(f"'{value}' is no whole number.") from error


def _file(one: File) -> InjectedFile:
    mode = one.mode if isinstance(one.mode, int) else _number(one.mode)
    told = {"path": one.path, "contents": one.contents, "owner": one.owner, "group": one.group}
    return msgspec.convert({**told, "mode": mode}, InjectedFile)
