"""Cyclades' production engines, spoken to by a real `snf-solo` with the hypervisor `fake`."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from synnefo.cyclades.domain.instances import DiskSpec
from synnefo.cyclades.engines.compute import EngineUnreachable
from synnefo.cyclades.engines.ganeti import GanetiCluster
from synnefo.cyclades.engines.rapi import Address, Rapi
from tests.contract.engines.engine_contract import EXT, EngineContract
from tests.e2e.solo.solo_daemon import Daemon


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    running = Daemon(tmp_path, "--hypervisors", "fake")
    running.start()
    yield running
    running.clean_up()


@pytest.fixture
def access(daemon: Daemon) -> Address:
    told = json.loads((daemon.home / "access.json").read_text())
    password = Path(told["password_file"]).read_text().strip()
    return Address(name="solo", url=told["url"], username=told["user"], password=password)


class TestEnginesOverSolo(EngineContract):
    """Runs the suite of every RAPI."""

    @pytest.fixture
    def rapi(self, access: Address) -> Iterator[Rapi]:
        client = Rapi(access)
        yield client
        client.close()

    @pytest.fixture
    def url(self, access: Address) -> str:
        return access.url

    @pytest.fixture
    def cluster_name(self) -> str:
        return "solo"

    @pytest.fixture
    def template(self) -> str:
        return "ext"

    @pytest.fixture
    def disks(self) -> tuple[DiskSpec, ...]:
        return EXT

    def test_a_dead_cluster_is_worth_another_try(self, rapi: Rapi, daemon: Daemon) -> None:
        daemon.stop()
        with pytest.raises(EngineUnreachable, match="solo does not answer"):
            GanetiCluster(rapi).facts()
