"""A network from its order to its end: rows, quota, pools, clusters."""

import pytest

from synnefo.cyclades.domain.network_states import NetworkState
from synnefo.cyclades.domain.networks import ShapeOrder
from synnefo.cyclades.domain.ports import RequestedNetwork
from synnefo.cyclades.domain.subnets import SubnetOrder
from synnefo.cyclades.models import BackendNetwork, BridgePool, Network, Subnet
from synnefo.cyclades.network_settings import NetworkSettings
from synnefo.cyclades.usecases import (
    cluster_networks,
    network_outcomes,
    networks,
    servers,
    subnets,
)
from synnefo.cyclades.usecases import pools as pool_rows
from synnefo.cyclades.usecases.networks import NetworkOrder
from synnefo.cyclades.usecases.pools import PoolKind
from synnefo.kit import conf
from synnefo.kit.faults import (
    BadRequest,
    Conflict,
    Fault,
    Forbidden,
    ItemNotFound,
    OverLimit,
    ServiceUnavailable,
)
from synnefo.serve.errands import Later
from synnefo.wire.job_events import JobEvent
from tests.support.compute import Stage, a_caller
from tests.support.networks import OPERATOR, a_private, a_public

pytestmark = pytest.mark.django_db(databases=["cyclades"], transaction=True)

ADA, EVE = a_caller(), a_caller("eve")
HELD = {"cyclades.network.private": 1}


def fresh(network: Network) -> Network:
    return Network.objects.get(id=network.id)


class TestCreating:
    def test_a_private_network_is_active_and_charged_at_once(self, stage: Stage) -> None:
        network = a_private(ADA)
        assert (network.state, network.flavor, network.link) == ("ACTIVE", "MAC_FILTERED", "prv0")
        assert (network.mac_prefix, network.userid) == ("aa:00:1", "ada")
        assert stage.quota.of("ada") == HELD
        assert stage.world.networks == {}

    def test_each_one_has_a_prefix_of_its_own(self, stage: Stage) -> None:
        made = [a_private(ADA).mac_prefix for _one in range(3)]
        assert made == ["aa:00:1", "aa:00:2", "aa:00:3"]

    def test_over_quota_nothing_is_made(self, stage: Stage) -> None:
        stage.quota.limits = {"cyclades.network.private": 1}
        a_private(ADA)
        with pytest.raises(OverLimit):
            networks.create(ADA, NetworkOrder(name="more"))
        assert Network.objects.count() == 1
        assert stage.quota.waiting == {}

    def test_bridges_run_out(self, stage: Stage) -> None:
        order = NetworkOrder(shape=ShapeOrder(flavor="PHYSICAL_VLAN"))
        with conf.override(NetworkSettings, api_enabled_network_flavors=["PHYSICAL_VLAN"]):
            made = [networks.create(ADA, order).link for _one in range(3)]
            assert made == ["prv1", "prv2", "prv3"]
            with pytest.raises(ServiceUnavailable):
                networks.create(ADA, order)
        assert stage.quota.of("ada") == {"cyclades.network.private": 3}

    @pytest.mark.parametrize(
        ("order", "kind"),
        [
            (NetworkOrder(shape=ShapeOrder(flavor="CUSTOM")), Forbidden),
            (NetworkOrder(shape=ShapeOrder(flavor="ODD")), BadRequest),
            (NetworkOrder(name="n" * 129), BadRequest),
            (NetworkOrder(public=True), Forbidden),
            (NetworkOrder(shared_to_project=True), Forbidden),
        ],
    )
    def test_what_breaks_a_rule_is_refused(
        self, stage: Stage, order: NetworkOrder, kind: type[Fault]
    ) -> None:
        with pytest.raises(kind):
            networks.create(ADA, order)
        assert stage.quota.of("ada") == {}

    def test_a_routed_network_has_a_link_of_its_own(self, stage: Stage) -> None:
        order = NetworkOrder(public=True, shape=ShapeOrder(flavor="IP_LESS_ROUTED"))
        network = networks.create(OPERATOR, order)
        assert network.link == f"snf-link-{network.id}"
        taken = ShapeOrder(flavor="IP_LESS_ROUTED", link=network.link)
        with pytest.raises(BadRequest):
            networks.create(OPERATOR, NetworkOrder(public=True, shape=taken))


class TestSeeing:
    def test_strangers_see_public_networks_only(self, stage: Stage) -> None:
        mine, public = a_private(ADA), a_public()
        assert networks.visible(ADA, str(mine.id)) == mine
        assert networks.visible(EVE, str(public.id)) == public
        for who, name in ((EVE, str(mine.id)), (ADA, "lan"), (ADA, "999"), (ADA, "9" * 40)):
            with pytest.raises(ItemNotFound):
                networks.visible(who, name)

    def test_strangers_change_nothing(self, stage: Stage) -> None:
        public = a_public()
        for act in (
            lambda: networks.modify(EVE, str(public.id), name="mine"),
            lambda: networks.delete(EVE, str(public.id)),
            lambda: subnets.create(EVE, str(public.id), SubnetOrder(cidr="10.9.0.0/24")),
            lambda: networks.reassign(EVE, str(public.id), project="p", shared_to_project=False),
        ):
            with pytest.raises(Forbidden):
                act()


class TestSubnets:
    def test_a_network_has_one_subnet_of_each_version(self, stage: Stage) -> None:
        network = a_private(ADA)
        with pytest.raises(BadRequest):
            subnets.create(ADA, str(network.id), SubnetOrder(cidr="10.0.0.0/24"))
        six = SubnetOrder(cidr="2001:db8::/64", ip_version=6)
        assert subnets.create(ADA, str(network.id), six).gateway == "2001:db8::1"

    def test_a_network_in_use_takes_no_subnet(self, stage: Stage) -> None:
        network = a_private(ADA, cidr=None)
        cluster_networks.ensure_on_cluster(stage.cluster, network)
        with pytest.raises(BadRequest):
            subnets.create(ADA, str(network.id), SubnetOrder(cidr="10.0.0.0/24"))

    def test_an_unused_subnet_can_be_renamed_and_deleted(self, stage: Stage) -> None:
        network = a_private(ADA)
        subnet = Subnet.objects.get(network=network)
        assert subnets.rename(ADA, str(subnet.id), name="s").name == "s"
        subnets.delete(ADA, str(subnet.id))
        with pytest.raises(ItemNotFound):
            subnets.visible(ADA, str(subnet.id))
        subnets.create(ADA, str(network.id), SubnetOrder(cidr="10.0.0.0/24"))


class TestOnClusters:
    def test_a_network_becomes_real_when_first_needed(self, stage: Stage) -> None:
        network = a_private(ADA)
        jobs = cluster_networks.ensure_on_cluster(stage.cluster, network)
        assert len(jobs) == 1
        assert cluster_networks.ensure_on_cluster(stage.cluster, network) == jobs
        stage.run()
        row = BackendNetwork.objects.get(network=network)
        assert (row.operstate, row.connect_jobs, row.mac_prefix) == ("ACTIVE", [], "aa:00:10")
        assert cluster_networks.ensure_on_cluster(stage.cluster, network) == []
        assert list(stage.world.networks) == [f"snf-net-{network.id}"]

    def test_a_second_caller_waits_while_the_first_is_asking(self, stage: Stage) -> None:
        network = a_private(ADA)
        cluster_networks._claim(stage.cluster, network)
        with pytest.raises(Later):
            cluster_networks.ensure_on_cluster(stage.cluster, network)

    def test_a_cluster_that_was_down_is_asked_again(self, stage: Stage) -> None:
        network = a_private(ADA)
        stage.world.unreachable = True
        for _twice in range(2):
            with pytest.raises(Exception, match="does not answer"):
                cluster_networks.ensure_on_cluster(stage.cluster, network)
        stage.world.unreachable = False
        assert cluster_networks.ensure_on_cluster(stage.cluster, network)

    def test_a_network_that_is_there_already_is_only_connected(self, stage: Stage) -> None:
        network = a_private(ADA)
        cluster_networks.ensure_on_cluster(stage.cluster, network)
        stage.world.run_jobs()
        BackendNetwork.objects.all().delete()
        assert cluster_networks.ensure_on_cluster(stage.cluster, network) == []
        assert BackendNetwork.objects.get(network=network).operstate == "ACTIVE"

    def test_old_news_change_nothing(self, stage: Stage) -> None:
        network = a_private(ADA)
        cluster_networks.ensure_on_cluster(stage.cluster, network)
        told = stage.run()
        connected = next(e for e in told if e.operation == "OP_NETWORK_CONNECT")
        early = JobEvent(
            type=connected.type,
            operation="OP_NETWORK_DISCONNECT",
            status="success",
            cluster=connected.cluster,
            job_id=1,
            event_time=(1, 0),
            network=connected.network,
        )
        network_outcomes.apply(early)
        assert BackendNetwork.objects.get(network=network).operstate == "ACTIVE"

    def test_news_of_nobody_are_dropped(self, stage: Stage) -> None:
        for network, cluster in (("other-1", "simulated.example.org"), ("snf-net-99", "no")):
            network_outcomes.apply(
                JobEvent(
                    type="ganeti-network-status",
                    operation="OP_NETWORK_ADD",
                    status="success",
                    cluster=cluster,
                    job_id=1,
                    event_time=(1, 0),
                    network=network,
                )
            )
        assert not BackendNetwork.objects.exists()

    def test_a_failed_creation_is_remembered_and_tried_again(self, stage: Stage) -> None:
        network = a_private(ADA)
        row = BackendNetwork.objects.create(
            network=network, cluster=stage.cluster, mac_prefix="aa:00:10", connect_jobs=[7]
        )
        for opcode, job in (("OP_NETWORK_ADD", 6), ("OP_NETWORK_CONNECT", 7)):
            network_outcomes.apply(
                JobEvent(
                    type="ganeti-network-status",
                    operation=opcode,
                    status="error",
                    cluster=stage.cluster.clustername,
                    job_id=job,
                    event_time=(2000000000, job),
                    network=f"snf-net-{network.id}",
                )
            )
        row.refresh_from_db()
        assert (row.operstate, row.connect_jobs) == (NetworkState.ERROR, [])
        assert cluster_networks.ensure_on_cluster(stage.cluster, network)


class TestDeleting:
    def test_a_network_without_clusters_goes_at_once(self, stage: Stage) -> None:
        network = a_private(ADA)
        networks.delete(ADA, str(network.id))
        assert (fresh(network).deleted, fresh(network).state) == (True, "DELETED")
        assert stage.quota.of("ada") == {}
        assert a_private(ADA).mac_prefix == "aa:00:1"
        with pytest.raises(ItemNotFound):
            networks.delete(ADA, str(network.id))

    def test_a_real_network_goes_when_its_cluster_let_go(self, stage: Stage) -> None:
        network = a_private(ADA)
        cluster_networks.ensure_on_cluster(stage.cluster, network)
        stage.run()
        networks.delete(ADA, str(network.id))
        assert not fresh(network).deleted
        assert stage.quota.of("ada") == HELD
        stage.run()
        assert fresh(network).deleted
        assert stage.world.networks == {}
        stage.run_errands()
        assert stage.quota.of("ada") == {}
        networks.release_quota(network.id)
        assert stage.quota.of("ada") == {}

    def test_a_network_that_its_cluster_lost_goes_too(self, stage: Stage) -> None:
        network = a_private(ADA)
        cluster_networks.ensure_on_cluster(stage.cluster, network)
        stage.run()
        stage.world.networks.clear()
        networks.delete(ADA, str(network.id))
        stage.run()
        assert fresh(network).deleted

    def test_a_network_with_servers_stays(self, stage: Stage) -> None:
        network = a_private(ADA)
        item = (RequestedNetwork(uuid=str(network.id)),)
        servers.create(ADA, stage.order(networks=item))
        with pytest.raises(Conflict):
            networks.delete(ADA, str(network.id))

    def test_bridges_come_back(self, stage: Stage) -> None:
        order = NetworkOrder(userid="ada", shape=ShapeOrder(flavor="PHYSICAL_VLAN"))
        network = networks.create(OPERATOR, order)
        networks.delete(OPERATOR, str(network.id))
        assert BridgePool.objects.get().read().count_available() == 3


class TestOperators:
    def test_public_networks_are_drained_and_undrained(self, stage: Stage) -> None:
        public, private = a_public(), a_private(ADA)
        assert networks.drain(public.id, drained=True).status == "SNF:DRAINED"
        with pytest.raises(BadRequest):
            networks.drain(public.id, drained=True)
        assert networks.drain(public.id, drained=False).status == "ACTIVE"
        with pytest.raises(BadRequest):
            networks.drain(private.id, drained=True)

    def test_a_network_moves_to_another_project(self, stage: Stage) -> None:
        network = a_private(ADA)
        with conf.override(NetworkSettings, cyclades_shared_resources_enabled=True):
            moved = networks.reassign(ADA, str(network.id), project="lab", shared_to_project=True)
        assert (moved.project, moved.shared_to_project) == ("lab", True)
        assert stage.quota.of("ada") == HELD

    def test_one_that_moves_while_it_is_deleted_is_charged_to_one_project(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        network = a_private(ADA)
        issue, key = stage.quota.issue_commission, str(network.id)
        moves = [lambda: networks.reassign(ADA, key, project="lab", shared_to_project=False)]

        def slowly(*args: object, **more: object) -> int:
            if moves:
                moves.pop()()
            return issue(*args, **more)  # type: ignore[arg-type] # handed through

        monkeypatch.setattr(stage.quota, "issue_commission", slowly)
        with pytest.raises(Conflict):
            networks.delete(ADA, key)
        assert (stage.quota.of("ada"), stage.quota.waiting) == (HELD, {})
        networks.delete(ADA, key)
        books = stage.quota.service_get_project_quotas()
        assert {one.project_usage for held in books.values() for one in held.values()} == {0}

    def test_pools_are_made_changed_and_removed(self, stage: Stage) -> None:
        row = pool_rows.every(PoolKind.BRIDGE)[0]
        with pytest.raises(Conflict):
            pool_rows.create(PoolKind.BRIDGE, base="prv", size=3)
        changed = pool_rows.modify(PoolKind.BRIDGE, row.id, size=5, reserve=("prv1",))
        assert (changed.size, changed.read().count_reserved()) == (5, 1)
        changed = pool_rows.modify(PoolKind.BRIDGE, row.id, unreserve=("prv1",))
        assert changed.read().count_reserved() == 0
        with pytest.raises(BadRequest):
            pool_rows.modify(PoolKind.BRIDGE, row.id, reserve=("br0",))
        pool_rows.remove(PoolKind.BRIDGE, row.id)
        with pytest.raises(ItemNotFound):
            pool_rows.find(PoolKind.BRIDGE, row.id)

    def test_a_pool_in_use_stays(self, stage: Stage) -> None:
        a_private(ADA)
        row = pool_rows.every(PoolKind.MAC_PREFIX)[0]
        with pytest.raises(Conflict):
            pool_rows.remove(PoolKind.MAC_PREFIX, row.id)
