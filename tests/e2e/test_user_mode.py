"""Without rights for bridges: QEMU's own network, and SSH through a port of the host."""

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from synnefo.clients.http import Http
from tests.e2e.conftest import Cloud, program, start
from tests.e2e.test_openstack_road import ssh, wait_ssh

pytestmark = [pytest.mark.e2e, pytest.mark.needs_qemu]


@pytest.fixture
def bridgeless() -> Iterator[Cloud]:
    """A cloud as somebody without root starts it, in a folder whose name sockets can bear."""
    data = Path(tempfile.mkdtemp(prefix="bridgeless-"))
    (data / "conf").mkdir(parents=True)
    (data / "conf" / "99-local.conf").write_text('SOLO_NETWORK = "user"\n')
    yield start(data, "--listen", "127.0.0.1:0")
    subprocess.run([program("synnefo"), "reset", "--yes", "--data", str(data)], check=True)


def test_a_machine_is_reached_through_the_port_that_its_page_shows(
    bridgeless: Cloud, tmp_path: Path
) -> None:
    key = tmp_path / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    token = json.loads((bridgeless.data / "logins.json").read_text())["user"]["token"]
    compute = Http(f"{bridgeless.url}/cyclades/compute/v2.1", token=token)
    images = Http(f"{bridgeless.url}/cyclades/image/v2", token=token)
    pair = {"name": "mine", "public_key": key.with_suffix(".pub").read_text()}
    compute.call("POST", "/os-keypairs", body={"keypair": pair})
    image = images.read("GET", "/images", dict[str, Any])["images"][0]["id"]
    order = {"name": "alone", "imageRef": image, "flavorRef": "3", "key_name": "mine"}
    made = compute.read("POST", "/servers", dict[str, Any], body={"server": order})["server"]
    way = _forwarding(compute, made["id"])
    address = f"{way['host']}:{way['port']}"
    wait_ssh(key, address)
    assert ssh(key, address, "hostname").stdout == "alone\n"


def _forwarding(compute: Http, server_id: str) -> dict[str, str]:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        server = compute.read("GET", f"/servers/{server_id}", dict[str, Any])["server"]
        if server["status"] == "ACTIVE":
            found: dict[str, str] = server["SNF:port_forwarding"]["22"]
            return found
        time.sleep(0.2)
    raise AssertionError("The machine does not become ACTIVE.")
