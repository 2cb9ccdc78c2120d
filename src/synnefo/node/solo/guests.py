"""What a guest is told of itself: OS parameters become a config drive. Spec: images-and-nodes 1.2.

Understood besides the parameters of the OS definition (`auth_keys`, `cloud_userdata`,
`img_passwd`, `img_personality`): `server_uuid`, `hostname`, `ssh_keys`, `user_data`,
`admin_pass`, `personality`, `meta`, `project_id`, and `config_drive`, a finished disk.
"""

import base64
import binascii
import ipaddress
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from synnefo.node import config_drive, guest_config
from synnefo.node.guest_config import GuestConfig
from synnefo.node.solo.failures import refused
from synnefo.node.solo.leases import wants_dhcp
from synnefo.node.solo.records import Instance, Network, Nic
from synnefo.node.solo.wiring import is_routed

CONFIG_DRIVE = "config.iso"


def write_drive(
    instance: Instance,
    parameters: Mapping[str, str],
    folder: Path,
    network_of: Callable[[Nic], Network | None],
) -> None:
    """Put the config drive of a new instance into its folder."""
    target = folder / CONFIG_DRIVE
    given = parameters.get("config_drive")
    if given:
        target.write_bytes(_given_drive(given))
        target.chmod(0o600)
        return
    nics = [_nic(nic, network_of(nic)) for nic in instance.nics]
    try:
        config_drive.write(describe(instance, parameters, nics), target)
    except (ValueError, msgspec.MsgspecError) as error:
        raise refused(f"The guest's parameters cannot be read: {error}") from error


def describe(
    instance: Instance, parameters: Mapping[str, str], nics: list[guest_config.Nic]
) -> GuestConfig:
    """Read the parameters."""
    told = dict(parameters)
    told["img_personality"] = told.get("personality") or told.get("img_personality", "")
    told["img_passwd"] = told.get("admin_pass") or told.get("img_passwd", "")
    told["cloud_userdata"] = told.get("user_data") or told.get("cloud_userdata", "")
    keys = msgspec.json.decode(told.get("ssh_keys") or "[]", type=list[str])
    told["auth_keys"] = "\n".join([*keys, told.get("auth_keys", "")])
    config = guest_config.from_os_parameters(
        told.get("server_uuid") or instance.uuid,
        told.get("hostname") or instance.name,
        told,
        nics,
    )
    return msgspec.structs.replace(
        config,
        meta=msgspec.json.decode(told.get("meta") or "{}", type=dict[str, str]),
        project_id=told.get("project_id", ""),
    )


def _nic(nic: Nic, network: Network | None) -> guest_config.Nic:
    if network is None:
        return guest_config.Nic(mac=nic.mac)
    length = ipaddress.ip_network(network.network).prefixlen
    gateway = network.gateway if is_routed(network) else None
    return guest_config.Nic(
        mac=nic.mac,
        address=f"{nic.ip}/{length}" if nic.ip else None,
        gateway=gateway,
        dns=(gateway,) if gateway else (),
        dhcp=wants_dhcp(network) or not nic.ip,
        network_id=network.name,
    )


def _given_drive(given: str) -> bytes:
    if given.startswith("/"):
        return Path(given).read_bytes()
    try:
        return base64.b64decode(given, validate=True)
    except binascii.Error as error:
        raise refused("config_drive is neither a path nor base64") from error
