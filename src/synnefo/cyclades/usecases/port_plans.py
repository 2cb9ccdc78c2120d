"""Which ports a new server will have: forced ones first, then what was asked or the default.

Nothing is taken here; `ports.allocate` does that in the server's transaction. Spec: network 10.
"""

from collections.abc import Callable, Sequence

from synnefo.cyclades.domain import ports as rules
from synnefo.cyclades.domain.addressing import read_ipv4
from synnefo.cyclades.domain.network_states import NetworkAction, NetworkState
from synnefo.cyclades.domain.ports import PortPlan, RequestedNetwork, Source
from synnefo.cyclades.models import IPAddress, Network, Port, Subnet
from synnefo.cyclades.models.networks import NetworkQuerySet
from synnefo.cyclades.network_settings import NetworkSettings
from synnefo.cyclades.settings import CycladesSettings
from synnefo.cyclades.usecases import addresses
from synnefo.kit import conf
from synnefo.kit.faults import (
    BadRequest,
    Conflict,
    Fault,
    Forbidden,
    ItemNotFound,
    ServiceUnavailable,
)
from synnefo.serve.http import Caller


def plan_for_server(
    caller: Caller, requested: Sequence[RequestedNetwork] | None
) -> list[PortPlan]:
    """Decide the ports of a new server; None asks for the default networks.

    Raises ItemNotFound, Forbidden, Conflict or BadRequest for what was asked, and
    ServiceUnavailable when a forced network cannot be had.
    """
    settings = conf.of(NetworkSettings)
    plans = [_forced(one) for one in settings.cyclades_forced_server_networks]
    if requested is None:
        chosen: set[int] = set()
        for one in settings.cyclades_default_server_networks:
            plan = _default(caller, one, chosen)
            chosen |= {plan.floating_ip_id} if plan.floating_ip_id else set()
            plans.append(plan)
    else:
        plans += _requested(caller, requested)
    rules.check_count(len(plans), conf.of(CycladesSettings).ganeti_max_nics_per_instance)
    return plans


def _requested(caller: Caller, items: Sequence[RequestedNetwork]) -> list[PortPlan]:
    plans: list[PortPlan] = []
    taken: set[int] = set()
    for item in items:
        plan = _asked(caller, item, taken)
        taken |= {plan.floating_ip_id} if plan.floating_ip_id else set()
        plans.append(plan)
    ports = [plan.port_id for plan in plans if plan.port_id is not None]
    if len(set(ports)) != len(ports):
        raise Conflict("The same port was asked for twice.")
    return plans


def _asked(caller: Caller, item: RequestedNetwork, taken: set[int]) -> PortPlan:
    rules.check_request(item)
    if item.port:
        return _existing_port(caller, item.port)
    network = find_network(caller, item.uuid or "")
    address = read_ipv4(item.fixed_ip) if isinstance(item.fixed_ip, str) else None
    check_usable(network)
    if network.public:
        return _public(caller, network, address, taken)
    return private_plan(network, address)


def find_network(caller: Caller, network_id: str) -> Network:
    """Find a network that the caller may use; a name or an unknown id is not found."""
    found = None
    if network_id.isascii() and network_id.isdigit() and len(network_id) < 19:
        found = Network.objects.visible_to(caller).live().filter(id=int(network_id)).first()
    if found is None:
        raise ItemNotFound(f"There is no network '{network_id}'.", details="NetworkNotFound")
    return found


def check_usable(network: Network) -> None:
    """Refuse a network that takes no new ports. Spec: network 5.4."""
    if network.action == NetworkAction.DESTROY:
        raise Conflict(f"The network '{network.name}' is being deleted.")
    if network.state != NetworkState.ACTIVE:
        raise Conflict(f"The network '{network.name}' is not active.")
    if network.drained and not network.public:
        raise Conflict(f"The network '{network.name}' takes no new ports now.")


def private_plan(network: Network, address: str | None) -> PortPlan:
    """Plan a port of a private network: an address when it has an IPv4 subnet."""
    has_ipv4 = Subnet.objects.live().filter(network=network, ipversion=4).exists()
    if not has_ipv4 and address is not None:
        raise BadRequest(f"The network '{network.name}' has no IPv4 subnet, so no {address}.")
    source = Source.POOL if has_ipv4 else Source.NONE
    return PortPlan(network_id=network.id, source=source, address=address)


def _is_open_to(caller: Caller, network: Network) -> bool:
    """Tell whether a public network gives its plain addresses to somebody."""
    open_to_all = conf.of(NetworkSettings).cyclades_public_addresses_for_all
    return not network.floating_ip_pool and (open_to_all or caller.is_admin)


def _public(caller: Caller, network: Network, address: str | None, taken: set[int]) -> PortPlan:
    has_ipv4 = Subnet.objects.live().filter(network=network, ipversion=4).exists()
    if _is_open_to(caller, network):
        if address is not None and not caller.is_admin:
            raise Forbidden("The address of a public network cannot be chosen.")
        return PortPlan(
            network_id=network.id,
            source=Source.POOL if has_ipv4 else Source.NONE,
            address=address,
        )
    if not has_ipv4:
        raise Forbidden("Only operators may plug servers into a public IPv6 network.")
    return floating_plan(caller, network, address, taken)


def floating_plan(
    caller: Caller, network: Network, address: str | None, taken: set[int]
) -> PortPlan:
    """Plan a port with a free floating IP of the caller, none of those `taken` already."""
    free = IPAddress.objects.visible_to(caller).live().floating().filter(port=None)
    free = free.filter(network=network).exclude(id__in=taken)
    ip = (free.filter(address=address) if address else free).first()
    if ip is None:
        wanted = f"The floating IP {address}" if address else "A floating IP of yours that is free"
        raise Conflict(f"{wanted} was not found on '{network.name}'. Reserve one first.")
    return PortPlan(
        network_id=network.id, source=Source.FLOATING, address=ip.address, floating_ip_id=ip.id
    )


def _existing_port(caller: Caller, port_id: str) -> PortPlan:
    found = None
    if port_id.isascii() and port_id.isdigit() and len(port_id) < 19:
        found = Port.objects.visible_to(caller).filter(id=int(port_id)).first()
    if found is None:
        raise ItemNotFound(f"There is no port '{port_id}'.", details="PortNotFound")
    if found.server_id is not None:
        raise Conflict(f"The port {port_id} is in use.", details="PortInUse")
    return PortPlan(network_id=found.network_id, source=Source.EXISTING, port_id=found.id)


def _forced(member: object) -> PortPlan:
    """Plan a forced network: no quota, no access control; whatever fails is our fault."""
    plan = _first_that_works(_forced_candidates(member), _forced_plan)
    if plan is None:
        raise ServiceUnavailable(
            "No address is left on a network that every server needs. Try again later or tell"
            " the operators."
        )
    return plan


def _forced_candidates(member: object) -> list[Network]:
    usable = Network.objects.live().filter(state=NetworkState.ACTIVE, drained=False)
    found: list[Network] = []
    for choice in rules.alternatives(member):
        found += _named_or_public(usable, choice)
    return found


def _forced_plan(network: Network) -> PortPlan:
    return PortPlan(network_id=network.id, source=_source(network), forced=True)


def _source(network: Network) -> Source:
    """Tell where an address of a network comes from; Conflict when none is left."""
    free = addresses.free_count(network)
    if free is None:
        return Source.NONE
    if not free:
        raise Conflict(f"No address is left on '{network.name}'.")
    return Source.POOL


def _default(caller: Caller, member: object, taken: set[int]) -> PortPlan:
    visible = Network.objects.visible_to(caller).live().filter(state=NetworkState.ACTIVE)
    found: list[Network] = []
    for choice in rules.alternatives(member):
        found += _named_or_public(visible, choice)
    plan = _first_that_works(found, lambda n: _default_plan(caller, n, taken))
    if plan is None:
        raise Conflict(
            "None of the default networks can be had now. Reserve a floating IP, or say which"
            " networks the server should have."
        )
    return plan


def _default_plan(caller: Caller, network: Network, taken: set[int]) -> PortPlan:
    check_usable(network)
    if network.public and not _is_open_to(caller, network):
        return _public(caller, network, None, taken)
    return PortPlan(network_id=network.id, source=_source(network))


def _named_or_public(usable: NetworkQuerySet, choice: str) -> list[Network]:
    wanted = rules.versions(choice)
    if not wanted:
        return list(usable.filter(id=int(choice))) if choice.isdigit() else []
    public = usable.filter(public=True, drained=False, subnets__deleted=False)
    found: list[Network] = []
    for version in wanted:
        rows = public.filter(subnets__ipversion=version).distinct()
        if version == 6:
            rows = rows.exclude(subnets__ipversion=4)
        found += list(rows)
    return found


def _first_that_works(
    networks: Sequence[Network], plan: Callable[[Network], PortPlan]
) -> PortPlan | None:
    """Plan the first network that can be had, with the later ones of its kind to fall back on."""
    works: list[PortPlan] = []
    for network in networks:
        try:
            works.append(plan(network))
        except Fault:
            continue
    if not works:
        return None
    first = works[0]
    if first.source is not Source.POOL:
        return first
    others = tuple(p.network_id for p in works[1:] if p.source is Source.POOL)
    return PortPlan(
        network_id=first.network_id, source=first.source, others=others, forced=first.forced
    )
