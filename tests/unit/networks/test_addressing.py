"""Exact address arithmetic, and what a subnet may look like."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synnefo.cyclades.domain import addressing, subnets
from synnefo.cyclades.domain.addressing import AddressRange
from synnefo.cyclades.domain.pools import ValueOutsideError
from synnefo.cyclades.domain.subnets import SubnetOrder
from synnefo.kit.faults import BadRequest, Conflict, OverLimit


@st.composite
def networks(draw: st.DrawFn) -> ipaddress.IPv4Network:
    length = draw(st.integers(22, 29))
    start = draw(st.integers(0, 2**length - 1)) << (32 - length)
    return ipaddress.IPv4Network((start, length))


@given(networks(), st.data())
def test_default_pools_hold_every_host_but_the_gateway(
    network: ipaddress.IPv4Network, data: st.DataObject
) -> None:
    hosts = [int(address) for address in network.hosts()]
    gateway = data.draw(st.none() | st.sampled_from(hosts))
    text = None if gateway is None else str(ipaddress.IPv4Address(gateway))
    ranges = addressing.default_ranges(network, text)
    inside = [n for r in ranges for n in range(r.start, r.end + 1)]
    assert inside == [n for n in hosts if n != gateway]
    addressing.check_ranges(ranges, network, text)


@given(networks(), st.data())
def test_a_place_in_a_pool_and_its_address_are_one(
    network: ipaddress.IPv4Network, data: st.DataObject
) -> None:
    for pool in subnets.plan(SubnetOrder(cidr=str(network)), shortest_prefix=22).pools:
        index = data.draw(st.integers(0, pool.size - 1))
        address = addressing.address_at(str(network), pool.offset, index)
        assert ipaddress.IPv4Address(address) in network
        assert addressing.index_of(str(network), pool.offset, address) == index


def test_an_address_before_its_pool_is_outside() -> None:
    with pytest.raises(ValueOutsideError):
        addressing.index_of("10.0.0.0/24", 10, "10.0.0.5")


def test_a_gateway_in_the_middle_makes_two_pools() -> None:
    plan = subnets.plan(SubnetOrder(cidr="10.0.0.0/29", gateway="10.0.0.3"), shortest_prefix=22)
    assert [(p.offset, p.size) for p in plan.pools] == [(1, 2), (4, 3)]


def test_without_a_gateway_there_is_one_pool() -> None:
    plan = subnets.plan(SubnetOrder(cidr="10.0.0.0/29", gateway=None), shortest_prefix=22)
    assert (plan.gateway, [(p.offset, p.size) for p in plan.pools]) == (None, [(1, 6)])


def test_a_gateway_at_the_edge_of_the_network_keeps_one_pool() -> None:
    plan = subnets.plan(SubnetOrder(cidr="10.0.0.0/29", gateway="10.0.0.0"), shortest_prefix=22)
    assert [(p.offset, p.size) for p in plan.pools] == [(1, 6)]


def test_special_addresses_inside_of_a_range_stay_reserved() -> None:
    network = ipaddress.IPv4Network("10.0.0.0/29")
    whole = AddressRange(int(network[0]), int(network[-1]))
    assert addressing.shape_of(whole, network, "10.0.0.1").reserved == (0, 1, 7)
    assert addressing.shape_of(whole, network, None).reserved == (0, 7)


@pytest.mark.parametrize(
    ("pools", "kind"),
    [
        ((("10.0.0.0", "10.0.0.5"),), Conflict),
        ((("10.0.0.5", "10.0.0.255"),), Conflict),
        ((("10.0.0.9", "10.0.0.5"),), Conflict),
        ((("10.0.0.1", "10.0.0.5"),), Conflict),
        ((("10.0.0.2", "10.0.0.9"), ("10.0.0.9", "10.0.0.12")), Conflict),
        ((("10.0.0.2", "10.0.0.99"), ("10.0.0.9", "10.0.0.12")), Conflict),
        ((("ten", "10.0.0.9"),), BadRequest),
    ],
)
def test_allocation_pools_that_make_no_sense_are_refused(
    pools: tuple[tuple[str, str], ...], kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        subnets.plan(SubnetOrder(cidr="10.0.0.0/24", pools=pools), shortest_prefix=22)


def test_given_pools_are_sorted_and_kept() -> None:
    pools = (("10.0.0.20", "10.0.0.29"), ("10.0.0.5", "10.0.0.9"))
    plan = subnets.plan(SubnetOrder(cidr="10.0.0.0/24", pools=pools), shortest_prefix=22)
    assert [(p.offset, p.size, p.reserved) for p in plan.pools] == [(5, 5, ()), (20, 10, ())]


@pytest.mark.parametrize(
    ("order", "kind"),
    [
        (SubnetOrder(cidr="10.0.0.1/24"), BadRequest),
        (SubnetOrder(cidr="ten"), BadRequest),
        (SubnetOrder(cidr="10.0.0.0/21"), OverLimit),
        (SubnetOrder(cidr="10.0.0.0/30"), OverLimit),
        (SubnetOrder(cidr="10.0.0.0/24", ip_version=5), BadRequest),
        (SubnetOrder(cidr="10.0.0.0/24", gateway="10.0.1.1"), BadRequest),
        (SubnetOrder(cidr="10.0.0.0/24", gateway="gate"), BadRequest),
        (SubnetOrder(cidr="10.0.0.0/24", name="x" * 129), BadRequest),
        (SubnetOrder(cidr="2001:db8::/65", ip_version=6), BadRequest),
        (SubnetOrder(cidr="2001:db8::/64", ip_version=6, pools=(("a", "b"),)), Conflict),
        (SubnetOrder(cidr="10.0.0.0/24", ip_version=6), BadRequest),
    ],
)
def test_a_subnet_that_breaks_a_rule_is_refused(order: SubnetOrder, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        subnets.plan(order, shortest_prefix=22)


def test_an_ipv6_subnet_has_a_gateway_and_no_pools() -> None:
    plan = subnets.plan(SubnetOrder(cidr="2001:db8::/64", ip_version=6), shortest_prefix=22)
    assert (plan.gateway, plan.pools) == ("2001:db8::1", ())


def test_addresses_are_read_strictly() -> None:
    assert addressing.read_ipv4("10.0.0.7") == "10.0.0.7"
    for text in ("10.0.0.256", "10.0.0", "::1", 7):
        with pytest.raises(BadRequest):
            addressing.read_ipv4(text)


def test_an_ipv6_address_follows_from_the_mac() -> None:
    found = addressing.eui64("aa:00:01:2a:11:05", "2001:db8::/64")
    assert found == "2001:db8::a800:1ff:fe2a:1105"
    with pytest.raises(ValueError, match="no /64"):
        addressing.eui64("aa:00:01:2a:11:05", "2001:db8::/48")


@given(st.lists(st.integers(0, 255), min_size=6, max_size=6))
def test_different_macs_have_different_addresses(octets: list[int]) -> None:
    mac = ":".join(f"{octet:02x}" for octet in octets)
    address = int(ipaddress.IPv6Address(addressing.eui64(mac, "2001:db8::/64")))
    host = address.to_bytes(16, "big")[8:]
    assert [host[0] ^ 2, host[1], host[2], host[5], host[6], host[7]] == octets
