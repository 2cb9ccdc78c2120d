"""What answers of a RAPI mean, and how a dead one is left alone."""

import threading
from collections.abc import Callable

import httpx2
import pytest

from synnefo.cyclades.engines import rapi as module
from synnefo.cyclades.engines.compute import EngineRefused, EngineUnreachable
from synnefo.cyclades.engines.rapi import Address, Rapi

ADDRESS = Address(name="c.test", url="https://c.test:5080")
Answer = Callable[[httpx2.Request], httpx2.Response]


def over(answer: Answer) -> Rapi:
    """Answer a RAPI that speaks to a function."""
    return Rapi(ADDRESS, transport=httpx2.MockTransport(answer))


@pytest.mark.parametrize(
    ("code", "body", "kind", "told"),
    [
        (401, {"message": "Unauthorized", "explain": "No permission"}, EngineUnreachable, "No"),
        (403, {"message": "Forbidden", "explain": "read only"}, EngineUnreachable, "credentials"),
        (400, {"message": "Bad Request", "explain": "x &#x27;y&#x27;"}, EngineRefused, "x 'y'"),
        (400, {"message": "Invalid body", "explain": "Bad syntax"}, EngineRefused, "Invalid body"),
        (500, {"message": "Queue drained", "explain": ""}, EngineUnreachable, "Queue drained"),
        (500, {"message": "10.0.0.1/24 has host bits set"}, EngineRefused, "host bits"),
        (501, {"message": "Method PUT is unsupported"}, EngineRefused, "unsupported"),
        (502, {"message": "Can't connect to master daemon"}, EngineUnreachable, "master"),
        (503, {"message": "Job queue is full, needs archiving"}, EngineUnreachable, "full"),
        (504, {"message": "Gateway Timeout", "explain": "luxid"}, EngineUnreachable, "luxid"),
    ],
)
def test_failures_are_sorted_and_told(
    code: int, body: dict[str, str], kind: type[Exception], told: str
) -> None:
    client = over(lambda _: httpx2.Response(code, json=body))
    with pytest.raises(kind, match=told):
        client.submit("POST", "/instances", {})
    client.close()


def test_what_is_no_job_number_or_no_json_is_refused() -> None:
    with pytest.raises(EngineRefused, match="no job number"):
        over(lambda _: httpx2.Response(200, json={"a": 1})).submit("POST", "/instances")
    with pytest.raises(EngineUnreachable, match="no JSON"):
        over(lambda _: httpx2.Response(200, content=b"<html>")).get("/info")


def test_what_is_not_there_is_none() -> None:
    assert over(lambda _: httpx2.Response(404, json={})).get("/instances/x") is None


def test_a_dead_cluster_is_asked_seldom_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    now, calls, is_dead = [0.0], [0], [True]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])

    def answer(request: httpx2.Request) -> httpx2.Response:
        calls[0] += 1
        if is_dead[0]:
            raise httpx2.ConnectError("refused", request=request)
        return httpx2.Response(200, json={})

    client = over(answer)
    for _ in range(5):
        with pytest.raises(EngineUnreachable, match=r"c\.test does not answer"):
            client.get("/info")
    assert calls[0] == 2
    now[0] += module.DEAD_SECONDS
    is_dead[0] = False
    assert client.get("/info") == {}
    assert client.get("/info") == {}
    assert calls[0] == 4


def test_while_one_finds_out_the_others_do_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    now, asked, go = [0.0], threading.Event(), threading.Event()
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    dead = [True]

    def answer(request: httpx2.Request) -> httpx2.Response:
        if dead[0]:
            raise httpx2.ConnectError("refused", request=request)
        asked.set()
        assert go.wait(10)
        return httpx2.Response(200, json={})

    client = over(answer)
    with pytest.raises(EngineUnreachable):
        client.get("/info")
    dead[0] = False
    now[0] += module.DEAD_SECONDS
    scout = threading.Thread(target=client.get, args=("/info",))
    scout.start()
    assert asked.wait(10)
    with pytest.raises(EngineUnreachable):
        client.get("/info")
    go.set()
    scout.join()
    assert client.get("/info") == {}
