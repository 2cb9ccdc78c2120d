"""The running clusters as fixtures; import what you use into your conftest or test module."""

from collections.abc import Iterator

import pytest

from synnefo.cyclades.engines.rapi import Address, Rapi
from tests.support.ganeti import PASSWORD, USER, Cluster, clusters


def _cluster(number: int) -> Cluster:
    found = clusters()
    if not found:
        pytest.skip("no Ganeti: run `make services`")
    return found[number]


@pytest.fixture(scope="session")
def three_nodes() -> Cluster:
    """Answer the cluster of three nodes."""
    return _cluster(0)


@pytest.fixture(scope="session")
def one_node() -> Cluster:
    """Answer the cluster of one node."""
    return _cluster(1)


def rapi_of(cluster: Cluster, *, username: str = USER, password: str = PASSWORD) -> Rapi:
    """Open a cluster's RAPI; the caller closes it."""
    return Rapi(Address(name=cluster.fqdn, url=cluster.url, username=username, password=password))


@pytest.fixture
def rapi(one_node: Cluster) -> Iterator[Rapi]:
    """Answer the RAPI of the cluster of one node, the quick one."""
    client = rapi_of(one_node)
    yield client
    client.close()
