"""What goes wrong on the way: hang-ups, kills, tokens that end."""

import hashlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

from tests.support import pithos_server
from tests.support.pithos_server import ROOT, Server

pytestmark = pytest.mark.needs_clients
MIB = 2**20


def call(server: Server, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    headers = {"X-Auth-Token": server.token}
    request = Request(server.storage + path, body, headers, method=method)
    try:
        with urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        with error:
            return error.code, b""


def manage(server: Server, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "synnefo.webproject.manage", *words],
        check=False,
        capture_output=True,
        text=True,
        env=pithos_server.environment(server.data),
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_an_upload_cut_off_at_half_leaves_nothing(server: Server) -> None:
    call(server, "PUT", "/cut")
    before = lying(server)
    address = urlsplit(server.url)
    for framing in ("Content-Length: 20000000", "Transfer-Encoding: chunked"):
        with socket.create_connection((str(address.hostname), int(address.port or 0))) as line:
            path = urlsplit(server.storage).path
            head = f"PUT {path}/cut/half HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {server.token}\r\n"
            line.sendall(f"{head}{framing}\r\n\r\n".encode())
            line.sendall(b"1000000\r\n" if "chunked" in framing else b"")
            line.sendall(os.urandom(10_000_000))
        assert call(server, "GET", "/cut/half")[0] == 404
    deadline = time.monotonic() + 60
    while len(lying(server) - before) < 4:
        assert time.monotonic() < deadline, "two whole blocks of each upload have arrived"
        time.sleep(0.1)
    assert call(server, "GET", "/cut/half")[0] == 404
    assert call(server, "GET", "/cut") == (204, b"")
    manage(server, "pithos-gc", "--grace", "0", "--remove")
    assert lying(server) - before == set()
    assert "; 0 of 0 B would be removed" in manage(server, "pithos-gc", "--grace", "0")


def lying(server: Server) -> set[str]:
    """Name every file in the store of blocks, whole or half written."""
    return {file.name for file in (server.data / "blocks").rglob("*") if file.is_file()}


def test_a_chunked_upload_without_a_length_is_whole(server: Server) -> None:
    call(server, "PUT", "/chunks")
    address = urlsplit(server.url)
    line = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)
    body = os.urandom(9_000_001)
    pieces = (body[at : at + 100_000] for at in range(0, len(body), 100_000))
    path = urlsplit(server.storage).path + "/chunks/o"
    line.request("PUT", path, pieces, {"X-Auth-Token": server.token}, encode_chunked=True)
    answer = line.getresponse()
    assert answer.headers["ETag"] == hashlib.md5(body).hexdigest()
    answer.read()
    line.close()
    assert call(server, "GET", "/chunks/o")[1] == body


def test_a_token_that_ends_stops_the_next_request_not_the_running_one(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with pithos_server.running(tmp_path_factory.mktemp("token"), workers=1) as server:
        call(server, "PUT", "/t")
        address = urlsplit(server.url)
        line = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)

        def pieces() -> Iterator[bytes]:
            yield b"before"
            url = f"{server.url}/astakos/identity/v3/auth/tokens"
            headers = {"X-Auth-Token": server.token, "X-Subject-Token": server.token}
            with urlopen(Request(url, headers=headers, method="DELETE")) as answer:
                assert answer.status == 204
            yield b"after"

        path = urlsplit(server.storage).path + "/t/o"
        headers = {"X-Auth-Token": server.token}
        line.request("PUT", path, pieces(), headers, encode_chunked=True)
        assert line.getresponse().status == 201
        line.close()
        deadline = time.monotonic() + 30
        while call(server, "GET", "/t/o")[0] != 401:
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_what_was_acknowledged_survives_kill_9_and_quota_is_right(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    server = pithos_server.prepare(tmp_path_factory.mktemp("killed"))
    done: dict[str, str] = {}
    for life in range(2):
        process = pithos_server.start(server)
        call(server, "PUT", "/k")
        threads = [
            threading.Thread(target=_write, args=(server, f"{life}-{number}", done))
            for number in range(6)
        ]
        for thread in threads:
            thread.start()
        time.sleep(1.5)
        for pid in [*_children(process.pid), process.pid]:
            os.kill(pid, signal.SIGKILL)
        process.wait()
        for thread in threads:
            thread.join()
    process = pithos_server.start(server)
    try:
        assert len(done) > 10
        for name, digest in done.items():
            status, body = call(server, "GET", f"/k/{name}")
            assert (status, hashlib.sha256(body).hexdigest()) == (200, digest), name
        manage(server, "reconcile-commissions-pithos", "--fix")
        assert "in sync" in manage(server, "reconcile-resources-pithos")
    finally:
        process.terminate()
        process.wait()


def _write(server: Server, tag: str, done: dict[str, str]) -> None:
    """Upload until the server is gone, noting what it has acknowledged."""
    for number in range(10_000):
        body = os.urandom(5 * MIB if number % 4 == 3 else 3000)
        try:
            status, _ = call(server, "PUT", f"/k/{tag}-{number}", body)
        except (URLError, OSError, http.client.HTTPException):
            return
        if status == 201:
            done[f"{tag}-{number}"] = hashlib.sha256(body).hexdigest()


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


@pytest.mark.e2e
def test_memory_is_flat_however_large_the_uploads_are(
    server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    call(server, "PUT", "/memory")
    file = tmp_path_factory.mktemp("memory") / "large"
    with file.open("wb") as out:
        for _ in range(32):
            out.write(os.urandom(16 * MIB))
    head = ["curl", "-sS", "-f", "-H", "Expect:", "-H", f"X-Auth-Token: {server.token}", "-T"]
    clients = [
        subprocess.Popen([*head, str(file), f"{server.storage}/memory/{number}"])
        for number in range(8)
    ]
    most = 0
    while any(client.poll() is None for client in clients):
        most = max([most, *(_resident(pid) for pid in _children(server.pid))])
        time.sleep(0.1)
    assert [client.returncode for client in clients] == [0] * 8
    assert most < 250 * MIB


def _resident(pid: int) -> int:
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024 if found else 0
