"""Nothing lies: damaged blocks are not served, totals are sums, the collector takes no more."""

import contextlib
import hashlib
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from tests.support import pithos_server
from tests.support.pithos_server import ROOT, Server

pytestmark = pytest.mark.needs_clients
MIB = 2**20
CUT_OFF = (URLError, OSError, http.client.HTTPException)


def call(
    server: Server, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, bytes]:
    """Send one request in the native dialect."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    request = Request(
        server.native + path, body, {"X-Auth-Token": server.token, **sent}, method=method
    )
    try:
        with urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()


def manage(server: Server, *words: str, fails: bool = False) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "synnefo.webproject.manage", *words],
        check=False,
        capture_output=True,
        text=True,
        env=pithos_server.environment(server.data),
        cwd=ROOT,
    )
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done.stdout + done.stderr


def hashes(server: Server, path: str) -> list[str]:
    found: list[str] = json.loads(call(server, "GET", f"{path}?hashmap&format=json")[1])["hashes"]
    return found


def block_file(server: Server, name: str) -> Path:
    return server.data / "blocks" / "data" / name[:3] / name


@pytest.mark.parametrize("where", [0, 1])
def test_a_flipped_bit_is_told_and_healed_by_sending_again(server: Server, where: int) -> None:
    call(server, "PUT", "/rot")
    data = os.urandom(6 * MIB)
    assert call(server, "PUT", f"/rot/o{where}", data)[0] == 201
    assert call(server, "GET", f"/rot/o{where}")[1] == data
    file = block_file(server, hashes(server, f"/rot/o{where}")[where])
    content = bytearray(file.read_bytes())
    content[1000] ^= 4
    file.write_bytes(content)
    if where == 0:
        status, told = call(server, "GET", f"/rot/o{where}")
        assert status == 503
        assert b"damaged" in told
    else:
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            call(server, "GET", f"/rot/o{where}")
    manage(server, "pithos-scrub", fails=True)
    assert f"rot/o{where}" in manage(server, "pithos-scrub", "--list", fails=True)
    assert call(server, "PUT", f"/rot/copy{where}", data)[0] == 201
    assert "Nothing is known" in manage(server, "pithos-scrub")
    assert call(server, "GET", f"/rot/o{where}")[1] == data


def test_a_lost_block_is_no_missing_object(server: Server) -> None:
    call(server, "PUT", "/lost")
    call(server, "PUT", "/lost/o", os.urandom(MIB))
    block_file(server, hashes(server, "/lost/o")[0]).unlink()
    assert call(server, "GET", "/lost/o")[0] == 503
    assert "lost" in manage(server, "pithos-scrub", fails=True)
    call(server, "DELETE", "/lost/o")
    call(server, "DELETE", f"/lost?until={int(time.time()) + 60}")
    manage(server, "pithos-gc", "--remove", "--grace", "0")


def test_the_collector_takes_nothing_that_uploads_need(server: Server) -> None:
    """Uploads, deletions and the collector run against each other over the same few contents."""
    call(server, "PUT", "/storm", X_Container_Policy_Versioning="none")
    contents = [os.urandom(5 * MIB) for _ in range(3)] + [os.urandom(50_000) for _ in range(5)]
    is_over = threading.Event()
    failures: list[str] = []

    def churn(seed: int) -> None:
        chance = random.Random(seed)
        while not is_over.is_set():
            name, data = f"{seed}-{chance.randrange(4)}", chance.choice(contents)
            status, _ = call(server, "PUT", f"/storm/{name}", data)
            got = call(server, "GET", f"/storm/{name}")
            if status != 201 or got != (200, data):
                failures.append(f"{name}: {status}, {got[0]}")
            if chance.random() < 0.5:
                call(server, "DELETE", f"/storm/{name}")

    threads = [threading.Thread(target=churn, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(2):
        manage(server, "pithos-gc", "--remove", "--grace", "3")
        time.sleep(1.5)
    is_over.set()
    for thread in threads:
        thread.join()
    assert not failures
    assert "Nothing is known" in manage(server, "pithos-scrub")


class Storm:
    """Mixed operations on many names, and what was acknowledged of each."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.known: dict[str, str | None] = {}
        self.unsure: set[str] = set()
        self.count = 0

    def run(self, seed: int, names: list[str]) -> None:
        """Go on until the server is gone; each thread has names of its own."""
        chance = random.Random(seed)
        while True:
            name = chance.choice(names)
            if name in self.unsure:
                self.known.pop(name, None)
            self.unsure.add(name)
            try:
                self._one(chance, name)
            except CUT_OFF:
                return
            self.unsure.discard(name)
            self.count += 1

    def _one(self, chance: random.Random, name: str) -> None:
        size = chance.choice([0, 100, 40_000, 40_000, 5 * MIB])
        kind = chance.choice(["put", "put", "put", "delete", "copy", "append", "describe"])
        has = self.known.get(name) is not None
        if kind == "put" or not has:
            data = chance.randbytes(size)
            assert call(self.server, "PUT", f"/k/{name}", data)[0] == 201
            self.known[name] = hashlib.sha256(data).hexdigest()
        elif kind == "delete":
            assert call(self.server, "DELETE", f"/k/{name}")[0] == 204
            self.known[name] = None
        elif kind == "copy":
            self._copy(name)
        elif kind == "append":
            self._append(chance, name)
        else:
            told = {"X-Object-Meta-Turn": str(self.count)}
            assert call(self.server, "POST", f"/k/{name}?update", **told)[0] == 202

    def _copy(self, name: str) -> None:
        target = f"{name}-copy"
        self.unsure.add(target)
        assert call(self.server, "PUT", f"/k/{target}", b"", X_Copy_From=f"/k/{name}")[0] == 201
        self.known[target] = self.known[name]
        self.unsure.discard(target)

    def _append(self, chance: random.Random, name: str) -> None:
        more = chance.randbytes(500)
        headers = {"Content-Range": "bytes */*", "Content-Type": "application/octet-stream"}
        assert call(self.server, "POST", f"/k/{name}?update", more, **headers)[0] == 204
        data = call(self.server, "GET", f"/k/{name}")[1]
        assert data.endswith(more)
        self.known[name] = hashlib.sha256(data).hexdigest()


def test_kills_during_mixed_operations_leave_everything_true(tmp_path: Path) -> None:
    server = pithos_server.prepare(tmp_path)
    storm = Storm(server)
    for life in range(2):
        process = pithos_server.start(server)
        call(server, "PUT", "/k")
        threads = [
            threading.Thread(
                target=storm.run, args=(life * 10 + n, [f"{n}-{i}" for i in range(6)])
            )
            for n in range(6)
        ]
        for thread in threads:
            thread.start()
        time.sleep(2)
        for pid in [*_children(process.pid), process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        for thread in threads:
            thread.join()
    process = pithos_server.start(server)
    try:
        _compare(storm)
        assert "Everything in sync" in manage(server, "reconcile-statistics-pithos")
        manage(server, "reconcile-commissions-pithos", "--fix")
        assert "in sync" in manage(server, "reconcile-resources-pithos")
        assert "Nothing is known" in manage(server, "pithos-scrub")
    finally:
        process.terminate()
        process.wait()


def _compare(storm: Storm) -> None:
    assert storm.count > 100
    for name, digest in storm.known.items():
        if name in storm.unsure:
            continue
        status, body = call(storm.server, "GET", f"/k/{name}")
        if digest is None:
            assert status == 404, name
        else:
            assert (status, hashlib.sha256(body).hexdigest()) == (200, digest), name
    listed = json.loads(call(storm.server, "GET", "/k?format=json")[1])
    request = Request(
        f"{storm.server.native}/k", headers={"X-Auth-Token": storm.server.token}, method="HEAD"
    )
    with urlopen(request, timeout=60) as answer:
        assert int(answer.headers["X-Container-Object-Count"]) == len(listed)
        total = sum(one["bytes"] for one in listed)
        assert int(answer.headers["X-Container-Bytes-Used"]) == total


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]
