"""Cyclades' production engines, spoken to by a real Ganeti with the hypervisor `fake`."""

import pytest

from synnefo.cyclades.domain.instances import DiskSpec
from synnefo.cyclades.engines.ganeti import Habits
from tests.contract.engines.engine_contract import EngineContract
from tests.support.ganeti import Cluster
from tests.support.ganeti_fixture import one_node, rapi

__all__ = ["one_node", "rapi"]

pytestmark = [pytest.mark.needs_ganeti, pytest.mark.needs_root]


class TestEnginesOverGaneti(EngineContract):
    """Runs the suite of every RAPI."""

    @pytest.fixture
    def habits(self) -> Habits:
        return Habits(create_extra={"os": "tiny+default"})

    @pytest.fixture
    def url(self, one_node: Cluster) -> str:
        return one_node.url

    @pytest.fixture
    def cluster_name(self, one_node: Cluster) -> str:
        return one_node.fqdn

    @pytest.fixture
    def template(self) -> str:
        return "file"

    @pytest.fixture
    def disks(self) -> tuple[DiskSpec, ...]:
        return (DiskSpec(name="snf-vol-1", size_mib=16),)
