"""One deployment from beginning to end."""

import base64

from synnefo.node import config_drive, guest_config
from synnefo.node.image_deploy import copying, helper_run, passwords, sources, targets
from synnefo.node.image_deploy.helper import rules
from synnefo.node.image_deploy.helper.rules import Card, Rules
from synnefo.node.image_deploy.monitor import Monitor
from synnefo.node.image_deploy.orders import Disk, Order
from synnefo.node.image_deploy.settings import ImageSettings

CONFIG_DRIVE = "config-drive"
_YES = frozenset({"yes", "true", "1", "on", "set"})


def deploy(order: Order, settings: ImageSettings, monitor: Monitor) -> None:
    """Put the image on the first disk and make it a machine of its own; DeployFailed else."""
    disk = order.disks[0]
    if order.image != "null":
        monitor.info("Starting image copy...")
        with (
            sources.opened(order.image, order.image_format, settings) as source,
            targets.opened(disk.place, settings) as target,
        ):
            copying.copy(source, target, order.image_format, monitor)
        monitor.info("Image copy finished.")
    for one in order.disks[1:]:
        if one.name == CONFIG_DRIVE:
            _write_config_drive(order, one, settings)
    if order.properties.get("EXCLUDE_ALL_TASKS", "").lower() in _YES:
        return
    plain = [one for one in order.disks if one.name != CONFIG_DRIVE]
    helper_run.run(rules.encode(rules_of(order, settings)), plain, settings, monitor)


def rules_of(order: Order, settings: ImageSettings) -> Rules:
    """Write down for the helper what it has to know; the password goes as its hash."""
    hashed = order.password_hash
    if order.password and not hashed:
        method = order.properties.get("PASSWD_HASHING_METHOD", "")
        family = order.properties.get("OSFAMILY", "linux").lower()
        hashed = passwords.hash_password(order.password, method, family)
    return Rules(
        instance=order.uuid,
        hostname=order.hostname,
        properties=order.properties,
        password_hash=hashed,
        keys=order.keys,
        gifts=order.gifts,
        user_data=order.user_data,
        cards=order.cards,
        dhcp_tags=tuple(settings.dhcp_tags.split()),
        stateful_tags=tuple(settings.stateful_dhcpv6_tags.split()),
        stateless_tags=tuple(settings.stateless_dhcpv6_tags.split()),
        default_card=settings.default_nic_config,
        cloud_init_debug=settings.cloud_init_debug.lower() in _YES,
    )


def _write_config_drive(order: Order, disk: Disk, settings: ImageSettings) -> None:
    """Fill a disk that was made for it with what the machine may know of itself."""
    image = config_drive.image(guest_of(order))
    with targets.opened(disk.place, settings) as target:
        target.write(0, image)
        target.flush()


def guest_of(order: Order) -> guest_config.GuestConfig:
    """Describe the machine as its config drive shows it."""
    told = {"auth_keys": order.keys, "cloud_userdata": order.user_data}
    config = guest_config.from_os_parameters(
        order.uuid, order.hostname, told | {"img_passwd": order.password}, _nics(order.cards)
    )
    files = tuple(
        guest_config.InjectedFile(
            gift.path, base64.b64decode(gift.contents), gift.owner, gift.group, gift.mode
        )
        for gift in order.gifts
    )
    return guest_config.with_more(config, files=files, meta=order.meta, project=order.project)


def _nics(cards: tuple[Card, ...]) -> list[guest_config.Nic]:
    return [_nic(card) for card in cards]


def _nic(card: Card) -> guest_config.Nic:
    is_static = bool(card.ip and card.subnet)
    address = f"{card.ip}/{card.subnet.rpartition('/')[2]}" if is_static else None
    gateway = card.gateway or None
    return guest_config.Nic(mac=card.mac, address=address, gateway=gateway, dhcp=not is_static)
