"""A whole server whose blocks lie in a real Ceph, and one that moves there while it serves."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.support import pithos_server
from tests.support.ceph import POOL, Ceph
from tests.support.pithos_server import ROOT, Server

pytestmark = [pytest.mark.needs_ceph, pytest.mark.needs_clients]
MIB = 2**20


@pytest.fixture(scope="module")
def ceph() -> Ceph:
    told = os.environ.get("SYNNEFO_TEST_CEPH")
    if not told:
        pytest.skip("no Ceph: run `make services`")
    return Ceph(Path(told))


@pytest.fixture
def server(ceph: Ceph, tmp_path: Path) -> Iterator[Server]:
    """A server that begins on files."""
    found = pithos_server.prepare(tmp_path)
    process = pithos_server.start(found)
    call(found, "PUT", "/c")
    call(found, "PUT", "/c/old", b"o" * (5 * MIB))
    process.terminate()
    process.wait(30)
    place = {"pool": POOL, "conf": ceph.conf, "namespace": "whole", "timeout": "20"}
    former = {"module": "filed", "path": str(tmp_path / "blocks")}
    (tmp_path / "conf" / "40-ceph.conf").write_text(
        f"PITHOS_BACKEND_BLOCK_MODULE = 'rados'\nPITHOS_BACKEND_BLOCK_KWARGS = {place}\n"
        f"PITHOS_BACKEND_BLOCK_FORMER = {former}\n"
    )
    process = pithos_server.start(found)
    yield found
    process.terminate()
    process.wait(30)


def call(server: Server, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    request = Request(server.native + path, body, {"X-Auth-Token": server.token}, method=method)
    try:
        with urlopen(request, timeout=120) as answer:
            return answer.status, answer.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()


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


def test_files_are_served_from_ceph_while_the_former_store_is_emptied(
    server: Server, ceph: Ceph
) -> None:
    data = os.urandom(9 * MIB)
    assert call(server, "PUT", "/c/new", data)[0] == 201
    assert call(server, "GET", "/c/new") == (200, data)
    assert call(server, "GET", "/c/old") == (200, b"o" * (5 * MIB))
    assert "2 blocks" in manage(server, "pithos-migrate-store", "--verify")
    assert call(server, "GET", "/c/old") == (200, b"o" * (5 * MIB))
    assert "Nothing is known" in manage(server, "pithos-scrub")
    ceph.kill_osd()
    ceph.start_osd()
    assert call(server, "GET", "/c/new") == (200, data)
    for name in ("new", "old"):
        assert call(server, "DELETE", f"/c/{name}")[0] == 204
    assert call(server, "DELETE", "/c?until=4000000000")[0] == 204
    assert "were removed" in manage(server, "pithos-gc", "--remove", "--grace", "0")
