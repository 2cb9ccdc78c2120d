"""Addresses: given once, never lost, whoever comes at the same time."""

from collections import Counter

import pytest
from django.db import transaction

from synnefo.cyclades.domain.instances import NicSpec
from synnefo.cyclades.domain.ports import RequestedNetwork
from synnefo.cyclades.domain.subnets import SubnetOrder
from synnefo.cyclades.models import IPAddress, IPAddressHistory, Port, QueuedErrand, Server
from synnefo.cyclades.network_settings import NetworkSettings
from synnefo.cyclades.usecases import (
    floating_ips,
    nic_outcomes,
    plugs,
    ports,
    server_actions,
    servers,
    subnets,
)
from synnefo.cyclades.usecases.floating_ips import FloatingIpOrder
from synnefo.cyclades.usecases.plugs import PortOrder
from synnefo.kit import clock, conf
from synnefo.kit.faults import (
    BadRequest,
    Conflict,
    Fault,
    Forbidden,
    ItemNotFound,
    OverLimit,
    ServiceUnavailable,
)
from tests.support.compute import Stage, a_caller
from tests.support.networks import (
    a_private,
    a_public,
    assert_nothing_leaked,
    free_and_all,
    together,
)

pytestmark = pytest.mark.django_db(databases=["cyclades"], transaction=True)

ADA, EVE = a_caller(), a_caller("eve")


def asked(network_id: int, **fields: str) -> tuple[RequestedNetwork, ...]:
    return (RequestedNetwork(uuid=str(network_id), **fields),)


def a_server(stage: Stage, *items: RequestedNetwork) -> Server:
    made = servers.create(ADA, stage.order(networks=items)).servers[0]
    stage.run()
    return Server.objects.get(id=made.id)


class TestAtOnce:
    def test_fifty_ports_at_once_have_fifty_addresses(self, stage: Stage) -> None:
        network = a_private(ADA)
        outcomes = together(50, lambda _n: ports.create(ADA, str(network.id)))
        assert outcomes == ["made"] * 50
        assert IPAddress.objects.filter(network=network).count() == 50
        assert_nothing_leaked(network)

    def test_of_fifty_at_six_addresses_six_are_made(self, stage: Stage) -> None:
        network = a_private(ADA, cidr="10.0.0.0/29")
        outcomes = Counter(together(50, lambda _n: ports.create(ADA, str(network.id))))
        assert outcomes == {"made": 5, "Conflict": 45}
        assert free_and_all(network) == (0, 5)
        assert Port.objects.count() == 5

    def test_one_address_wished_for_by_twenty_goes_to_one(self, stage: Stage) -> None:
        network = a_private(ADA)
        wish = "192.168.7.77"
        outcomes = Counter(
            together(20, lambda _n: ports.create(ADA, str(network.id), address=wish))
        )
        assert outcomes == {"made": 1, "Conflict": 19}
        assert_nothing_leaked(network)

    def test_making_and_deleting_at_once_leaks_nothing(self, stage: Stage) -> None:
        network = a_private(ADA, cidr="10.0.0.0/28")

        def come_and_go(_number: int) -> None:
            ports.delete(ADA, str(ports.create(ADA, str(network.id)).id))

        assert set(together(50, come_and_go)) <= {"made", "Conflict"}
        assert free_and_all(network) == (13, 13)
        assert_nothing_leaked(network)

    def test_floating_ips_at_once_stay_within_the_quota(self, stage: Stage) -> None:
        network = a_public(floating_ip_pool=True)
        stage.quota.limits = {"cyclades.floating_ip": 4}
        order = FloatingIpOrder(network_id=str(network.id))
        outcomes = Counter(together(20, lambda _n: floating_ips.create(ADA, order)))
        assert outcomes == {"made": 4, "QuotaExceeded": 16}
        assert stage.quota.of("ada") == {"cyclades.floating_ip": 4}
        assert_nothing_leaked(network)

    def test_twenty_servers_at_once_on_one_network(self, stage: Stage) -> None:
        network = a_private(ADA)
        order = stage.order(networks=asked(network.id))
        assert set(together(20, lambda _n: servers.create(ADA, order))) == {"made"}
        stage.run()
        assert Server.objects.filter(operstate="STARTED").count() == 20
        assert_nothing_leaked(network)
        for server in Server.objects.all():
            server_actions.destroy(ADA, str(server.id))
        stage.run()
        assert free_and_all(network) == (253, 253)
        assert not Port.objects.exists()


class TestServers:
    def test_a_server_gets_its_wish_and_its_mac(self, stage: Stage) -> None:
        network = a_private(ADA)
        server = a_server(stage, RequestedNetwork(uuid=str(network.id), fixed_ip="192.168.7.9"))
        (held,) = ports.addresses_of([server.id])[server.id]
        assert [a.address for a in held.addresses] == ["192.168.7.9"]
        assert (held.state, held.index, held.network_name) == ("ACTIVE", 0, "lan")
        assert held.mac

    def test_addresses_of_many_servers_are_read_in_one_query(
        self, stage: Stage, django_assert_num_queries: object
    ) -> None:
        network = a_private(ADA)
        made = [a_server(stage, *asked(network.id)) for _one in range(3)]
        with django_assert_num_queries(1, using="cyclades"):  # type: ignore[operator]
            found = ports.addresses_of(server.id for server in made)
        assert len(found) == 3

    def test_a_server_that_is_gone_gives_its_addresses_back(self, stage: Stage) -> None:
        network = a_private(ADA)
        server = a_server(stage, *asked(network.id))
        server_actions.destroy(ADA, str(server.id))
        stage.run()
        assert free_and_all(network) == (253, 253)

    def test_an_existing_port_is_plugged(self, stage: Stage) -> None:
        port = ports.create(ADA, str(a_private(ADA).id))
        server = a_server(stage, RequestedNetwork(port=str(port.id)))
        assert Port.objects.get(id=port.id).server == server
        with pytest.raises(Conflict):
            servers.create(ADA, stage.order(networks=(RequestedNetwork(port=str(port.id)),)))

    @pytest.mark.parametrize(
        ("item", "kind"),
        [
            (RequestedNetwork(uuid="lan"), ItemNotFound),
            (RequestedNetwork(port="99"), ItemNotFound),
            (RequestedNetwork(), BadRequest),
        ],
    )
    def test_what_is_not_there_is_said(
        self, stage: Stage, item: RequestedNetwork, kind: type[Fault]
    ) -> None:
        with pytest.raises(kind):
            servers.create(ADA, stage.order(networks=(item,)))
        assert not Server.objects.exists()
        assert stage.quota.of("ada") == {}

    def test_a_network_without_addresses_gives_a_card_and_none(self, stage: Stage) -> None:
        network = a_private(ADA, cidr=None)
        with pytest.raises(BadRequest):
            servers.create(ADA, stage.order(networks=asked(network.id, fixed_ip="10.0.0.1")))
        server = a_server(stage, *asked(network.id))
        assert ports.addresses_of([server.id])[server.id][0].addresses == ()

    def test_somebody_elses_network_is_not_found(self, stage: Stage) -> None:
        network = a_private(EVE)
        with pytest.raises(ItemNotFound):
            servers.create(ADA, stage.order(networks=asked(network.id)))

    def test_a_public_network_needs_a_floating_ip(self, stage: Stage) -> None:
        network = a_public(floating_ip_pool=True)
        with pytest.raises(Conflict):
            servers.create(ADA, stage.order(networks=asked(network.id)))
        ip = floating_ips.create(ADA, FloatingIpOrder())
        server = a_server(stage, *asked(network.id))
        ip.refresh_from_db()
        assert ip.port is not None
        assert ip.port.server == server
        with pytest.raises(Conflict):
            floating_ips.delete(ADA, str(ip.id))
        server_actions.destroy(ADA, str(server.id))
        stage.run()
        ip.refresh_from_db()
        assert ip.port is None
        floating_ips.delete(ADA, str(ip.id))
        assert stage.quota.of("ada") == {}
        assert free_and_all(network) == (253, 253)
        actions = IPAddressHistory.objects.values_list("action", flat=True)
        assert list(actions) == ["associate", "disassociate"]

    def test_an_open_public_network_gives_addresses_to_all(self, stage: Stage) -> None:
        network = a_public()
        with conf.override(NetworkSettings, cyclades_public_addresses_for_all=True):
            a_server(stage, *asked(network.id))
            with pytest.raises(Forbidden):
                servers.create(ADA, stage.order(networks=asked(network.id, fixed_ip="10.2.1.9")))
        assert_nothing_leaked(network)

    def test_forced_networks_come_first_and_default_ones_when_nothing_is_asked(
        self, stage: Stage
    ) -> None:
        private, full = a_private(ADA), a_public("10.0.0.0/29")
        roomy = a_public("10.9.0.0/24")
        while free_and_all(full)[0]:
            a_network = asked(full.id)
            with conf.override(NetworkSettings, cyclades_public_addresses_for_all=True):
                servers.create(ADA, stage.order(networks=a_network))
        with conf.override(
            NetworkSettings,
            cyclades_forced_server_networks=["SNF:ANY_PUBLIC_IPV4"],
            cyclades_default_server_networks=[["999", str(private.id)]],
        ):
            server = servers.create(ADA, stage.order(networks=None)).servers[0]
        held = ports.addresses_of([server.id])[server.id]
        assert [one.network_id for one in held] == [roomy.id, private.id]

    def test_a_forced_network_without_addresses_is_our_fault(self, stage: Stage) -> None:
        with (
            conf.override(NetworkSettings, cyclades_forced_server_networks=["SNF:ANY_PUBLIC"]),
            pytest.raises(ServiceUnavailable),
        ):
            servers.create(ADA, stage.order(networks=()))

    def test_a_default_network_that_cannot_be_had_is_said(self, stage: Stage) -> None:
        a_public(floating_ip_pool=True)
        with (
            conf.override(
                NetworkSettings, cyclades_default_server_networks=["SNF:ANY_PUBLIC_IPV4"]
            ),
            pytest.raises(Conflict),
        ):
            servers.create(ADA, stage.order(networks=None))


class TestPlugging:
    def test_a_port_is_plugged_into_a_running_server_and_pulled_out(self, stage: Stage) -> None:
        network = a_private(ADA)
        server = a_server(stage)
        port = plugs.create(ADA, PortOrder(network_id=str(network.id), server_id=str(server.id)))
        assert (port.state, port.device_owner) == ("BUILD", "vm")
        for _round in range(3):
            stage.run()
            _hurry()
        port.refresh_from_db()
        server.refresh_from_db()
        assert (port.state, server.task) == ("ACTIVE", None)
        plugs.delete_port(ADA, str(port.id))
        stage.run()
        assert not Port.objects.exists()
        assert free_and_all(network) == (253, 253)

    def test_a_refused_plug_frees_the_port(self, stage: Stage) -> None:
        network = a_private(ADA)
        server = a_server(stage, *asked(network.id))
        port = plugs.create(ADA, PortOrder(network_id=str(network.id), server_id=str(server.id)))
        stage.world.refusal = "No."
        stage.run_errands()
        port.refresh_from_db()
        server.refresh_from_db()
        assert (port.state, port.server, server.task) == ("DOWN", None, None)

    def test_nothing_stays_when_the_server_cannot_take_a_port(self, stage: Stage) -> None:
        network = a_private(ADA)
        server = servers.create(ADA, stage.order()).servers[0]
        with pytest.raises(Fault):
            plugs.create(ADA, PortOrder(network_id=str(network.id), server_id=str(server.id)))
        assert not Port.objects.exists()


def _hurry() -> None:
    """Make every errand due now."""
    QueuedErrand.objects.filter(only_once=None).update(ready_at=clock.now())


def observe(server: Server, nics: list[NicSpec]) -> None:
    with transaction.atomic(using="cyclades"):
        nic_outcomes.observe(server, nics, clock.now())


class TestNews:
    def test_an_address_changed_on_the_cluster_is_followed(self, stage: Stage) -> None:
        network = a_private(ADA)
        server = a_server(stage, *asked(network.id))
        port = Port.objects.get(server=server)
        nic = NicSpec(
            name=f"snf-nic-{port.id}", network="n", ip="192.168.7.200", mac="aa:00:10:00:00:99"
        )
        observe(server, [nic])
        assert IPAddress.objects.get().address == "192.168.7.200"
        assert_nothing_leaked(network)
        observe(server, [nic])
        assert_nothing_leaked(network)

    def test_an_address_outside_of_all_pools_is_logged_only(self, stage: Stage) -> None:
        network = a_private(ADA)
        server = a_server(stage, *asked(network.id))
        port = Port.objects.get(server=server)
        nic = NicSpec(name=f"snf-nic-{port.id}", network="n", ip="10.10.10.10", mac=None)
        observe(server, [nic])
        assert not IPAddress.objects.exists()
        assert free_and_all(network) == (253, 253)

    def test_a_card_that_vanished_takes_its_port_along(self, stage: Stage) -> None:
        network = a_private(ADA)
        server = a_server(stage, *asked(network.id))
        observe(server, [NicSpec(name="odd", network="n")])
        assert not Port.objects.exists()
        assert free_and_all(network) == (253, 253)

    def test_ipv6_follows_the_mac(self, stage: Stage) -> None:
        network = a_private(ADA)
        six = SubnetOrder(cidr="2001:db8::/64", ip_version=6)
        subnets.create(ADA, str(network.id), six)
        server = a_server(stage, *asked(network.id))
        port = Port.objects.get(server=server)
        for mac, tail in (("aa:00:10:00:00:01", "1"), ("aa:00:10:00:00:02", "2")):
            nic = NicSpec(
                name=f"snf-nic-{port.id}",
                network="n",
                ip=port.addresses.get(ipversion=4).address,
                mac=mac,
                firewall=f"synnefo:network:snf-nic-{port.id}:protected",
            )
            observe(server, [nic])
            found = IPAddress.objects.get(ipversion=6)
            assert found.address == f"2001:db8::a800:10ff:fe00:{tail}"
        port.refresh_from_db()
        assert port.firewall_profile == "ENABLED"
        assert ports.nics_of(server)[0].firewall is not None


class TestFloating:
    def test_rules(self, stage: Stage) -> None:
        with pytest.raises(Conflict):
            floating_ips.create(ADA, FloatingIpOrder())
        plain, pool = a_public(), a_public("10.3.0.0/24", floating_ip_pool=True)
        with pytest.raises(Conflict):
            floating_ips.create(ADA, FloatingIpOrder(network_id=str(plain.id)))
        with pytest.raises(BadRequest):
            floating_ips.create(ADA, FloatingIpOrder(network_id=str(pool.id), address="10.4.0.4"))
        ip = floating_ips.create(ADA, FloatingIpOrder(address="10.3.0.7"))
        with pytest.raises(Conflict):
            floating_ips.create(EVE, FloatingIpOrder(address="10.3.0.7"))
        with pytest.raises(ItemNotFound):
            floating_ips.delete(EVE, str(ip.id))
        moved = floating_ips.reassign(ADA, str(ip.id), project="lab", shared_to_project=False)
        assert moved.project == "lab"
        assert stage.quota.of("eve") == {}

    def test_one_that_moves_while_it_is_given_back_stays(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        a_public(floating_ip_pool=True)
        ip = floating_ips.create(ADA, FloatingIpOrder())
        issue, key = stage.quota.issue_commission, str(ip.id)
        moves = [lambda: floating_ips.reassign(ADA, key, project="lab", shared_to_project=False)]

        def slowly(*args: object, **more: object) -> int:
            if moves:
                moves.pop()()
            return issue(*args, **more)  # type: ignore[arg-type] # handed through

        monkeypatch.setattr(stage.quota, "issue_commission", slowly)
        with pytest.raises(Conflict):
            floating_ips.delete(ADA, key)
        floating_ips.delete(ADA, key)
        books = stage.quota.service_get_project_quotas()
        assert {one.project_usage for held in books.values() for one in held.values()} == {0}

    def test_a_port_of_a_public_network_carries_a_floating_ip(self, stage: Stage) -> None:
        pool = a_public(floating_ip_pool=True)
        ip = floating_ips.create(ADA, FloatingIpOrder())
        with pytest.raises(BadRequest):
            ports.create(ADA, str(pool.id))
        with pytest.raises(ItemNotFound):
            ports.create(EVE, str(pool.id), address=ip.address)
        port = ports.create(ADA, str(pool.id), address=ip.address)
        with pytest.raises(Conflict):
            ports.create(ADA, str(pool.id), address=ip.address)
        plugs.delete_port(ADA, str(port.id))
        ip.refresh_from_db()
        assert ip.port is None

    def test_over_quota_no_address_is_taken(self, stage: Stage) -> None:
        pool = a_public(floating_ip_pool=True)
        stage.quota.limits = {"cyclades.floating_ip": 0}
        with pytest.raises(OverLimit):
            floating_ips.create(ADA, FloatingIpOrder())
        assert free_and_all(pool) == (253, 253)
