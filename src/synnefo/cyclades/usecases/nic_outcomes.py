"""What a cluster reports about the network cards of a server, taken over. Spec: network 11."""

from collections.abc import Sequence
from datetime import datetime

from synnefo.cyclades.domain import names
from synnefo.cyclades.domain.addressing import eui64
from synnefo.cyclades.domain.firewall import profile_of
from synnefo.cyclades.domain.instances import NicSpec
from synnefo.cyclades.domain.ports import PortState, age_of, is_stale
from synnefo.cyclades.models import IPAddress, Network, Port, Server, Subnet
from synnefo.cyclades.network_settings import NetworkSettings
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import addresses
from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, Conflict
from synnefo.kit.logs import get_logger
from synnefo.serve.statements import fetch

log = get_logger(__name__)


def observe(server: Server, nics: Sequence[NicSpec], moment: datetime) -> None:
    """Copy what runs into the ports of a server, inside the caller's transaction.

    `nics` are in order of index. Where they are what is known, no network is locked. Ports that
    the cluster does not list are removed when stale; cards that we do not know are logged and
    left alone.
    """
    prefix = conf.of(CycladesSettings).backend_prefix_id
    if _are_known(server.id, nics, prefix):
        return
    ports = {p.id: p for p in Port.objects.filter(server=server).select_related("network")}
    _lock({port.network_id for port in ports.values()})
    seen: set[int] = set()
    for index, nic in enumerate(nics):
        port = ports.get(names.nic_of(prefix, nic.name) or 0)
        if port is None:
            log.error("unknown-nic", server=server.id, nic=nic.name, index=index)
            continue
        seen.add(port.id)
        _copy(port, nic, index)
    connecting = server.task == "CONNECT"
    for port in ports.values():
        age = age_of(port.created, moment)
        if port.id not in seen and is_stale(PortState(port.state), age, connecting=connecting):
            addresses.release_port(port)
            port.delete()


_HELD = """
SELECT p.id, p.state, p."index", p.mac, p.ssh_port, p.firewall_profile, n.public, s.cidr,
  a.ipversion, a.address
FROM cyclades_port p JOIN cyclades_network n ON n.id = p.network_id
LEFT JOIN cyclades_subnet s ON s.network_id = n.id AND s.ipversion = 6 AND NOT s.deleted
LEFT JOIN cyclades_ipaddress a ON a.port_id = p.id
WHERE p.server_id = %s
"""


def _are_known(server_id: int, nics: Sequence[NicSpec], prefix: str) -> bool:
    """Tell whether a cluster says just what the ports of a server say."""
    told = {names.nic_of(prefix, nic.name): (index, nic) for index, nic in enumerate(nics)}
    cards: dict[int, tuple[object, ...]] = {}
    held: dict[int, set[tuple[int, str]]] = {}
    for number, *card, version, address in fetch("cyclades", _HELD, [server_id]):
        cards[number] = tuple(card)
        held.setdefault(number, set()).update({(version, address)} if version else ())
    if len(told) != len(nics) or told.keys() != cards.keys():
        return False
    return all(_is_known(card, held[number], *told[number]) for number, card in cards.items())


def _is_known(
    card: tuple[object, ...], held: set[tuple[int, str]], index: int, nic: NicSpec
) -> bool:
    """Compare one card; it is state, index, MAC, SSH port, profile, publicity, IPv6 subnet."""
    *known, public, cidr = card
    mac = nic.mac or str(known[2] or "")
    profile = _profile(nic.firewall, public=bool(public))
    if known != [PortState.ACTIVE, index, mac or None, nic.ssh_port, profile]:
        return False
    derived = eui64(mac, str(cidr)) if mac and cidr else None
    return held == {(version, ip) for version, ip in ((4, nic.ip), (6, derived)) if ip}


def _lock(network_ids: set[int]) -> None:
    rows = Network.objects.select_for_update(of=("self",)).filter(id__in=network_ids)
    list(rows.order_by("id").values_list("id", flat=True))


def _copy(port: Port, nic: NicSpec, index: int) -> None:
    port.state, port.index = PortState.ACTIVE, index
    port.mac = nic.mac or port.mac
    port.ssh_port = nic.ssh_port
    port.firewall_profile = _profile(nic.firewall, public=port.network.public)
    port.save()
    _take_over_ipv4(port, nic.ip)
    if port.mac:
        _derive_ipv6(port, port.mac)


def _profile(tag: str | None, *, public: bool) -> str | None:
    found = profile_of(tag.rsplit(":", 1)[-1]) if tag else None
    if found is not None:
        return str(found)
    return conf.of(NetworkSettings).default_firewall_profile if public else None


def _take_over_ipv4(port: Port, address: str | None) -> None:
    """Follow an operator who changed the address of a card on the cluster."""
    held = port.addresses.filter(ipversion=4).first()
    if (held.address if held else None) == address:
        return
    if held is not None:
        log.error("address-changed-outside", port=port.id, old=held.address, new=address)
        addresses.remember(
            held, port.server_id, "disassociate", f"change address of port {port.id}"
        )
        _free(held)
    if address is None:
        return
    try:
        _bind(addresses.take(port.network, userid=port.userid, address=address), port)
    except (BadRequest, Conflict) as fault:
        log.error("address-not-ours", port=port.id, address=address, why=fault.message)


def _derive_ipv6(port: Port, mac: str) -> None:
    subnet = Subnet.objects.live().filter(network_id=port.network_id, ipversion=6).first()
    address = eui64(mac, subnet.cidr) if subnet is not None else None
    held = port.addresses.filter(ipversion=6).first()
    if (held.address if held else None) == address:
        return
    if held is not None:
        held.delete()
    if subnet is not None and address is not None:
        ip = IPAddress.objects.create(
            network=port.network,
            subnet=subnet,
            userid=port.userid,
            address=address,
            ipversion=6,
        )
        _bind(ip, port)


def _free(ip: IPAddress) -> None:
    if ip.floating_ip:
        ip.port = None
        ip.save(update_fields=["port", "updated"])
    else:
        addresses.put_back(ip)


def _bind(ip: IPAddress, port: Port) -> None:
    ip.port = port
    ip.save(update_fields=["port", "updated"])
    addresses.remember(ip, port.server_id, "associate", f"associate port {port.id}")
