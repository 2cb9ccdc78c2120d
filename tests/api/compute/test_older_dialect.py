"""Every route of `/compute/v2.0` by example. Spec: compute 4."""

import base64
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from synnefo.cyclades.domain.costs import VM
from synnefo.cyclades.models import Server
from synnefo.kit import clock
from tests.api.compute.conftest import Api
from tests.support.compute import Stage, a_flavor

pytestmark = pytest.mark.django_db(databases=["cyclades"], transaction=True)

KEY = "ssh-ed25519 " + base64.b64encode(b"\x00\x00\x00\x0bssh-ed25519" + bytes(36)).decode()


def an_order(stage: Stage, **changes: object) -> dict[str, Any]:
    order = {
        "name": "web",
        "imageRef": stage.image,
        "flavorRef": stage.flavor.id,
        "networks": [],
    }
    return {"server": {**order, **changes}}


def a_server(stage: Stage, old: Api, **changes: object) -> int:
    made = old.json("POST", "/servers", an_order(stage, **changes), status=202)
    stage.run()
    return int(made["server"]["id"])


class TestDiscovery:
    def test_the_versions_need_no_token(self) -> None:
        stranger = Api("v2.0", "")
        assert stranger.json("GET", "/")["version"]["id"] == "v2.0"
        root = Api("", "").json("GET", "")
        assert [one["id"] for one in root["versions"]] == ["v2.0", "v2.1"]

    def test_everything_else_needs_one(self) -> None:
        answer = Api("v2.0", "")("GET", "/servers")
        assert answer.status_code == 401
        assert "unauthorized" in answer.json()

    def test_an_unknown_method_tells_which_are_allowed(self, old: Api) -> None:
        answer = old("PATCH", "/servers")
        assert answer.status_code == 405
        assert "notAllowed" in answer.json()
        assert "GET" in answer.headers["Allow"]


class TestServers:
    def test_creating_answers_the_server_and_its_password_once(
        self, stage: Stage, old: Api
    ) -> None:
        body = an_order(stage, metadata={"OS": "debian"}, adminPass="Secret1234")
        made = old.json("POST", "/servers", body, status=202)["server"]
        assert made["status"] == "BUILD"
        assert made["adminPass"] == "Secret1234"
        assert made["metadata"] == {"OS": "debian"}
        assert made["SNF:task_state"] == "BUILDING"
        stage.run()
        shown = old.json("GET", f"/servers/{made['id']}")["server"]
        assert (shown["status"], shown["progress"]) == ("ACTIVE", 100)
        assert "adminPass" not in shown
        assert shown["flavor"]["id"] == stage.flavor.id
        assert shown["volumes"] == list(Server.objects.get().volumes.values_list("id", flat=True))

    def test_lists_are_short_or_detailed_and_only_ones_own(self, stage: Stage, old: Api) -> None:
        server = a_server(stage, old)
        assert [one["id"] for one in old.json("GET", "/servers")["servers"]] == [server]
        detailed = old.json("GET", "/servers/detail")["servers"]
        assert detailed[0]["status"] == "ACTIVE"
        assert Api("v2.0", "eve").json("GET", "/servers/detail")["servers"] == []

    def test_nothing_new_since_a_moment_is_304(self, stage: Stage, old: Api) -> None:
        a_server(stage, old)
        Server.objects.update(updated=clock.now() - timedelta(minutes=10))
        for minutes, status in ((5, 304), (20, 200), (70, 400), (-5, 400)):
            moment = quote((clock.now() - timedelta(minutes=minutes)).isoformat())
            answer = old("GET", f"/servers/detail?changes-since={moment}")
            assert answer.status_code == status
        assert old("GET", "/servers?changes-since=yesterday").status_code == 400

    def test_a_deleted_server_shows_since_a_moment_and_by_id(self, stage: Stage, old: Api) -> None:
        server = a_server(stage, old)
        moment = quote((clock.now() - timedelta(minutes=5)).isoformat())
        assert old("DELETE", f"/servers/{server}").status_code == 204
        stage.run()
        assert old("DELETE", f"/servers/{server}").status_code == 204
        assert old.json("GET", "/servers")["servers"] == []
        since = old.json("GET", f"/servers/detail?changes-since={moment}")["servers"]
        assert [one["status"] for one in since] == ["DELETED"]
        assert old.json("GET", f"/servers/{server}")["server"]["deleted"] is True

    def test_a_server_that_is_being_built_is_not_deleted(self, stage: Stage, old: Api) -> None:
        made = old.json("POST", "/servers", an_order(stage), status=202)["server"]
        answer = old("DELETE", f"/servers/{made['id']}")
        assert answer.status_code == 409
        assert "buildInProgress" in answer.json()

    def test_renaming(self, stage: Stage, old: Api) -> None:
        server = a_server(stage, old)
        change = {"server": {"name": "db"}}
        assert old("PUT", f"/servers/{server}", change).status_code == 204
        assert old.json("GET", f"/servers/{server}")["server"]["name"] == "db"
        assert old("PUT", f"/servers/{server}", {"server": {}}).status_code == 400

    def test_over_quota_is_413(self, stage: Stage, old: Api) -> None:
        stage.quota.limits = {"cyclades.vm": 0}
        answer = old("POST", "/servers", an_order(stage))
        assert answer.status_code == 413
        assert "overLimit" in answer.json()

    @pytest.mark.parametrize(
        ("change", "status"),
        [
            ({"adminPass": "weak"}, 400),
            ({"user_data": "not base64!"}, 400),
            ({"personality": [{"path": "/a", "surprise": 1}]}, 400),
            ({"personality": [{"path": "/a", "contents": ""}] * 6}, 413),
            ({"personality": [{"path": "/a", "contents": "YWFh" * 5000}]}, 413),
            ({"key_name": "none"}, 404),
            ({"key_name": "a", "SNF:key_names": ["b"]}, 400),
            ({"flavorRef": 9999}, 404),
            ({"flavorRef": "abc"}, 404),
            ({"imageRef": "99999999-2222-4333-8444-555555555555"}, 404),
            ({"imageRef": None}, 400),
            ({"metadata": {str(n): "v" for n in range(11)}}, 400),
            ({"metadata": {"k" * 51: "v"}}, 400),
            ({"metadata": {"k": "v" * 501}}, 400),
            ({"metadata": {"k": [1]}}, 400),
            ({"tags": ["a,b"]}, 400),
            ({"project": "somebody-elses"}, 400),
            ({"shared_to_project": True}, 403),
            ({"networks": [{}]}, 400),
            ({"networks": [{"uuid": "4711"}]}, 404),
            ({"block_device_mapping_v2": [{"source_type": "blank", "volume_size": 1}]}, 400),
            ({"block_device_mapping_v2": [{"source_type": "volume", "uuid": "1"}]}, 400),
        ],
    )
    def test_bad_orders(
        self, stage: Stage, old: Api, change: dict[str, object], status: int
    ) -> None:
        answer = old("POST", "/servers", an_order(stage, **change))
        assert answer.status_code == status, answer.content
        assert not Server.objects.exists()

    @pytest.mark.parametrize("body", [{}, {"server": {}}, [], {"server": {"name": 7}}])
    def test_malformed_bodies(self, stage: Stage, old: Api, body: object) -> None:
        assert old("POST", "/servers", body).status_code == 400

    def test_a_larger_root_disk_and_blank_ones_may_be_asked_for(
        self, stage: Stage, old: Api
    ) -> None:
        devices = [
            {"source_type": "image", "uuid": stage.image, "volume_size": 7},
            {"source_type": "blank", "volume_size": 3, "delete_on_termination": True},
        ]
        server = a_server(stage, old, block_device_mapping_v2=devices)
        sizes = Server.objects.get(id=server).volumes.order_by("index")
        assert list(sizes.values_list("index", "size")) == [(0, 7), (1, 3)]
        attached = old.json("GET", f"/servers/{server}/os-volume_attachments")
        assert len(attached["volumeAttachments"]) == 2
        first = attached["volumeAttachments"][0]["volumeId"]
        shown = old.json("GET", f"/servers/{server}/os-volume_attachments/{first}")
        assert shown["volumeAttachment"]["serverId"] == server
        assert old("GET", f"/servers/{server}/os-volume_attachments/9999").status_code == 400


class TestActions:
    def test_start_stop_and_reboot(self, stage: Stage, old: Api) -> None:
        server = a_server(stage, old)
        for body, status in (
            ({"shutdown": {}}, "STOPPED"),
            ({"start": {}}, "ACTIVE"),
            ({"reboot": {"type": "HARD"}}, "ACTIVE"),
            ({"os-stop": None}, "STOPPED"),
        ):
            assert old("POST", f"/servers/{server}/action", body).status_code == 202
            stage.run()
            assert old.json("GET", f"/servers/{server}")["server"]["status"] == status

    def test_a_reboot_shows_while_it_lasts(self, stage: Stage, old: Api) -> None:
        server = a_server(stage, old)
        old("POST", f"/servers/{server}/action", {"reboot": {}})
        stage.run_errands()
        Server.objects.update(backendopcode="OP_INSTANCE_REBOOT", backendjobstatus="running")
        shown = old.json("GET", f"/servers/{server}")["server"]
        assert (shown["status"], shown["SNF:task_state"]) == ("REBOOT", "REBOOTING")

    def test_resizing(self, stage: Stage, old: Api) -> None:
        server = a_server(stage, old)
        larger = a_flavor(cpu=2, ram=1024)
        wish = {"resize": {"flavorRef": larger.id}}
        assert old("POST", f"/servers/{server}/action", wish).status_code == 400
        old("POST", f"/servers/{server}/action", {"shutdown": {}})
        stage.run()
        assert old("POST", f"/servers/{server}/action", wish).status_code == 202
        stage.run()
        shown = old.json("GET", f"/servers/{server}")["server"]
        assert shown["flavor"]["id"] == larger.id

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({}, 400),
            ({"start": {}, "reboot": {}}, 400),
            ({"dance": {}}, 400),
            ({"start": 7}, 400),
            ({"start": {}}, 400),
            ({"reboot": {"type": "GENTLE"}}, 400),
            ({"resize": {}}, 400),
            ({"console": {"type": "telnet"}}, 400),
            ({"os-getVNCConsole": {"type": "x"}}, 400),
            ({"os-getSPICEConsole": {}}, 501),
            ({"suspend": {}}, 403),
            ({"rescue": {}}, 404),
        ],
    )
    def test_refused_ones(
        self, stage: Stage, old: Api, body: dict[str, object], status: int
    ) -> None:
        server = a_server(stage, old)
        answer = old("POST", f"/servers/{server}/action", body)
        assert answer.status_code == status, answer.content

    def test_moving_to_another_project(self, stage: Stage, old: Api, nova: Api) -> None:
        path = f"/servers/{a_server(stage, old)}"
        moves: list[tuple[Api, dict[str, object]]] = [
            (old, {"project": "lab", "shared_to_project": False}),
            (nova, {"project": "studio"}),
        ]
        for api, wish in moves:
            assert api("POST", f"{path}/action", {"reassign": wish}).status_code == 200
            assert api.json("GET", path)["server"]["tenant_id"] == wish["project"]
        assert stage.quota.service_get_project_quotas(["lab"])["lab"][VM].project_usage == 0
        for bad in ({}, {"project": 7}, {"project": ""}, {"project": "a", "shared_to_project": 1}):
            assert old("POST", f"{path}/action", {"reassign": bad}).status_code == 400
        shared = {"reassign": {"project": "lab", "shared_to_project": True}}
        assert old("POST", f"{path}/action", shared).status_code == 403
        move = {"reassign": {"project": "lab"}}
        assert Api("v2.0", "eve")("POST", f"{path}/action", move).status_code == 404
        stage.quota.limits = {VM: 1}
        assert "overLimit" in old.json("POST", f"{path}/action", move, status=413)
        old("POST", f"{path}/action", {"shutdown": {}})
        assert old("POST", f"{path}/action", move).status_code == 400
        assert nova("POST", f"{path}/action", move).status_code == 409

    def test_a_suspended_server_refuses_its_owner(self, stage: Stage, old: Api) -> None:
        server = a_server(stage, old)
        Server.objects.update(suspended=True)
        assert old("POST", f"/servers/{server}/action", {"shutdown": {}}).status_code == 403
        assert old("DELETE", f"/servers/{server}").status_code == 403
        root = Api("v2.0", "root")
        assert root("POST", f"/servers/{server}/action", {"shutdown": {}}).status_code == 202

    def test_the_serial_log(self, stage: Stage, old: Api) -> None:
        server = a_server(stage, old)
        wish = {"os-getConsoleOutput": {"length": 5}}
        told = old.json("POST", f"/servers/{server}/action", wish)
        assert told == {"output": f"snf-{server} login: "}

    def test_a_console_without_its_gateway_is_unavailable(self, stage: Stage, old: Api) -> None:
        server = a_server(stage, old)
        wish = {"os-getVNCConsole": {"type": "novnc"}}
        assert old("POST", f"/servers/{server}/action", wish).status_code == 503
        for kind in ("vnc", "vnc-ws"):
            wish = {"console": {"type": kind}}
            assert old("POST", f"/servers/{server}/action", wish).status_code == 503


class TestParts:
    def test_metadata(self, stage: Stage, old: Api) -> None:
        path = f"/servers/{a_server(stage, old, metadata={'a': '1'})}/metadata"
        assert old.json("GET", path) == {"metadata": {"a": "1"}}
        merged = old.json("POST", path, {"metadata": {"b": 2}}, status=201)
        assert merged == {"metadata": {"a": "1", "b": "2"}}
        assert old.json("GET", f"{path}/b") == {"meta": {"b": "2"}}
        put = old.json("PUT", f"{path}/b", {"meta": {"b": "3"}}, status=201)
        assert put == {"meta": {"b": "3"}}
        assert old("PUT", f"{path}/b", {"meta": {"c": "3"}}).status_code == 400
        assert old("DELETE", f"{path}/b").status_code == 204
        assert old("DELETE", f"{path}/b").status_code == 404
        assert old("GET", f"{path}/b").status_code == 404

    def test_tags(self, stage: Stage, old: Api) -> None:
        path = f"/servers/{a_server(stage, old, tags=['db'])}/tags"
        assert old.json("GET", path)["tags"] == ["db"]
        assert old.json("PUT", path, {"tags": ["x", "y"]})["tags"] == ["x", "y"]
        assert old("PUT", f"{path}/z").status_code == 201
        assert old("PUT", f"{path}/z").status_code == 204
        assert old("GET", f"{path}/z").headers["tag-status"] == "ACTIVE"
        assert old("DELETE", f"{path}/z").status_code == 204
        assert old("DELETE", f"{path}/z").status_code == 404
        assert old("GET", f"{path}/z").status_code == 404
        assert old("DELETE", path).status_code == 204
        assert old("DELETE", path).status_code == 404

    def test_addresses_and_diagnostics(self, stage: Stage, old: Api) -> None:
        server = a_server(stage, old)
        assert old.json("GET", f"/servers/{server}/ips") == {"addresses": {}, "attachments": []}
        assert old("GET", f"/servers/{server}/ips/1").status_code == 404
        assert old.json("GET", f"/servers/{server}/diagnostics") == []

    def test_a_failure_is_told_as_a_diagnostic(self, stage: Stage, old: Api) -> None:
        stage.world.refusal = "No space left"
        server = a_server(stage, old)
        shown = old.json("GET", f"/servers/{server}")["server"]
        assert shown["status"] == "ERROR"
        assert shown["diagnostics"][0]["message"] == "No space left"
        assert old.json("GET", f"/servers/{server}/diagnostics")[0]["level"] == "ERROR"

    def test_flavors(self, stage: Stage, old: Api) -> None:
        hidden = a_flavor(cpu=8, public=False)
        listed = old.json("GET", "/flavors")["flavors"]
        assert [one["id"] for one in listed] == [stage.flavor.id]
        detail = old.json("GET", "/flavors/detail")["flavors"][0]
        assert (detail["vcpus"], detail["ram"], detail["disk"]) == (1, 512, 5)
        assert detail["name"] == "C1R512D5ext_archipelago"
        shown = old.json("GET", f"/flavors/{stage.flavor.id}")["flavor"]
        assert shown["SNF:disk_template"] == "ext_archipelago"
        assert old.json("GET", f"/flavors/{stage.flavor.id}/os-extra_specs") == {"extra_specs": {}}
        for unknown in (hidden.id, 4711, "name"):
            assert old("GET", f"/flavors/{unknown}").status_code == 404

    def test_keypairs(self, stage: Stage, old: Api) -> None:
        body = {"keypair": {"name": "laptop", "public_key": KEY}}
        made = old.json("POST", "/os-keypairs", body, status=201)["keypair"]
        assert len(made["fingerprint"].split(":")) == 16
        assert "private_key" not in made
        assert old("POST", "/os-keypairs", body).status_code == 409
        listed = old.json("GET", "/os-keypairs")["keypairs"]
        assert [one["keypair"]["name"] for one in listed] == ["laptop"]
        assert old.json("GET", "/os-keypairs/laptop")["keypair"]["deleted"] is False
        assert Api("v2.0", "eve")("GET", "/os-keypairs/laptop").status_code == 404
        assert Api("v2.0", "eve")("DELETE", "/os-keypairs/laptop").status_code == 404
        server = a_server(stage, old, key_name="laptop")
        assert old.json("GET", f"/servers/{server}")["server"]["key_name"] == "laptop"
        assert old("DELETE", "/os-keypairs/laptop").status_code == 204

    def test_a_made_keypair_shows_its_private_half_once(self, stage: Stage, old: Api) -> None:
        made = old.json("POST", "/os-keypairs", {"keypair": {"name": "made"}}, status=201)
        assert "PRIVATE KEY" in made["keypair"]["private_key"]
        assert made["keypair"]["public_key"].startswith("ssh-rsa ")
        assert "private_key" not in old.json("GET", "/os-keypairs/made")["keypair"]

    @pytest.mark.parametrize("key", ["nonsense", "ssh-rsa ???", "ssh-ed25519 AAAA", "ssh-x AAAA"])
    def test_bad_keys(self, stage: Stage, old: Api, key: str) -> None:
        body = {"keypair": {"name": "bad", "public_key": key}}
        assert old("POST", "/os-keypairs", body).status_code == 400
        assert old("POST", "/os-keypairs", {"keypair": {"name": " "}}).status_code == 400

    def test_extensions(self, old: Api, stage: Stage) -> None:
        assert old.json("GET", "/extensions") == {"extensions": []}
        assert old("GET", "/extensions/OS-X").status_code == 404

    def test_strangers_find_nothing(self, stage: Stage, old: Api) -> None:
        server = a_server(stage, old)
        eve = Api("v2.0", "eve")
        for method, path, body in (
            ("GET", "", None),
            ("PUT", "", {"server": {"name": "x"}}),
            ("DELETE", "", None),
            ("POST", "/action", {"shutdown": {}}),
            ("POST", "/action", {"os-getConsoleOutput": {}}),
            ("GET", "/metadata", None),
            ("POST", "/metadata", {"metadata": {}}),
            ("GET", "/metadata/a", None),
            ("GET", "/tags", None),
            ("PUT", "/tags", {"tags": []}),
            ("GET", "/ips", None),
            ("GET", "/diagnostics", None),
            ("GET", "/os-volume_attachments", None),
        ):
            assert eve(method, f"/servers/{server}{path}", body).status_code == 404, path
