"""Images and networks with the unmodified OpenStack SDK and a broken connection."""

import hashlib
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import openstack
import pytest
from openstack import exceptions

from tests.e2e.conftest import Cloud
from tests.support.images import a_qcow2_file, a_raw

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.needs_clients,
    pytest.mark.needs_qemu,
    pytest.mark.needs_root,
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
"""The SDK warns of its own future, and leaves the files that it reads open."""

PATIENCE = 60
MIB = 1024**2


@pytest.fixture(scope="module")
def sdk(cloud: Cloud) -> Iterator[Any]:
    config = openstack.config.OpenStackConfig(config_files=[str(cloud.data / "clouds.yaml")])
    connection = openstack.connection.Connection(config=config.get_one(cloud="synnefo"))
    yield connection
    connection.close()


def wait_for(fact: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not fact():
        assert time.monotonic() < deadline, "It took too long."
        time.sleep(0.3)


class TestImages:
    def test_an_image_is_uploaded_saved_changed_and_deleted(
        self, sdk: Any, tmp_path: Path
    ) -> None:
        file, back = tmp_path / "disk.raw", tmp_path / "back.raw"
        file.write_bytes(a_raw(9 * MIB, b"e2e") + os.urandom(MIB))
        image = sdk.create_image(
            "e2e image", filename=str(file), disk_format="raw", container_format="bare", wait=True
        )
        try:
            assert (image.status, image.size) == ("active", 10 * MIB)
            sdk.image.download_image(image, output=str(back))
            assert back.read_bytes() == file.read_bytes()
            changed = sdk.image.update_image(image, name="renamed", min_ram=64, purpose="test")
            assert (changed.name, changed.min_ram) == ("renamed", 64)
            assert [i.id for i in sdk.image.images(name="renamed")] == [image.id]
            assert sdk.image.find_image("renamed").id == image.id
        finally:
            sdk.image.delete_image(image.id)
        assert sdk.image.find_image("renamed") is None

    def test_a_packed_image_is_unpacked(self, sdk: Any, tmp_path: Path) -> None:
        file = tmp_path / "disk.qcow2"
        file.write_bytes(a_qcow2_file(tmp_path, 64 * MIB, b"packed"))
        image = sdk.create_image(
            "packed", filename=str(file), disk_format="qcow2", container_format="bare"
        )
        try:
            wait_for(lambda: sdk.image.get_image(image.id).status == "active")
            done = sdk.image.get_image(image.id)
            assert (done.disk_format, done.size) == ("raw", 64 * MIB)
            expected = hashlib.md5(a_raw(64 * MIB, b"packed"), usedforsecurity=False)
            assert done.checksum == expected.hexdigest()
        finally:
            sdk.image.delete_image(image.id)

    def test_what_is_no_image_is_refused_with_a_reason(self, sdk: Any, tmp_path: Path) -> None:
        file = tmp_path / "words.txt"
        file.write_bytes(b"No disk at all.\n" * 9999)
        with pytest.raises(exceptions.SDKException, match="no qcow2 image"):
            sdk.create_image(
                "words", filename=str(file), disk_format="qcow2", container_format="bare"
            )

    @pytest.mark.parametrize("chunked", [False, True])
    def test_an_upload_cut_off_at_half_leaves_nothing(self, sdk: Any, chunked: bool) -> None:
        image = sdk.image.post(
            "/images", json={"name": "cut", "disk_format": "raw", "container_format": "bare"}
        ).json()
        try:
            _send_half(sdk, image["id"], chunked=chunked)
            time.sleep(1)
            shown = sdk.image.get_image(image["id"])
            assert (shown.status, shown.size) == ("queued", None)
            whole = a_raw(MIB)
            headers = {"Content-Type": "application/octet-stream"}
            path = f"/images/{image['id']}/file"
            assert sdk.image.put(path, data=whole, headers=headers).status_code == 204
        finally:
            sdk.image.delete_image(image["id"])


def _send_half(sdk: Any, image: str, *, chunked: bool) -> None:
    """Send half of eight MiB and hang up."""
    url = urlsplit(sdk.image.get_endpoint())
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {8 * MIB}"
    head = (
        f"PUT /cyclades/image/v2/images/{image}/file HTTP/1.1\r\nHost: {url.netloc}\r\n"
        f"X-Auth-Token: {sdk.auth_token}\r\nContent-Type: application/octet-stream\r\n"
        f"{length}\r\n\r\n"
    )
    piece = b"\x01" * 65536
    framed = b"10000\r\n" + piece + b"\r\n" if chunked else piece
    with socket.create_connection((url.hostname or "", url.port or 80)) as line:
        line.sendall(head.encode())
        for _piece in range(4 * MIB // len(piece)):
            line.sendall(framed)


class TestNetworks:
    def test_a_network_lives_and_goes(self, sdk: Any) -> None:
        network = sdk.network.create_network(name="e2e lan")
        subnet = sdk.network.create_subnet(
            network_id=network.id, cidr="10.99.0.0/24", ip_version=4, name="e2e subnet"
        )
        port = sdk.network.create_port(network_id=network.id, name="e2e port")
        assert port.fixed_ips[0]["ip_address"] == "10.99.0.2"
        assert sdk.network.find_network("e2e lan").subnet_ids == [subnet.id]
        with pytest.raises(exceptions.ConflictException):
            sdk.network.delete_network(network)
        sdk.network.delete_port(port)
        sdk.network.delete_network(network)
        assert sdk.network.find_network("e2e lan") is None
        assert [n.is_router_external for n in sdk.network.networks()] == [True]

    def test_a_port_is_plugged_into_a_running_machine_and_pulled_out(self, sdk: Any) -> None:
        image = sdk.image.find_image("Demonstration")
        flavor = min(sdk.compute.flavors(), key=lambda f: (f.ram, f.disk))
        network = sdk.network.create_network(name="hot lan")
        sdk.network.create_subnet(network_id=network.id, cidr="10.98.0.0/24", ip_version=4)
        server = sdk.compute.create_server(
            name="hot", image_id=image.id, flavor_id=flavor.id, networks="none"
        )
        try:
            sdk.compute.wait_for_server(server, wait=PATIENCE)
            port = sdk.network.create_port(network_id=network.id, device_id=server.id)
            wait_for(lambda: sdk.network.get_port(port.id).status == "ACTIVE")
            assert sdk.network.get_port(port.id).mac_address
            addresses = sdk.compute.get_server(server.id).addresses["hot lan"]
            assert [one["addr"] for one in addresses] == ["10.98.0.2"]
            sdk.network.delete_port(port.id)
            wait_for(lambda: not list(sdk.network.ports(device_id=server.id)))
        finally:
            sdk.compute.delete_server(server)
            sdk.compute.wait_for_delete(server, wait=PATIENCE)
        sdk.network.delete_network(network)
        wait_for(lambda: sdk.network.find_network("hot lan") is None)
        used = sdk.network.get_quota(sdk.current_project_id, details=True)
        assert used.networks["used"] == 0


class TestOperators:
    def test_commands_show_what_the_users_see(self, cloud: Cloud) -> None:
        for name in ("network-list", "subnet-list", "port-list", "pool-list", "image-list"):
            done: subprocess.CompletedProcess[str] = cloud.manage(name)
            assert done.returncode == 0, done.stderr
        assert "Demonstration" in cloud.manage("image-list").stdout
        assert "mac-prefix" in cloud.manage("pool-list").stdout
