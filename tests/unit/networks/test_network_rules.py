"""Flavors, states, firewall profiles and requests of networks."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from synnefo.cyclades.domain import firewall, network_costs, network_states, networks, ports
from synnefo.cyclades.domain.firewall import FirewallProfile
from synnefo.cyclades.domain.network_states import NetworkAction, NetworkState
from synnefo.cyclades.domain.networks import FlavorDefaults, NetworkFlavor, ShapeOrder
from synnefo.cyclades.domain.ports import PortState, RequestedNetwork
from synnefo.kit.faults import BadRequest

DEFAULTS = FlavorDefaults()
PENDING, ACTIVE = NetworkState.PENDING, NetworkState.ACTIVE
DELETED, ERROR = NetworkState.DELETED, NetworkState.ERROR


class TestFlavors:
    @pytest.mark.parametrize(
        ("flavor", "mode", "link", "prefix", "tags"),
        [
            ("CUSTOM", "bridged", "br0", "aa:00:0", ""),
            ("IP_LESS_ROUTED", "routed", None, "aa:00:0", "ip-less-routed"),
            ("MAC_FILTERED", "bridged", "prv0", None, "private-filtered"),
            ("PHYSICAL_VLAN", "bridged", None, "aa:00:0", "physical-vlan"),
            ("CUSTOM_ROUTED", "routed", "br0", "aa:00:0", ""),
            ("PRIVATE_MAC_FILTERED", "bridged", "prv0", None, "private-filtered"),
        ],
    )
    def test_a_flavor_decides_everything(
        self, flavor: str, mode: str, link: str | None, prefix: str | None, tags: str
    ) -> None:
        shape = networks.shape(ShapeOrder(flavor), DEFAULTS)
        assert (shape.mode, shape.link, shape.mac_prefix, shape.tags) == (mode, link, prefix, tags)

    def test_operators_override_a_custom_flavor(self) -> None:
        order = ShapeOrder("CUSTOM", mode="routed", link="br7", mac_prefix="AA:00:7", tags="x")
        shape = networks.shape(order, DEFAULTS)
        assert (shape.mode, shape.link, shape.mac_prefix) == ("routed", "br7", "aa:00:7")
        assert not shape.needs_bridge
        assert not shape.needs_mac_prefix

    @pytest.mark.parametrize(
        "order",
        [
            ShapeOrder("NOTHING"),
            ShapeOrder("MAC_FILTERED", mac_prefix="aa:00:1"),
            ShapeOrder("PHYSICAL_VLAN", link="prv1"),
            ShapeOrder("CUSTOM", mode="sideways"),
            ShapeOrder("CUSTOM", mac_prefix="zz"),
        ],
    )
    def test_nonsense_is_refused(self, order: ShapeOrder) -> None:
        with pytest.raises(BadRequest):
            networks.shape(order, DEFAULTS)

    def test_pools_are_drawn_from_by_two_flavors(self) -> None:
        assert networks.shape(ShapeOrder("PHYSICAL_VLAN"), DEFAULTS).needs_bridge
        assert networks.shape(ShapeOrder("MAC_FILTERED"), DEFAULTS).needs_mac_prefix

    def test_names_are_checked_and_made(self) -> None:
        networks.check_name("n" * 128)
        with pytest.raises(BadRequest):
            networks.check_name("n" * 129)
        assert networks.mac_prefix_on("aa:00:1", 3) == "aa:00:13"
        assert networks.link_name("snf-", 7) == "snf-link-7"

    def test_tags_tell_dhcp_and_public(self) -> None:
        assert networks.cluster_tags(None, any_dhcp=False, public=True) == ("public",)
        tags = networks.cluster_tags("a, b", any_dhcp=True, public=False)
        assert tags == ("a", "b", "nfdhcpd", "private")

    def test_only_private_networks_cost(self) -> None:
        assert network_costs.of_network(public=True) == {}
        assert network_costs.of_network(public=False) == {"cyclades.network.private": 1}
        assert network_costs.of_deleted_network(public=False) == {"cyclades.network.private": -1}
        assert network_costs.of_deleted_network(public=True) == {}
        assert network_costs.of_floating_ip() == {"cyclades.floating_ip": 1}
        assert network_costs.of_deleted_floating_ip() == {"cyclades.floating_ip": -1}


class TestStates:
    @pytest.mark.parametrize(
        ("before", "opcode", "status", "absent", "then"),
        [
            (PENDING, "OP_NETWORK_ADD", "success", False, PENDING),
            (PENDING, "OP_NETWORK_CONNECT", "success", False, ACTIVE),
            (ACTIVE, "OP_NETWORK_DISCONNECT", "success", False, PENDING),
            (PENDING, "OP_NETWORK_REMOVE", "success", False, DELETED),
            (ACTIVE, "OP_NETWORK_SET_PARAMS", "success", False, ACTIVE),
            (PENDING, "OP_NETWORK_ADD", "error", False, ERROR),
            (PENDING, "OP_NETWORK_ADD", "canceled", False, ERROR),
            (ACTIVE, "OP_NETWORK_CONNECT", "error", False, ACTIVE),
            (ACTIVE, "OP_NETWORK_REMOVE", "error", True, DELETED),
            (ACTIVE, "OP_NETWORK_REMOVE", "error", False, ACTIVE),
            (PENDING, "OP_NETWORK_CONNECT", "running", False, PENDING),
        ],
    )
    def test_a_job_leads_to_a_state_on_its_cluster(
        self, before: NetworkState, opcode: str, status: str, absent: bool, then: NetworkState
    ) -> None:
        assert network_states.on_cluster(before, opcode, status, absent=absent) is then

    def test_making_a_network_twice_does_no_harm(self) -> None:
        told = network_states.on_cluster(ACTIVE, "OP_NETWORK_ADD", "error", there=True)
        assert told is ACTIVE

    @pytest.mark.parametrize(
        ("before", "action", "rows", "then"),
        [
            (ACTIVE, NetworkAction.DESTROY, [ACTIVE, DELETED], ACTIVE),
            (ACTIVE, NetworkAction.DESTROY, [DELETED], DELETED),
            (ACTIVE, NetworkAction.DESTROY, [], DELETED),
            (ERROR, NetworkAction.CREATE, [], ACTIVE),
            (PENDING, None, [ACTIVE, ERROR], ACTIVE),
            (PENDING, None, [PENDING], PENDING),
            (ACTIVE, NetworkAction.CREATE, [DELETED], ACTIVE),
        ],
    )
    def test_a_network_is_deleted_only_when_asked_and_gone_everywhere(
        self,
        before: NetworkState,
        action: NetworkAction | None,
        rows: list[NetworkState],
        then: NetworkState,
    ) -> None:
        assert network_states.overall(before, action, rows) is then


class TestFirewall:
    def test_a_profile_and_its_tag_are_one(self) -> None:
        for profile in FirewallProfile:
            tag = firewall.tag_of(profile, "snf-nic-1")
            assert tag.startswith("synnefo:network:snf-nic-1:")
            assert firewall.profile_of(tag.rsplit(":", 1)[1]) is profile
        assert firewall.profile_of("nonsense") is None


class TestRequests:
    def test_an_item_names_one_thing(self) -> None:
        ports.check_request(RequestedNetwork(uuid="1"))
        ports.check_request(RequestedNetwork(port="1"))
        for item in (
            RequestedNetwork(),
            RequestedNetwork(uuid="1", port="2"),
            RequestedNetwork(uuid="1", fixed_ip=None),
        ):
            with pytest.raises(BadRequest):
                ports.check_request(item)

    def test_a_request_may_leave_the_address_out(self) -> None:
        assert msgspec.json.decode(b'{"uuid": "1"}', type=RequestedNetwork).fixed_ip is (
            msgspec.UNSET
        )

    def test_ports_are_counted(self) -> None:
        ports.check_count(8, 8)
        with pytest.raises(BadRequest):
            ports.check_count(9, 8)

    def test_settings_name_one_network_or_several(self) -> None:
        assert ports.alternatives("7") == ("7",)
        assert ports.alternatives(["7", 8]) == ("7", "8")

    def test_any_public_network_has_a_wish_of_versions(self) -> None:
        assert ports.versions("SNF:ANY_PUBLIC") == (4, 6)
        assert ports.versions("SNF:ANY_PUBLIC_IPV6") == (6,)
        assert ports.versions("17") == ()

    def test_a_missing_port_is_stale_once_it_was_active_or_old(self) -> None:
        old, young = timedelta(minutes=2), timedelta(seconds=5)
        assert ports.is_stale(PortState.ACTIVE, young, connecting=False)
        assert ports.is_stale(PortState.BUILD, old, connecting=False)
        assert not ports.is_stale(PortState.BUILD, young, connecting=False)
        assert not ports.is_stale(PortState.BUILD, old, connecting=True)

    def test_the_age_of_a_port_is_measured(self) -> None:
        then = datetime(2026, 1, 1, tzinfo=UTC)
        assert ports.age_of(then, then + timedelta(seconds=9)) == timedelta(seconds=9)


def test_every_flavor_has_a_name_of_its_own() -> None:
    assert {networks.read_flavor(str(flavor)) for flavor in NetworkFlavor} == set(NetworkFlavor)
