"""A worker hears of errands at once: by the socket of its host, else from PostgreSQL."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections

from synnefo.kit import conf
from synnefo.serve import errands
from synnefo.serve.errands import Errand
from synnefo.serve.settings import ServeSettings
from synnefo.serve.statements import is_postgresql
from synnefo.webproject import worker

pytestmark = pytest.mark.django_db(databases=["astakos"], transaction=True)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[None]:
    with conf.override(ServeSettings, synnefo_data_dir=str(tmp_path)):
        yield


@pytest.fixture
def errand() -> Iterator[Errand]:
    made = Errand("astakos.woken")
    yield made
    del Errand.known["astakos.woken"]


def test_the_worker_of_this_host_hears_the_socket(host: None, errand: Errand) -> None:
    assert not errands.ring()
    with worker.bell() as bell:
        bell.settimeout(10)
        errand.later()
        assert bell.recv(16) == b"!"
        for _ in range(10_000):  # a bell that nobody answers stops no one
            assert errands.ring()


def test_a_worker_elsewhere_hears_it_from_postgresql(
    host: None, errand: Errand, tmp_path: Path
) -> None:
    errand.later()
    if not is_postgresql("astakos"):
        return
    stopping, there = threading.Event(), tmp_path / "elsewhere"
    is_heard = threading.Event()

    def listen() -> None:
        connection = connections["astakos"]
        connection.ensure_connection()
        raw = connection.connection
        raw.execute(f"LISTEN {errands.CHANNEL}")
        there.touch()
        while not stopping.is_set() and not is_heard.is_set():
            if list(raw.notifies(timeout=0.2, stop_after=1)):
                is_heard.set()
        connections.close_all()

    ears = threading.Thread(target=listen)
    ears.start()
    while not there.exists():
        stopping.wait(0.05)
    errand.later()
    assert is_heard.wait(10)
    stopping.set()
    ears.join()
