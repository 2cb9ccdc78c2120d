"""openstacksdk, unmodified, against a real server."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openstack
import pytest
from openstack.exceptions import NotFoundException

from tests.support.pithos_server import PASSWORD, Server

pytestmark = [pytest.mark.needs_clients, pytest.mark.filterwarnings("ignore")]
"""The SDK warns of its own next version at every call."""


@pytest.fixture
def cloud(server: Server) -> Iterator[Any]:
    found = openstack.connect(
        auth_url=f"{server.url}/astakos/identity/v3",
        username=server.email,
        password=PASSWORD,
        project_id=server.account,
        user_domain_name="Default",
        region_name="default",
    )
    yield found
    found.close()


def test_containers_and_objects(cloud: Any, tmp_path: Path) -> None:
    body = os.urandom(100_000)
    (tmp_path / "file").write_bytes(body)
    cloud.object_store.create_container("sdk")
    cloud.object_store.set_container_metadata("sdk", colour="blue")
    assert cloud.object_store.get_container_metadata("sdk").metadata["colour"] == "blue"
    cloud.object_store.upload_object("sdk", "o", filename=str(tmp_path / "file"))
    assert cloud.object_store.download_object("o", container="sdk") == body
    assert not cloud.is_object_stale("sdk", "o", str(tmp_path / "file"))
    assert [one.name for one in cloud.object_store.objects("sdk")] == ["o"]
    cloud.object_store.delete_object("o", container="sdk")
    with pytest.raises(NotFoundException):
        cloud.object_store.get_object_metadata("o", container="sdk")
    cloud.object_store.delete_container("sdk")


def test_large_files_go_in_segments(cloud: Any, tmp_path: Path) -> None:
    body = os.urandom(3_000_000)
    (tmp_path / "large").write_bytes(body)
    cloud.object_store.create_container("sdk2")
    cloud.create_object("sdk2", "large", filename=str(tmp_path / "large"), segment_size=1_000_000)
    assert cloud.object_store.download_object("large", container="sdk2") == body
    assert cloud.object_store.get_object_metadata("large", container="sdk2").content_length == len(
        body
    )
    cloud.delete_object("sdk2", "large")


def test_temporary_addresses(cloud: Any) -> None:
    cloud.object_store.create_container("sdk3")
    cloud.object_store.upload_object("sdk3", "o", data=b"text")
    cloud.object_store.set_account_temp_url_key("secret")
    path = cloud.object_store.generate_temp_url("/v1/AUTH_x/sdk3/o", 60, "GET", temp_url_key="k")
    assert "temp_url_sig=" in path
