"""Firewall profiles are asked for, reach the cluster as tags, and come back. Spec: network 12."""

from typing import Any

import httpx2
import pytest

from synnefo.cyclades.domain.ports import RequestedNetwork
from synnefo.cyclades.engines.ganeti_networks import GanetiNetworks
from synnefo.cyclades.engines.rapi import Address, Rapi
from synnefo.cyclades.models import Port, QueuedErrand, Server
from synnefo.cyclades.usecases import firewalls, servers
from synnefo.kit.faults import BadRequest, BuildInProgress, ItemNotFound
from tests.support.compute import Stage, a_caller, fresh
from tests.support.cyclades_api import Person
from tests.support.networks import a_private

pytestmark = pytest.mark.django_db(databases=["cyclades"], transaction=True)

ADA = a_caller()


def a_server(stage: Stage) -> tuple[Server, Port]:
    wanted = (RequestedNetwork(uuid=str(a_private(ADA).id)),)
    made = servers.create(ADA, stage.order(networks=wanted)).servers[0]
    stage.run()
    return fresh(made), Port.objects.get(server=made)


def test_a_profile_reaches_the_card_and_goes_again(stage: Stage) -> None:
    server, port = a_server(stage)
    ada = Person("ada", "/cyclades/compute/v2.0")
    for profile, shown in (("PROTECTED", "PROTECTED"), ("ENABLED", "ENABLED"), ("DISABLED", None)):
        wish = {"firewallProfile": {"profile": profile, "nic": port.id}}
        assert ada.post(f"/servers/{server.id}/action", wish).status == 202
        stage.run()
        port.refresh_from_db()
        assert port.firewall_profile == shown


def test_what_cannot_be_is_refused(stage: Stage) -> None:
    server, port = a_server(stage)
    with pytest.raises(BadRequest, match="profile"):
        firewalls.ask(ADA, str(server.id), str(port.id), "OPEN")
    with pytest.raises(ItemNotFound):
        firewalls.ask(ADA, str(server.id), "999", "ENABLED")
    with pytest.raises(ItemNotFound):
        firewalls.ask(a_caller("eve"), str(server.id), str(port.id), "ENABLED")
    ada = Person("ada", "/cyclades/compute/v2.0")
    assert ada.post(f"/servers/{server.id}/action", {"firewallProfile": {}}).status == 400
    Server.objects.update(operstate="BUILD", task="BUILD")
    with pytest.raises(BuildInProgress):
        firewalls.ask(ADA, str(server.id), str(port.id), "ENABLED")
    Server.objects.update(operstate="ERROR", task=None)
    with pytest.raises(BadRequest):
        firewalls.ask(ADA, str(server.id), str(port.id), "ENABLED")
    assert not QueuedErrand.objects.exists()


def test_a_cluster_that_refuses_is_told_to_the_owner(stage: Stage) -> None:
    server, port = a_server(stage)
    stage.world.refusal = "The queue is drained."
    firewalls.ask(ADA, str(server.id), str(port.id), "ENABLED")
    stage.run()
    assert "drained" in server.diagnostics.get().message


def test_old_tags_of_the_card_go_before_the_new_one_comes() -> None:
    sent: list[tuple[str, str]] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        tag = dict(request.url.params).get("tag", "")
        sent.append((request.method, tag or request.url.path))
        if request.method == "GET":
            tags = ["synnefo:network:snf-nic-1:limited", "synnefo:network:snf-nic-2:limited"]
            found: Any = tags if request.url.path.endswith("/tags") else {"os": "image"}
            return httpx2.Response(200, json=found)
        return httpx2.Response(200, json=len(sent))

    address = Address(name="c", url="https://c", username="u", password="p")
    rapi = Rapi(address, httpx2.MockTransport(answer))
    GanetiNetworks(rapi).guard("snf-1", "snf-nic-1", "synnefo:network:snf-nic-1:protected")
    rapi.close()
    assert sent == [
        ("GET", "/2/instances/snf-1/tags"),
        ("DELETE", "synnefo:network:snf-nic-1:limited"),
        ("PUT", "synnefo:network:snf-nic-1:protected"),
        ("GET", "/2/instances/snf-1"),
        ("PUT", "/2/instances/snf-1/modify"),
    ]
