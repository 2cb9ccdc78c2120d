"""Bodies that the compute API takes, in both dialects. Spec: compute 4.3, openstack-api 6.3."""

from typing import Any

import msgspec

Text = str | int | float


class Device(msgspec.Struct, kw_only=True):
    """A disk of `block_device_mapping_v2`."""

    source_type: str = "blank"
    uuid: str | None = None
    volume_size: int | str | None = None
    delete_on_termination: bool | None = None
    boot_index: int | str | None = None
    destination_type: str | None = None


class Network(msgspec.Struct, kw_only=True):
    """A network or port of the new server."""

    uuid: str | int | None = None
    port: str | int | None = None
    fixed_ip: str | msgspec.UnsetType | None = msgspec.UNSET
    tag: str | None = None


class File(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A file written into the new server."""

    path: str
    contents: str = ""
    owner: str = "root"
    group: str = "root"
    mode: int | str = 0o440


class NewServer(msgspec.Struct, kw_only=True):
    """A server to be made."""

    name: str
    image: str | None = msgspec.field(name="imageRef", default=None)
    flavor: int | str = msgspec.field(name="flavorRef")
    metadata: dict[str, Any] | None = None
    tags: list[str] | None = None
    admin_pass: str | None = msgspec.field(name="adminPass", default=None)
    personality: list[File] | None = None
    user_data: str | None = None
    key_name: str | None = None
    key_names: list[str] | None = msgspec.field(name="SNF:key_names", default=None)
    networks: list[Network] | str | None = None
    project: str | None = None
    shared_to_project: bool = False
    block_devices: list[Device] | None = msgspec.field(
        name="block_device_mapping_v2", default=None
    )
    config_drive: bool | str | None = None
    min_count: int | str | None = None
    max_count: int | str | None = None
    description: str | None = None
    availability_zone: str | None = None
    return_reservation_id: bool = False


class CreateServer(msgspec.Struct):
    """The body of a creation."""

    server: NewServer


class ChangedServer(msgspec.Struct, kw_only=True):
    """What can be changed of a server."""

    name: str | None = None
    description: str | msgspec.UnsetType | None = msgspec.UNSET
    accessIPv4: str | None = None  # noqa: N815 - the wire's own name
    accessIPv6: str | None = None  # noqa: N815 - the wire's own name


class ChangeServer(msgspec.Struct):
    """The body of a change."""

    server: ChangedServer


class Metadata(msgspec.Struct):
    """Several metadata items."""

    metadata: dict[str, Any]


class Meta(msgspec.Struct):
    """One metadata item."""

    meta: dict[str, Any]


class Tags(msgspec.Struct):
    """All tags of a server."""

    tags: list[str]


class NewKeyPair(msgspec.Struct, kw_only=True):
    """A key pair to be kept, or made when it has no public key."""

    name: str
    public_key: str | None = None
    type: str = "ssh"
    user_id: str | None = None


class CreateKeyPair(msgspec.Struct):
    """The body of a key pair's creation."""

    keypair: NewKeyPair


class WantedConsole(msgspec.Struct, kw_only=True):
    """A console that is asked for."""

    protocol: str
    type: str


class CreateConsole(msgspec.Struct):
    """The body that asks for a console."""

    remote_console: WantedConsole
