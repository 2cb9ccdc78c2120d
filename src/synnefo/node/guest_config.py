"""What a machine is told about itself, and the documents that tell it.

One `GuestConfig` is shown in two ways: as a config drive (`config_drive`) and by the metadata
service (`metadata`). Both serve the same tree of files, made here.
"""

import base64
import ipaddress
from collections.abc import Mapping, Sequence

import msgspec

VERSIONS = ("latest", "2012-08-10", "2018-08-27")
"""The dated views of the OpenStack tree; all hold the same documents."""


class Nic(msgspec.Struct, frozen=True):
    """One network card as its guest should set it up."""

    mac: str
    address: str | None = None
    """IPv4 address with prefix length, such as `10.0.0.5/24`."""
    gateway: str | None = None
    dns: tuple[str, ...] = ()
    dhcp: bool = True
    address6: str | None = None
    """IPv6 address with prefix length; None lets router advertisements decide."""
    gateway6: str | None = None
    mtu: int | None = None
    network_id: str = ""


class InjectedFile(msgspec.Struct, frozen=True):
    """One personality file. Spec: images-and-nodes 1.6."""

    path: str
    contents: bytes
    owner: str = "root"
    group: str = "root"
    mode: int = 0o440


class GuestConfig(msgspec.Struct, frozen=True):
    """Everything a guest may ask about itself. Holds secrets: never log it."""

    server_uuid: str
    hostname: str
    ssh_keys: tuple[tuple[str, str], ...] = ()
    user_data: bytes | None = None
    admin_pass: str | None = None
    personality: tuple[InjectedFile, ...] = ()
    meta: dict[str, str] = {}
    networks: tuple[Nic, ...] = ()
    project_id: str = ""
    availability_zone: str = "nova"


class _PersonalityEntry(msgspec.Struct, frozen=True):
    path: str
    contents: bytes
    owner: str | int = "root"
    group: str | int = "root"
    mode: int = 0o440


def from_os_parameters(
    server_uuid: str, hostname: str, parameters: Mapping[str, str], nics: Sequence[Nic]
) -> GuestConfig:
    """Read the parameters of the OS definition. Spec: images-and-nodes 1.2, 1.6."""
    keys = [line.strip() for line in parameters.get("auth_keys", "").splitlines()]
    user_data = parameters.get("cloud_userdata", "")
    return GuestConfig(
        server_uuid=server_uuid,
        hostname=hostname,
        ssh_keys=name_keys([key for key in keys if key and not key.startswith("#")]),
        user_data=base64.b64decode(user_data) if user_data else None,
        admin_pass=parameters.get("img_passwd") or None,
        personality=_personality(parameters.get("img_personality", "")),
        networks=tuple(nics),
    )


def with_more(
    config: GuestConfig, *, files: Sequence[InjectedFile], meta: dict[str, str], project: str
) -> GuestConfig:
    """Add what is no parameter of the OS definition."""
    return msgspec.structs.replace(config, personality=tuple(files), meta=meta, project_id=project)


def name_keys(keys: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Name each public key after its comment; unnamed and repeated ones get a number."""
    named: dict[str, str] = {}
    for index, key in enumerate(keys):
        comment = " ".join(key.split()[2:])
        name = comment if comment and comment not in named else f"key-{index}"
        named[name] = key
    return tuple(named.items())


def documents(config: GuestConfig) -> dict[str, bytes]:
    """Render the tree of a config drive: path without leading slash -> contents."""
    tree: dict[str, bytes] = {}
    for version in VERSIONS:
        tree[f"openstack/{version}/meta_data.json"] = _json(_meta_data(config))
        tree[f"openstack/{version}/network_data.json"] = _json(_network_data(config.networks))
        tree[f"openstack/{version}/vendor_data.json"] = _json(_vendor_data(config))
        tree[f"openstack/{version}/vendor_data2.json"] = b"{}"
        if config.user_data is not None:
            tree[f"openstack/{version}/user_data"] = config.user_data
    for index, file in enumerate(config.personality):
        tree[f"openstack/{_content_path(index)}"] = file.contents
    tree["ec2/latest/meta-data.json"] = _json(ec2_meta_data(config))
    if config.user_data is not None:
        tree["ec2/latest/user-data"] = config.user_data
    return tree


def ec2_meta_data(config: GuestConfig) -> dict[str, object]:
    """Answer the EC2 style facts; nested dicts are folders of the tree."""
    addresses = [nic.address.partition("/")[0] for nic in config.networks if nic.address]
    return {
        "ami-id": "None",
        "ami-launch-index": 0,
        "hostname": config.hostname,
        "instance-action": "none",
        "instance-id": config.server_uuid,
        "instance-type": "None",
        "local-hostname": config.hostname,
        "local-ipv4": addresses[0] if addresses else "",
        "placement": {"availability-zone": config.availability_zone},
        "public-hostname": config.hostname,
        "public-keys": {
            f"{index}={name}": {"openssh-key": key}
            for index, (name, key) in enumerate(config.ssh_keys)
        },
        "reservation-id": "",
        "security-groups": "",
    }


def _personality(text: str) -> tuple[InjectedFile, ...]:
    """Decode the JSON array of personality files."""
    if not text:
        return ()
    entries = msgspec.json.decode(text, type=list[_PersonalityEntry])
    return tuple(
        InjectedFile(e.path, e.contents, str(e.owner), str(e.group), e.mode) for e in entries
    )


def _content_path(index: int) -> str:
    return f"content/{index:04d}"


def _meta_data(config: GuestConfig) -> dict[str, object]:
    facts: dict[str, object] = {
        "uuid": config.server_uuid,
        "hostname": config.hostname,
        "name": config.hostname,
        "launch_index": 0,
        "availability_zone": config.availability_zone,
        "project_id": config.project_id,
        "devices": [],
        "meta": config.meta,
    }
    if config.ssh_keys:
        facts["public_keys"] = dict(config.ssh_keys)
        facts["keys"] = [{"name": n, "type": "ssh", "data": key} for n, key in config.ssh_keys]
    if config.admin_pass is not None:
        facts["admin_pass"] = config.admin_pass
    if config.personality:
        facts["files"] = [_file_entry(i, file) for i, file in enumerate(config.personality)]
    return facts


def _file_entry(index: int, file: InjectedFile) -> dict[str, object]:
    """Describe a personality file; owner, group and mode are an addition of ours."""
    return {
        "path": file.path,
        "content_path": f"/{_content_path(index)}",
        "owner": file.owner,
        "group": file.group,
        "mode": f"{file.mode:04o}",
    }


def _vendor_data(config: GuestConfig) -> dict[str, object]:
    """Tell cloud-init what OpenStack's own documents cannot say: passwords and owners."""
    wishes: dict[str, object] = {}
    if config.admin_pass is not None:
        wishes["ssh_pwauth"] = True
        wishes["disable_root"] = False
        wishes["password"] = config.admin_pass
        wishes["chpasswd"] = {"expire": False, "list": f"root:{config.admin_pass}\n"}
    if config.personality:
        wishes["write_files"] = [_cloud_file(file) for file in config.personality]
    if not wishes:
        return {}
    return {"cloud-init": "#cloud-config\n" + _json(wishes).decode()}


def _cloud_file(file: InjectedFile) -> dict[str, object]:
    return {
        "path": file.path,
        "encoding": "b64",
        "content": base64.b64encode(file.contents).decode(),
        "owner": f"{file.owner}:{file.group}",
        "permissions": f"{file.mode:04o}",
    }


def _network_data(nics: Sequence[Nic]) -> dict[str, object]:
    return {
        "links": [_link(index, nic) for index, nic in enumerate(nics)],
        "networks": [entry for index, nic in enumerate(nics) for entry in _networks(index, nic)],
        "services": [
            {"type": "dns", "address": address}
            for address in dict.fromkeys(a for nic in nics for a in nic.dns)
        ],
    }


def _link(index: int, nic: Nic) -> dict[str, object]:
    return {
        "id": f"tap{index}",
        "vif_id": f"tap{index}",
        "type": "phy",
        "mtu": nic.mtu,
        "ethernet_mac_address": nic.mac,
    }


def _networks(index: int, nic: Nic) -> list[dict[str, object]]:
    """Describe the address families of one card."""
    entries: list[dict[str, object]] = []
    if nic.dhcp:
        entries.append(_network(index, nic, "ipv4_dhcp"))
    elif nic.address:
        static = _network(index, nic, "ipv4") | _static(nic.address, nic.gateway, "0.0.0.0")  # noqa: S104 - a route
        entries.append(static)
    if nic.address6:
        entries.append(_network(index, nic, "ipv6") | _static(nic.address6, nic.gateway6, "::"))
    return entries


def _network(index: int, nic: Nic, kind: str) -> dict[str, object]:
    return {
        "id": f"network{index}" + ("-6" if kind == "ipv6" else ""),
        "type": kind,
        "link": f"tap{index}",
        "network_id": nic.network_id,
        "services": [{"type": "dns", "address": address} for address in nic.dns],
        "routes": [],
    }


def _static(address: str, gateway: str | None, anywhere: str) -> dict[str, object]:
    interface = ipaddress.ip_interface(address)
    facts: dict[str, object] = {
        "ip_address": str(interface.ip),
        "netmask": str(interface.netmask),
        "routes": [],
    }
    if gateway:
        facts["gateway"] = gateway
        facts["routes"] = [{"network": anywhere, "netmask": anywhere, "gateway": gateway}]
    return facts


def _json(value: object) -> bytes:
    return msgspec.json.encode(value)
