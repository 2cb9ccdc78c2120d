"""Every route of the network API by example, in both dialects."""

from datetime import timedelta
from urllib.parse import quote

import pytest

from synnefo.cyclades.api.network.routes import ROUTES
from synnefo.cyclades.usecases import allowances, servers
from synnefo.kit import clock
from tests.support.compute import Stage, a_caller
from tests.support.cyclades_api import Person
from tests.support.networks import a_public

pytestmark = pytest.mark.django_db(databases=["cyclades"], transaction=True)


def a_network(who: Person, **fields: object) -> dict[str, object]:
    told = who.post("/networks", {"network": {"name": "lan", **fields}})
    assert told.status == 201
    return dict(told.json["network"])


def a_subnet(who: Person, network: object, **fields: object) -> dict[str, object]:
    body = {"network_id": network, "cidr": "192.168.2.0/24", **fields}
    told = who.post("/subnets", {"subnet": body})
    assert told.status == 201, told.content
    return dict(told.json["subnet"])


class TestDiscovery:
    def test_it_needs_no_token(self, stage: Stage) -> None:
        nobody = Person("", "/cyclades/network")
        (version,) = nobody.get("/").json["versions"]
        assert (version["id"], version["status"]) == ("v2.0", "CURRENT")
        names = [r["collection"] for r in nobody.get("/v2.0").json["resources"]]
        assert names == ["networks", "subnets", "ports", "floatingips"]
        assert nobody.get("/v2.0/").status == 200

    def test_extensions_are_listed(self, ada: Person) -> None:
        aliases = [one["alias"] for one in ada.get("/extensions").json["extensions"]]
        assert "external-net" in aliases
        assert ada.get("/extensions/quotas").json["extension"]["alias"] == "quotas"
        missing = ada.get("/extensions/trunk")
        assert missing.status == 404
        assert missing.json["NeutronError"]["type"] == "ExtensionNotFound"

    def test_every_route_refuses_strangers(self, stage: Stage) -> None:
        nobody = Person("", "/cyclades/network")
        for route in ROUTES:
            if route.auth:
                path = route.path.replace("{", "").replace("}", "")
                told = nobody.ask(route.method, path)
                assert told.status == 401, route
                assert told.headers["WWW-Authenticate"].startswith("Keystone")

    def test_every_route_says_what_it_does(self) -> None:
        assert all(route.handler.__doc__ for route in ROUTES)


class TestNetworks:
    def test_both_dialects_read_the_same_network(self, ada: Person) -> None:
        network = a_network(ada, description="d")
        shown = ada.get(f"/networks/{network['id']}").json["network"]
        assert shown == network
        assert shown["type"] == "MAC_FILTERED"
        assert (shown["tenant_id"], shown["project_id"], shown["user_id"]) == ("ada",) * 3
        assert (shown["status"], shown["router:external"], shown["mtu"]) == ("ACTIVE", False, 1500)
        assert shown["created"].endswith("+00:00")
        assert shown["created_at"].endswith("Z")
        assert shown["links"][0]["rel"] == "self"

    def test_names_are_not_ids_and_are_found_by_filter(self, ada: Person) -> None:
        network = a_network(ada)
        missing = ada.get("/networks/lan")
        assert missing.status == 404
        assert missing.json["NeutronError"]["type"] == "NetworkNotFound"
        (found,) = ada.get("/networks?name=lan").json["networks"]
        assert found["id"] == network["id"]
        assert ada.get("/networks?name=none").json == {"networks": []}

    def test_lists_filter_sort_page_and_narrow(self, ada: Person) -> None:
        ids = [a_network(ada, name=name)["id"] for name in ("b", "a", "c")]
        a_public()
        assert len(ada.get("/networks").json["networks"]) == 4
        for flag in ("True", "true", "1", ""):
            external = ada.get(f"/networks?router:external={flag}").json["networks"]
            assert [n["name"] for n in external] == ["public"]
        assert len(ada.get("/networks?shared=False").json["networks"]) == 3
        told = ada.get("/networks?sort_key=name&sort_dir=desc&fields=name&shared=0").json
        assert told["networks"] == [{"name": "c"}, {"name": "b"}, {"name": "a"}]
        page = ada.get("/networks?limit=2").json
        assert [n["id"] for n in page["networks"]] == ids[:2]
        (link,) = page["networks_links"]
        assert f"marker={ids[1]}" in link["href"]
        rest = ada.get(f"/networks?limit=2&marker={ids[1]}").json
        assert len(rest["networks"]) == 2
        assert ada.get("/networks?marker=none").status == 400
        assert len(ada.get(f"/networks?id={ids[0]}&id={ids[2]}").json["networks"]) == 2

    def test_changes_since_tells_what_changed(self, ada: Person) -> None:
        moment = quote(clock.now().isoformat())
        assert ada.get(f"/networks?changes-since={moment}").status == 304
        network = a_network(ada)
        ada.delete(f"/networks/{network['id']}")
        (gone,) = ada.get(f"/networks?changes-since={moment}").json["networks"]
        assert (gone["deleted"], gone["status"]) == (True, "DELETED")
        future = quote((clock.now() + timedelta(hours=1)).isoformat())
        assert ada.get(f"/networks?changes-since={future}").status == 400

    def test_a_network_is_renamed_and_deleted(self, ada: Person, eve: Person) -> None:
        path = f"/networks/{a_network(ada)['id']}"
        assert ada.put(path, {"network": {"name": "n"}}).json["network"]["name"] == "n"
        assert eve.put(path, {"network": {"name": "n"}}).status == 404
        assert eve.delete(path).status == 404
        assert ada.delete(path).status == 204
        assert ada.delete(path).status == 404

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({}, 400),
            ({"network": {"name": "n" * 129}}, 400),
            ({"network": {"type": "ODD"}}, 400),
            ({"network": {"type": "CUSTOM"}}, 403),
            ({"networks": [{"name": "a"}, {"name": "b"}]}, 400),
            ({"network": {"name": 7}}, 400),
        ],
    )
    def test_nonsense_is_refused(self, ada: Person, body: object, status: int) -> None:
        told = ada.post("/networks", body)
        assert told.status == status
        assert told.json["NeutronError"]["message"]

    def test_over_quota_each_dialect_hears_its_own_word(self, ada: Person, stage: Stage) -> None:
        stage.quota.limits = {"cyclades.network.private": 0}
        neutron = ada.post("/networks", {"network": {"name": "n"}})
        assert (neutron.status, neutron.json["NeutronError"]["type"]) == (409, "OverQuota")
        assert ada.post("/networks", {"network": {"type": "MAC_FILTERED"}}).status == 413

    def test_a_network_moves_to_another_project(self, ada: Person) -> None:
        path = f"/networks/{a_network(ada)['id']}/action"
        told = ada.post(path, {"reassign": {"project": "lab"}})
        assert told.json["network"]["tenant_id"] == "lab"
        for body in ({"fly": {}}, {"reassign": "lab"}, {"reassign": {}}):
            assert ada.post(path, body).status == 400

    def test_public_networks_are_the_operators(self, ada: Person) -> None:
        public = a_public()
        assert ada.delete(f"/networks/{public.id}").status == 403
        assert ada.put(f"/networks/{public.id}", {"network": {"name": "x"}}).status == 403
        (told,) = ada.get("/network-ip-availabilities").json["network_ip_availabilities"]
        assert (told["total_ips"], told["used_ips"]) == (253, 0)
        assert ada.get(f"/network-ip-availabilities/{public.id}").status == 200
        assert ada.get("/network-ip-availabilities/999").status == 404


class TestSubnets:
    def test_a_subnet_is_made_shown_renamed_and_deleted(self, ada: Person) -> None:
        network = a_network(ada)
        subnet = a_subnet(ada, network["id"], name="s")
        assert subnet["allocation_pools"] == [{"start": "192.168.2.2", "end": "192.168.2.254"}]
        assert (subnet["gateway_ip"], subnet["enable_dhcp"]) == ("192.168.2.1", True)
        path = f"/subnets/{subnet['id']}"
        assert ada.get(path).json["subnet"] == subnet
        assert ada.get(f"/networks/{network['id']}").json["network"]["subnets"] == [subnet["id"]]
        assert ada.put(path, {"subnet": {"name": "t"}}).json["subnet"]["name"] == "t"
        assert ada.put(path, {"subnet": {"cidr": "10.0.0.0/8"}}).status == 400
        assert [s["name"] for s in ada.get("/subnets").json["subnets"]] == ["t"]
        assert ada.delete(path).status == 204
        assert ada.get(path).status == 404

    def test_ipv6_is_announced(self, ada: Person) -> None:
        network = a_network(ada)["id"]
        subnet = a_subnet(ada, network, cidr="2001:db8::/64", ip_version=6)
        assert (subnet["enable_slaac"], subnet["ipv6_ra_mode"]) == (True, "slaac")
        assert subnet["allocation_pools"] == []

    def test_what_is_told_is_kept(self, ada: Person) -> None:
        routes = [{"destination": "10.0.0.0/8", "nexthop": "192.168.2.9"}]
        subnet = a_subnet(
            ada,
            a_network(ada)["id"],
            gateway_ip=None,
            enable_dhcp=False,
            dns_nameservers=["1.1.1.1"],
            host_routes=routes,
            allocation_pools=[{"start": "192.168.2.10", "end": "192.168.2.20"}],
        )
        assert (subnet["gateway_ip"], subnet["enable_dhcp"]) == (None, False)
        assert (subnet["dns_nameservers"], subnet["host_routes"]) == (["1.1.1.1"], routes)

    @pytest.mark.parametrize(
        ("fields", "status"),
        [
            ({"cidr": "192.168.2.1/24"}, 400),
            ({"cidr": "10.0.0.0/8"}, 413),
            ({"network_id": "999"}, 404),
            ({"ip_version": 5}, 400),
            ({"enable_dhcp": "yes"}, 400),
            ({"gateway_ip": "10.0.0.1"}, 400),
            ({"allocation_pools": [{"start": "192.168.2.1", "end": "192.168.2.9"}]}, 409),
            ({"allocation_pools": "all"}, 400),
        ],
    )
    def test_nonsense_is_refused(
        self, ada: Person, fields: dict[str, object], status: int
    ) -> None:
        body = {"network_id": a_network(ada)["id"], "cidr": "192.168.2.0/24", **fields}
        assert ada.post("/subnets", {"subnet": body}).status == status

    def test_strangers_see_nothing(self, ada: Person, eve: Person) -> None:
        network = a_network(ada)["id"]
        subnet = a_subnet(ada, network)
        assert eve.get("/subnets").json == {"subnets": []}
        assert eve.get(f"/subnets/{subnet['id']}").status == 404
        body = {"subnet": {"network_id": network, "cidr": "10.0.0.0/24"}}
        assert eve.post("/subnets", body).status == 404


class TestPorts:
    def test_a_port_is_made_shown_renamed_and_deleted(self, ada: Person) -> None:
        network = a_network(ada)["id"]
        subnet = a_subnet(ada, network)
        body = {"port": {"network_id": network, "name": "p"}}
        port = ada.post("/ports", body).json["port"]
        assert port["fixed_ips"] == [
            {"ip_address": "192.168.2.2", "subnet": subnet["id"], "subnet_id": subnet["id"]}
        ]
        assert (port["status"], port["device_id"], port["mac_address"]) == ("DOWN", "", None)
        path = f"/ports/{port['id']}"
        assert ada.get(path).json["port"]["id"] == port["id"]
        assert ada.put(path, {"port": {"name": "q"}}).json["port"]["name"] == "q"
        assert ada.put(path, {"port": {"device_id": "1"}}).status == 400
        assert ada.get("/ports?fixed_ips=ip_address=192.168.2.2").json["ports"]
        assert not ada.get("/ports?fixed_ips=ip_address=192.168.2.3").json["ports"]
        assert ada.delete(f"/networks/{network}").status == 409
        assert ada.delete(path).status == 204
        assert ada.get(path).status == 404

    def test_the_ports_of_a_server_are_found(self, ada: Person, stage: Stage) -> None:
        network = a_network(ada)["id"]
        a_subnet(ada, network)
        server = servers.create(a_caller(), stage.order()).servers[0]
        stage.run()
        made = ada.post("/ports", {"port": {"network_id": network, "device_id": str(server.id)}})
        assert (made.status, made.json["port"]["status"]) == (201, "BUILD")
        (found,) = ada.get(f"/ports?device_id={server.id}&fields=id").json["ports"]
        assert found == {"id": made.json["port"]["id"]}

    @pytest.mark.parametrize(
        ("fields", "status"),
        [
            ({"network_id": "999"}, 404),
            ({"fixed_ips": [{"ip_address": "1.2.3.4"}]}, 400),
            ({"fixed_ips": [{"ip_address": "::1"}]}, 400),
            ({"fixed_ips": [{}, {}]}, 400),
            ({"device_id": "999"}, 404),
            ({"fixed_ips": "any"}, 400),
        ],
    )
    def test_nonsense_is_refused(
        self, ada: Person, fields: dict[str, object], status: int
    ) -> None:
        network = a_network(ada)["id"]
        a_subnet(ada, network)
        assert ada.post("/ports", {"port": {"network_id": network, **fields}}).status == status
        assert ada.get("/ports").json == {"ports": []}


class TestFloatingIps:
    def test_one_is_reserved_shown_moved_and_released(self, ada: Person, eve: Person) -> None:
        pool = a_public(floating_ip_pool=True)
        made = ada.post("/floatingips", {"floatingip": {"floating_network_id": str(pool.id)}})
        assert made.status == 200
        ip = made.json["floatingip"]
        assert (ip["floating_ip_address"], ip["status"]) == ("10.2.1.2", "DOWN")
        assert (ip["port_id"], ip["instance_id"], ip["port_details"]) == (None, None, None)
        path = f"/floatingips/{ip['id']}"
        assert ada.get(path).json["floatingip"]["id"] == ip["id"]
        assert ada.get("/floatingips/10.2.1.2").status == 404
        assert ada.get("/floatingips?floating_ip_address=10.2.1.2").json["floatingips"]
        assert eve.get("/floatingips").json == {"floatingips": []}
        assert ada.put(path, {"floatingip": {"port_id": None}}).status == 501
        moved = ada.post(f"{path}/action", {"reassign": {"project": "lab"}})
        assert moved.json["floatingip"]["tenant_id"] == "lab"
        fixed = [{"ip_address": "10.2.1.2"}]
        port = ada.post("/ports", {"port": {"network_id": str(pool.id), "fixed_ips": fixed}})
        assert ada.get(path).json["floatingip"]["port_details"]["status"] == "DOWN"
        assert ada.delete(path).status == 409
        assert ada.delete(f"/ports/{port.json['port']['id']}").status == 204
        assert ada.delete(path).status == 204
        assert ada.get(path).status == 404

    def test_without_a_pool_there_is_none(self, ada: Person) -> None:
        told = ada.post("/floatingips", {"floatingip": {}})
        assert told.status == 409
        assert ada.post("/floatingips", {}).status == 400


class TestSurroundings:
    def test_there_is_a_default_security_group_to_read(self, ada: Person) -> None:
        (group,) = ada.get("/security-groups").json["security_groups"]
        assert (group["name"], len(group["security_group_rules"])) == ("default", 4)
        assert ada.get(f"/security-groups/{group['id']}").status == 200
        assert ada.get("/security-groups/default").status == 404
        rules = ada.get(f"/security-group-rules?security_group_id={group['id']}").json
        assert len(rules["security_group_rules"]) == 4
        rule = rules["security_group_rules"][0]["id"]
        assert ada.get(f"/security-group-rules/{rule}").status == 200
        assert ada.get("/security-group-rules/none").status == 404
        assert ada.post("/security-groups", {"security_group": {}}).status == 501
        assert ada.post("/security-group-rules", {}).status == 501

    def test_there_are_no_routers(self, ada: Person) -> None:
        assert ada.get("/routers").json == {"routers": []}
        assert ada.get("/routers/r").status == 404
        assert ada.post("/routers", {"router": {}}).status == 501

    def test_lists_that_are_empty_are_lists(self, ada: Person) -> None:
        assert ada.get("/agents").json == {"agents": []}
        assert ada.get("/subnetpools").json == {"subnetpools": []}
        assert ada.get("/availability_zones").json["availability_zones"][0]["name"] == "nova"

    def test_quotas_are_read_only(self, ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
        held = {"cyclades.network.private": (5, 2), "cyclades.floating_ip": (-1, 0)}
        monkeypatch.setattr(allowances, "of_caller", lambda _caller, _project: held)
        assert ada.get("/quotas/ada").json["quota"]["network"] == 5
        assert ada.get("/quotas/ada/default").json["quota"]["floatingip"] == -1
        details = ada.get("/quotas/ada/details").json["quota"]["network"]
        assert details == {"limit": 5, "used": 2, "reserved": 0}
        assert ada.get("/quotas/ada/details.json").status == 200
        assert ada.put("/quotas/ada", {"quota": {}}).status == 403
        assert ada.delete("/quotas/ada").status == 403
        assert ada.get("/quotas/eve").status == 403
