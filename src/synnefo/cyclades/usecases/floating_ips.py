"""Floating IPs: public addresses that a user reserves and plugs where they like.

Spec: network 5.5 and 7.
"""

import msgspec
from django.db import transaction

from synnefo.cyclades.domain import network_costs
from synnefo.cyclades.domain.addressing import read_ipv4
from synnefo.cyclades.domain.network_states import NetworkAction
from synnefo.cyclades.models import IPAddress, Network
from synnefo.cyclades.network_settings import NetworkSettings
from synnefo.cyclades.usecases import addresses, commissions
from synnefo.cyclades.usecases.port_plans import find_network
from synnefo.kit import conf
from synnefo.kit.faults import Conflict, Forbidden, ItemNotFound
from synnefo.serve.http import Caller


class FloatingIpOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A floating IP as it was asked for; all may be left to us."""

    network_id: str | None = None
    address: str | None = None
    project: str | None = None
    shared_to_project: bool = False
    description: str = ""
    userid: str | None = None
    """For operators: whose it will be."""


def visible(caller: Caller, ip_id: str) -> IPAddress:
    """Find a floating IP that the caller may see; ItemNotFound else."""
    found = None
    if ip_id.isascii() and ip_id.isdigit() and len(ip_id) < 19:
        rows = IPAddress.objects.visible_to(caller).live().floating()
        found = rows.filter(id=int(ip_id)).first()
    if found is None:
        raise ItemNotFound(f"There is no floating IP '{ip_id}'.", details="FloatingIPNotFound")
    return found


def create(caller: Caller, order: FloatingIpOrder) -> IPAddress:
    """Reserve a public address, charged to a project."""
    address = None if order.address is None else read_ipv4(order.address)
    candidates = _candidates(caller, order.network_id)
    if order.shared_to_project and not conf.of(NetworkSettings).cyclades_shared_resources_enabled:
        raise Forbidden("Sharing with a project is switched off here.")
    owner = (order.userid if caller.is_admin else None) or caller.user_id
    project = order.project or caller.project_id or owner
    wanted = commissions.provisions(owner, project, network_costs.of_floating_ip())
    with (
        commissions.reserve(wanted, "client: api, resource: floating IP") as serial,
        transaction.atomic("cyclades"),
    ):
        ip = _take(candidates, owner, address)
        ip.floating_ip, ip.project = True, project
        ip.shared_to_project = order.shared_to_project
        ip.description = order.description[:255]
        if serial is not None:
            commissions.ledger().accept(serial)
            ip.serial_id = serial
        ip.save()
    return ip


def _candidates(caller: Caller, network_id: str | None) -> list[int]:
    if network_id is None:
        pools = Network.objects.live().filter(public=True, floating_ip_pool=True, drained=False)
        found = [network.id for network in pools.exclude(action=NetworkAction.DESTROY)]
        if not found:
            raise Conflict("There is no network to reserve floating IPs from.")
        return found
    network = find_network(caller, network_id)
    if not network.floating_ip_pool:
        raise Conflict(f"The network '{network.name}' is no pool of floating IPs.")
    return [network.id]


def _take(network_ids: list[int], owner: str, address: str | None) -> IPAddress:
    for network_id in network_ids[:-1]:
        network = addresses.lock_network(network_id)
        if addresses.has_free(network):
            return addresses.take(network, userid=owner, address=address)
    return addresses.take(addresses.lock_network(network_ids[-1]), userid=owner, address=address)


def delete(caller: Caller, ip_id: str) -> None:
    """Give a floating IP back; Conflict while a port has it."""
    ip = visible(caller, ip_id)
    charge = network_costs.of_deleted_floating_ip() if ip.project else {}
    wanted = commissions.provisions(ip.userid or "", ip.project or "", charge) if charge else []
    with (
        commissions.reserve(wanted, f"delete floating IP {ip.id}", force=True) as serial,
        transaction.atomic("cyclades"),
    ):
        addresses.lock_network(ip.network_id)
        held = IPAddress.objects.select_for_update(of=("self",)).filter(id=ip.id).first()
        if held is None:
            raise ItemNotFound(f"There is no floating IP '{ip_id}'.", details="FloatingIPNotFound")
        if held.project != ip.project:
            raise Conflict("The address was moved just now. Look, and try again.")
        if held.port_id is not None:
            raise Conflict(
                f"The floating IP {held.address} is attached. Detach it first.",
                details="FloatingIPInUse",
            )
        addresses.put_back(held)
        if serial is not None:
            commissions.ledger().accept(serial)


def reassign(caller: Caller, ip_id: str, *, project: str, shared_to_project: bool) -> IPAddress:
    """Move a floating IP to another project's quota, or share it. Spec: compute 14.3."""
    ip = visible(caller, ip_id)
    if ip.userid != caller.user_id and not caller.is_admin:
        raise Forbidden("Only its owner may move a floating IP to another project.")
    if shared_to_project and not conf.of(NetworkSettings).cyclades_shared_resources_enabled:
        raise Forbidden("Sharing with a project is switched off here.")
    owner, before, charge = ip.userid or "", ip.project, network_costs.of_floating_ip()
    wanted = (
        [
            *commissions.provisions(owner, ip.project or "", charge, times=-1),
            *commissions.provisions(owner, project, charge),
        ]
        if project != ip.project
        else []
    )
    with (
        commissions.reserve(wanted, f"reassign floating IP {ip.id}") as serial,
        transaction.atomic("cyclades"),
    ):
        held = IPAddress.objects.select_for_update(of=("self",)).filter(id=ip.id).first()
        if held is None or held.project != before:
            raise Conflict("The address was moved or released just now. Look, and try again.")
        ip = held
        ip.project, ip.shared_to_project = project, shared_to_project
        ip.save(update_fields=["project", "shared_to_project", "updated"])
        if serial is not None:
            commissions.ledger().accept(serial)
    return ip
