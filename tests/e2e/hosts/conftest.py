"""One cloud on eight hosts, installed once from the built wheels."""

import subprocess
from collections.abc import Iterator

import pytest

from tests.support.host_cloud import TOP, HostCloud


@pytest.fixture(scope="session")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostCloud]:
    """A cloud whose components stand on hosts of their own."""
    subprocess.run([str(TOP / "deploy" / "wheels.sh")], check=True, stdout=subprocess.DEVNULL)
    cloud = HostCloud(tmp_path_factory.mktemp("hosts"))
    try:
        cloud.install()
        yield cloud
    finally:
        cloud.close()


@pytest.fixture
def token(hosts: HostCloud) -> str:
    """The administrator, signed in."""
    return hosts.await_token()
