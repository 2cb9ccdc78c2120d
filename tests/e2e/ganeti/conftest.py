"""One cloud on the real clusters for all tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.e2e.ganeti import ganeti_cloud
from tests.e2e.ganeti.ganeti_cloud import Stage
from tests.support.ganeti import Cluster
from tests.support.ganeti_fixture import one_node, three_nodes

__all__ = ["one_node", "three_nodes"]


@pytest.fixture(scope="package")
def whole(
    three_nodes: Cluster, one_node: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """A cloud with both clusters; its user has plenty of quota."""
    home = tmp_path_factory.mktemp("g")
    with ganeti_cloud.running(home, [three_nodes, one_node]) as stage:
        yield stage


@pytest.fixture
def stage(whole: Stage) -> Iterator[Stage]:
    """The cloud with both clusters open and, before and after, no server."""
    whole.only(*whole.clusters)
    yield whole
    whole.clear()
    whole.check_books()
