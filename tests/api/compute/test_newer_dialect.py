"""Every route of `/compute/v2.1` by example. Spec: openstack-api 6, 13."""

from collections.abc import Sequence
from typing import Any

import pytest

from synnefo.clients.astakos import Standing
from synnefo.cyclades.models import Server
from synnefo.cyclades.usecases import limits
from synnefo.kit import clock
from tests.api.compute.conftest import Api
from tests.api.compute.test_older_dialect import KEY
from tests.support.compute import Stage, a_flavor

pytestmark = pytest.mark.django_db(databases=["cyclades"], transaction=True)


def an_order(stage: Stage, **changes: object) -> dict[str, Any]:
    order = {"name": "web", "imageRef": stage.image, "flavorRef": str(stage.flavor.id)}
    return {"server": {**order, "networks": [], **changes}}


def a_server(stage: Stage, nova: Api, **changes: object) -> str:
    made = nova.json("POST", "/servers", an_order(stage, **changes), status=202)
    stage.run()
    return str(made["server"]["id"])


class TestMicroversions:
    def test_the_range_is_announced_without_a_token(self) -> None:
        shown = Api("v2.1", "").json("GET", "/")["version"]
        assert (shown["min_version"], shown["version"]) == ("2.1", "2.79")
        assert shown["status"] == "CURRENT"

    def test_the_version_of_an_answer_is_told(self, stage: Stage) -> None:
        for asked, told in (("", "2.1"), ("2.47", "2.47"), ("latest", "2.79")):
            answer = Api("v2.1", "ada", asked)("GET", "/servers")
            assert answer.headers["OpenStack-API-Version"] == f"compute {told}"
            assert answer.headers["X-OpenStack-Nova-API-Version"] == told
            assert "OpenStack-API-Version" in answer.headers["Vary"]

    def test_the_older_header_counts(self, stage: Stage) -> None:
        api = Api("v2.1", "ada")
        api.headers["X-OpenStack-Nova-API-Version"] = "2.60"
        assert api("GET", "/servers").headers["X-OpenStack-Nova-API-Version"] == "2.60"

    def test_what_is_out_of_range_is_406_and_nonsense_400(self, stage: Stage) -> None:
        for asked, status in (("2.999", 406), ("1.0", 406), ("2.01", 400), ("abc", 400)):
            answer = Api("v2.1", "ada", asked)("GET", "/servers")
            assert answer.status_code == status
        answer = Api("v2.1", "ada", "2.999")("GET", "/servers")
        assert "computeFault" in answer.json()

    def test_fields_appear_with_their_version(self, stage: Stage, nova: Api) -> None:
        server = a_server(stage, nova)
        for first, field in (
            ("2.9", "locked"),
            ("2.19", "description"),
            ("2.26", "tags"),
            ("2.63", "trusted_image_certificates"),
            ("2.73", "locked_reason"),
        ):
            before = f"2.{int(first[2:]) - 1}"
            assert (
                field not in Api("v2.1", "ada", before).json("GET", f"/servers/{server}")["server"]
            )
            assert field in Api("v2.1", "ada", first).json("GET", f"/servers/{server}")["server"]

    def test_the_flavor_is_a_link_and_later_a_copy(self, stage: Stage, nova: Api) -> None:
        server = a_server(stage, nova)
        old = nova.json("GET", f"/servers/{server}")["server"]["flavor"]
        new = Api("v2.1", "ada", "2.47").json("GET", f"/servers/{server}")["server"]["flavor"]
        assert old["id"] == str(stage.flavor.id)
        assert new["original_name"] == "C1R512D5ext_archipelago"
        assert "id" not in new


class TestServers:
    def test_creating_answers_what_clients_need_to_follow(self, stage: Stage, nova: Api) -> None:
        answer = nova("POST", "/servers", an_order(stage, adminPass="Secret1234"))
        assert answer.status_code == 202
        made = answer.json()["server"]
        assert made["adminPass"] == "Secret1234"
        assert answer.headers["Location"].endswith(f"/servers/{made['id']}")
        shown = nova.json("GET", f"/servers/{made['id']}")["server"]
        assert (shown["status"], shown["OS-EXT-STS:task_state"]) == ("BUILD", "spawning")
        stage.run()
        shown = nova.json("GET", f"/servers/{made['id']}")["server"]
        assert (shown["status"], shown["OS-EXT-STS:power_state"]) == ("ACTIVE", 1)
        assert shown["OS-SRV-USG:launched_at"]
        assert shown["image"]["id"] == stage.image
        assert len(shown["os-extended-volumes:volumes_attached"]) == 1

    def test_full_addresses_are_taken_for_ids(self, stage: Stage, nova: Api) -> None:
        order = an_order(
            stage,
            imageRef=f"http://x/images/{stage.image}",
            flavorRef=f"http://x/flavors/{stage.flavor.id}/",
        )
        assert nova("POST", "/servers", order).status_code == 202

    def test_image_and_its_mapping_together_are_one_root_disk(
        self, stage: Stage, nova: Api
    ) -> None:
        device = {
            "uuid": stage.image,
            "boot_index": "0",
            "source_type": "image",
            "destination_type": "local",
            "delete_on_termination": True,
        }
        server = a_server(stage, nova, block_device_mapping_v2=[device])
        assert Server.objects.get(id=server).volumes.count() == 1

    def test_networks_are_mandatory_from_2_37_on(self, stage: Stage) -> None:
        order = an_order(stage)
        del order["server"]["networks"]
        assert Api("v2.1", "ada", "2.37")("POST", "/servers", order).status_code == 400
        assert Api("v2.1", "ada", "2.36")("POST", "/servers", order).status_code == 202
        for networks in ("auto", "none"):
            order["server"]["networks"] = networks
            assert Api("v2.1", "ada", "2.37")("POST", "/servers", order).status_code == 202
            assert Api("v2.1", "ada", "2.36")("POST", "/servers", order).status_code == 400

    def test_files_can_be_injected_until_2_56(self, stage: Stage) -> None:
        order = an_order(stage, personality=[{"path": "/a", "contents": "YQ=="}])
        assert Api("v2.1", "ada", "2.56")("POST", "/servers", order).status_code == 202
        assert Api("v2.1", "ada", "2.57")("POST", "/servers", order).status_code == 400

    def test_several_at_once(self, stage: Stage, nova: Api) -> None:
        order = an_order(stage, min_count=2, max_count=3)
        assert nova("POST", "/servers", order).status_code == 202
        assert Server.objects.count() == 3
        assert (
            nova("POST", "/servers", an_order(stage, min_count=5, max_count=2)).status_code == 400
        )

    def test_over_quota_is_403(self, stage: Stage, nova: Api) -> None:
        stage.quota.limits = {"cyclades.vm": 0}
        answer = nova("POST", "/servers", an_order(stage))
        assert answer.status_code == 403
        assert answer.json()["forbidden"]["message"].startswith("Quota exceeded for")

    def test_a_failure_is_told_in_a_sentence(self, stage: Stage, nova: Api) -> None:
        stage.world.refusal = "No space left on any node"
        server = a_server(stage, nova)
        shown = nova.json("GET", f"/servers/{server}")["server"]
        assert shown["status"] == "ERROR"
        assert shown["fault"]["message"] == "No space left on any node"
        assert shown["fault"]["code"] == 500

    def test_a_name_where_an_id_is_expected_is_404(self, stage: Stage, nova: Api) -> None:
        a_server(stage, nova)
        for path in ("/servers/web", "/flavors/m1.small", "/servers/00000000-0000-0000"):
            assert nova("GET", path).status_code == 404

    def test_deleting_twice_is_204_and_then_404(self, stage: Stage, nova: Api) -> None:
        server = a_server(stage, nova)
        assert nova("DELETE", f"/servers/{server}").status_code == 204
        assert nova("DELETE", f"/servers/{server}").status_code == 204
        shown = nova.json("GET", f"/servers/{server}")["server"]
        assert shown["OS-EXT-STS:task_state"] == "deleting"
        stage.run()
        for method in ("GET", "DELETE"):
            assert nova(method, f"/servers/{server}").status_code == 404

    def test_a_server_that_is_being_built_can_be_deleted(self, stage: Stage, nova: Api) -> None:
        made = nova.json("POST", "/servers", an_order(stage), status=202)["server"]
        assert nova("DELETE", f"/servers/{made['id']}").status_code == 204
        stage.run()
        assert nova("GET", f"/servers/{made['id']}").status_code == 404
        assert stage.quota.of("ada") == {}

    def test_changing_name_and_description(self, stage: Stage) -> None:
        nova = Api("v2.1", "ada", "2.19")
        server = a_server(stage, nova)
        change = {"server": {"name": "db", "description": "keeps data"}}
        shown = nova.json("PUT", f"/servers/{server}", change)["server"]
        assert (shown["name"], shown["description"]) == ("db", "keeps data")
        shown = nova.json("PUT", f"/servers/{server}", {"server": {"name": "x"}})["server"]
        assert shown["description"] == "keeps data"

    def test_administrators_see_where_a_server_runs(self, stage: Stage, nova: Api) -> None:
        server = a_server(stage, nova)
        root = Api("v2.1", "root", "2.3")
        shown = root.json("GET", f"/servers/{server}")["server"]
        assert shown["OS-EXT-SRV-ATTR:instance_name"] == f"snf-{server}"
        assert shown["OS-EXT-SRV-ATTR:host"] == stage.cluster.clustername
        mine = Api("v2.1", "ada", "2.3").json("GET", f"/servers/{server}")["server"]
        assert not [key for key in mine if "SRV-ATTR" in key]


class TestLists:
    def test_filters(self, stage: Stage, nova: Api) -> None:
        larger = a_flavor(cpu=2)
        first = a_server(stage, nova, name="web-1")
        second = a_server(stage, nova, name="db", flavorRef=str(larger.id))
        nova("POST", f"/servers/{second}/action", {"os-stop": None})
        stage.run()
        for query, wanted in (
            ("", {first, second}),
            ("?name=web", {first}),
            ("?name=^db$", {second}),
            ("?name=^d.*", {second}),
            ("?name=(w|w)*b-1", set()),
            ("?name=[", set()),
            ("?status=ACTIVE", {first}),
            ("?status=shutoff", {second}),
            ("?status=PAUSED", set()),
            (f"?flavor={larger.id}", {second}),
            ("?flavor=none", set()),
            (f"?image={stage.image}", {first, second}),
            ("?deleted=False", {first, second}),
            ("?all_tenants=True", {first, second}),
            ("?no_such_filter=1", {first, second}),
        ):
            for path in ("/servers", "/servers/detail"):
                found = nova.json("GET", f"{path}{query}")["servers"]
                assert {one["id"] for one in found} == wanted, query

    def test_no_pattern_of_a_name_takes_long(self, stage: Stage, nova: Api) -> None:
        a_server(stage, nova, name="a" * 200)
        started = clock.monotonic()
        assert nova.json("GET", "/servers?name=(a%2B)%2B%24b")["servers"] == []
        assert clock.monotonic() - started < 5

    def test_pages_follow_one_another_newest_first(self, stage: Stage, nova: Api) -> None:
        ids = [a_server(stage, nova) for _ in range(3)]
        page = nova.json("GET", "/servers?limit=2")
        assert [one["id"] for one in page["servers"]] == [ids[2], ids[1]]
        rest = page["servers_links"][0]["href"].partition("/v2.1")[2]
        page = nova.json("GET", rest)
        assert [one["id"] for one in page["servers"]] == [ids[0]]
        assert "servers_links" not in page
        assert nova("GET", "/servers?limit=x").status_code == 400
        assert nova("GET", "/servers?marker=x").status_code == 400

    def test_only_administrators_see_everybodys(self, stage: Stage, nova: Api) -> None:
        server = a_server(stage, nova)
        assert Api("v2.1", "eve").json("GET", "/servers?all_tenants=1")["servers"] == []
        root = Api("v2.1", "root")
        assert root.json("GET", "/servers")["servers"] == []
        found = root.json("GET", "/servers?all_tenants=True")["servers"]
        assert [one["id"] for one in found] == [server]
        assert root.json("GET", "/servers?all_tenants=1&project_id=other")["servers"] == []

    def test_a_long_list_takes_few_questions(
        self, stage: Stage, nova: Api, django_assert_max_num_queries: Any
    ) -> None:
        nova("POST", "/servers", an_order(stage, min_count=60))
        with django_assert_max_num_queries(4, using="cyclades"):
            assert len(nova.json("GET", "/servers/detail")["servers"]) == 60


class TestActions:
    def test_stop_start_and_reboot(self, stage: Stage, nova: Api) -> None:
        server = a_server(stage, nova)
        for body, status in (
            ({"os-stop": None}, "SHUTOFF"),
            ({"os-start": None}, "ACTIVE"),
            ({"reboot": {"type": "SOFT"}}, "ACTIVE"),
        ):
            answer = nova("POST", f"/servers/{server}/action", body)
            assert (answer.status_code, answer.content) == (202, b"")
            stage.run()
            assert nova.json("GET", f"/servers/{server}")["server"]["status"] == status

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({"os-start": None}, 409),
            ({"pause": None}, 501),
            ({"dance": None}, 400),
            ({}, 400),
            ({"reboot": {"type": "X"}}, 400),
            ({"confirmResize": None}, 400),
            ({"addSecurityGroup": {"name": "default"}}, 202),
            ({"forceDelete": None}, 202),
        ],
    )
    def test_others(self, stage: Stage, nova: Api, body: dict[str, object], status: int) -> None:
        server = a_server(stage, nova)
        assert nova("POST", f"/servers/{server}/action", body).status_code == status

    def test_a_locked_server_is_409(self, stage: Stage) -> None:
        nova = Api("v2.1", "ada", "2.73")
        server = a_server(stage, nova)
        lock = {"lock": {"locked_reason": "careful"}}
        assert nova("POST", f"/servers/{server}/action", lock).status_code == 202
        shown = nova.json("GET", f"/servers/{server}")["server"]
        assert (shown["locked"], shown["locked_reason"]) == (True, "careful")
        for method, path, body in (
            ("POST", "/action", {"os-stop": None}),
            ("DELETE", "", None),
        ):
            answer = nova(method, f"/servers/{server}{path}", body)
            assert (answer.status_code, list(answer.json())) == (409, ["conflictingRequest"])
        assert nova("POST", f"/servers/{server}/action", {"unlock": None}).status_code == 202
        assert nova("DELETE", f"/servers/{server}").status_code == 204
        older = Api("v2.1", "ada", "2.72")
        assert older("POST", f"/servers/{server}/action", lock).status_code == 400

    def test_a_console_needs_a_running_server_and_a_gateway(self, stage: Stage) -> None:
        nova = Api("v2.1", "ada", "2.6")
        server = a_server(stage, nova)
        wish = {"remote_console": {"protocol": "vnc", "type": "novnc"}}
        path = f"/servers/{server}/remote-consoles"
        assert nova("POST", path, wish).status_code == 503
        nova("POST", f"/servers/{server}/action", {"os-stop": None})
        stage.run()
        assert nova("POST", path, wish).status_code == 409
        wish["remote_console"]["type"] = "spice"
        assert nova("POST", path, wish).status_code == 400

    def test_the_serial_log(self, stage: Stage, nova: Api) -> None:
        server = a_server(stage, nova)
        told = nova.json("POST", f"/servers/{server}/action", {"os-getConsoleOutput": {}})
        assert told == {"output": f"snf-{server} login: "}

    def test_what_was_asked_is_remembered(self, stage: Stage, nova: Api) -> None:
        server = a_server(stage, nova)
        nova("POST", f"/servers/{server}/action", {"os-stop": None})
        stage.run()
        found = nova.json("GET", f"/servers/{server}/os-instance-actions")["instanceActions"]
        assert [one["action"] for one in found] == ["stop", "create"]
        path = f"/servers/{server}/os-instance-actions/{found[0]['request_id']}"
        shown = Api("v2.1", "ada", "2.58").json("GET", path)["instanceAction"]
        assert shown["events"][0]["result"] == "Success"
        assert shown["updated_at"]
        assert nova("GET", f"/servers/{server}/os-instance-actions/req-x").status_code == 404


class TestParts:
    def test_metadata(self, stage: Stage, nova: Api) -> None:
        path = f"/servers/{a_server(stage, nova, metadata={'a': '1'})}/metadata"
        assert nova.json("POST", path, {"metadata": {"b": "2"}}) == {
            "metadata": {"a": "1", "b": "2"}
        }
        assert nova.json("PUT", path, {"metadata": {"c": "3"}}) == {"metadata": {"c": "3"}}
        assert nova.json("PUT", f"{path}/c", {"meta": {"c": "4"}}) == {"meta": {"c": "4"}}
        assert nova("PUT", f"{path}/c", {"meta": {"d": "4"}}).status_code == 400
        assert nova.json("GET", f"{path}/c") == {"meta": {"c": "4"}}
        assert nova("GET", f"{path}/x").status_code == 404
        assert nova("DELETE", f"{path}/c").status_code == 204
        assert nova.json("GET", path) == {"metadata": {}}

    def test_tags(self, stage: Stage) -> None:
        nova = Api("v2.1", "ada", "2.52")
        path = f"/servers/{a_server(stage, nova, tags=['db'])}/tags"
        assert nova.json("GET", path) == {"tags": ["db"]}
        assert nova.json("PUT", path, {"tags": ["a", "b"]}) == {"tags": ["a", "b"]}
        assert nova("PUT", f"{path}/c").status_code == 201
        assert nova("GET", f"{path}/c").status_code == 204
        assert nova("DELETE", f"{path}/c").status_code == 204
        assert nova("PUT", path, {"tags": [str(n) for n in range(51)]}).status_code == 400
        assert nova("DELETE", path).status_code == 204

    def test_addresses_volumes_and_the_rest(self, stage: Stage) -> None:
        nova = Api("v2.1", "ada", "2.79")
        server = a_server(stage, nova)
        assert nova.json("GET", f"/servers/{server}/ips") == {"addresses": {}}
        assert nova("GET", f"/servers/{server}/ips/Public").status_code == 404
        assert nova.json("GET", f"/servers/{server}/os-interface") == {"interfaceAttachments": []}
        assert nova("GET", f"/servers/{server}/os-interface/1").status_code == 404
        found = nova.json("GET", f"/servers/{server}/os-volume_attachments")["volumeAttachments"]
        assert (found[0]["device"], found[0]["delete_on_termination"]) == ("/dev/vda", True)
        path = f"/servers/{server}/os-volume_attachments/{found[0]['volumeId']}"
        assert nova.json("GET", path)["volumeAttachment"]["serverId"] == server
        assert nova("GET", f"/servers/{server}/os-volume_attachments/999").status_code == 404
        groups = nova.json("GET", f"/servers/{server}/os-security-groups")["security_groups"]
        assert groups[0]["name"] == "default"

    def test_flavors(self, stage: Stage, nova: Api) -> None:
        hidden = a_flavor(cpu=8, public=False)
        for query in ("", "?is_public=None", "?is_public=True"):
            found = nova.json("GET", f"/flavors/detail{query}")["flavors"]
            assert [one["id"] for one in found] == [str(stage.flavor.id)]
        assert nova.json("GET", "/flavors?is_public=False")["flavors"] == []
        assert nova.json("GET", f"/flavors?marker={stage.flavor.id}")["flavors"] == []
        shown = nova.json("GET", f"/flavors/{stage.flavor.id}")["flavor"]
        assert (shown["swap"], "extra_specs" in shown) == ("", False)
        newer = Api("v2.1", "ada", "2.75").json("GET", f"/flavors/{stage.flavor.id}")["flavor"]
        assert (newer["swap"], newer["extra_specs"], newer["description"]) == (0, {}, None)
        assert nova.json("GET", f"/flavors/{stage.flavor.id}/os-extra_specs") == {
            "extra_specs": {}
        }
        assert nova("GET", f"/flavors/{hidden.id}").status_code == 404
        assert Api("v2.1", "root")("GET", f"/flavors/{hidden.id}").status_code == 200

    def test_keypairs_by_version(self, stage: Stage, nova: Api) -> None:
        body = {"keypair": {"name": "k", "public_key": KEY}}
        assert nova("POST", "/os-keypairs", body).status_code == 200
        newer = Api("v2.1", "ada", "2.10")
        body["keypair"]["name"] = "k2"
        made = newer.json("POST", "/os-keypairs", body, status=201)["keypair"]
        assert (made["type"], made["user_id"]) == ("ssh", "ada")
        listed = nova.json("GET", "/os-keypairs")["keypairs"]
        assert [one["keypair"]["name"] for one in listed] == ["k", "k2"]
        assert newer.json("GET", "/os-keypairs/k")["keypair"]["fingerprint"]
        assert Api("v2.1", "eve")("GET", "/os-keypairs/k").status_code == 404
        assert nova("DELETE", "/os-keypairs/k").status_code == 202
        assert newer("DELETE", "/os-keypairs/k2").status_code == 204
        body["keypair"]["type"] = "x509"
        assert newer("POST", "/os-keypairs", body).status_code == 400

    def test_limits_and_quota(
        self, stage: Stage, nova: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        held = {"cyclades.vm": Standing(limit=5, usage=2, project_limit=4)}
        monkeypatch.setattr(limits, "_client", lambda *_: _Quotas({"ada": held}))
        shown = nova.json("GET", "/limits")["limits"]["absolute"]
        assert (shown["maxTotalInstances"], shown["totalInstancesUsed"]) == (4, 2)
        assert nova.json("GET", "/os-quota-sets/ada")["quota_set"]["instances"] == 4
        detail = nova.json("GET", "/os-quota-sets/ada/detail")["quota_set"]
        assert detail["instances"] == {"limit": 4, "in_use": 2, "reserved": 0}
        assert nova("GET", "/os-quota-sets/eve").status_code == 403
        root = Api("v2.1", "root")
        assert root.json("GET", "/os-quota-sets/eve")["quota_set"]["instances"] == 9

    def test_what_only_administrators_see(self, stage: Stage, nova: Api) -> None:
        root = Api("v2.1", "root")
        for path, key in (
            ("/os-services", "services"),
            ("/os-hypervisors", "hypervisors"),
            ("/os-hypervisors/detail", "hypervisors"),
        ):
            assert nova("GET", path).status_code == 403
            assert len(root.json("GET", path)[key]) == 1

    def test_small_lists(self, stage: Stage, nova: Api) -> None:
        zone = nova.json("GET", "/os-availability-zone")["availabilityZoneInfo"][0]
        assert zone["zoneState"] == {"available": True}
        assert nova("GET", "/os-availability-zone/detail").status_code == 200
        assert nova.json("GET", "/os-server-groups") == {"server_groups": []}
        assert nova.json("GET", "/extensions") == {"extensions": []}
        assert nova("GET", "/extensions/x").status_code == 404

    def test_strangers_find_nothing(self, stage: Stage, nova: Api) -> None:
        server = a_server(stage, nova)
        eve = Api("v2.1", "eve")
        paths = (
            "", "/metadata", "/ips", "/tags", "/os-interface", "/os-volume_attachments",
            "/os-security-groups", "/os-instance-actions",
        )  # fmt: skip
        for path in paths:
            assert eve("GET", f"/servers/{server}{path}").status_code == 404, path
        console = {"remote_console": {"protocol": "vnc", "type": "novnc"}}
        for method, path, body in (
            ("PUT", "", {"server": {"name": "x"}}),
            ("DELETE", "", None),
            ("POST", "/action", {"os-stop": None}),
            ("POST", "/action", {"lock": None}),
            ("POST", "/remote-consoles", console),
            ("POST", "/metadata", {"metadata": {"a": "b"}}),
        ):
            assert eve(method, f"/servers/{server}{path}", body).status_code == 404, path


class _Quotas:
    """Answers what a quota service would."""

    def __init__(self, held: dict[str, dict[str, Standing]]) -> None:
        self._held = held

    def get_quotas(self, token: str) -> dict[str, dict[str, Standing]]:
        return self._held

    def service_get_project_quotas(
        self, projects: Sequence[str]
    ) -> dict[str, dict[str, Standing]]:
        return {one: {"cyclades.vm": Standing(project_limit=9)} for one in projects}
