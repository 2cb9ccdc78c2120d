"""The store in a pool of a real Ceph keeps the contract, also while its OSD is down."""

import os
import threading
import time
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import pytest

from synnefo.blocks.choice import Where, open_store
from synnefo.blocks.collect import collect
from synnefo.blocks.hashing import hash_block
from synnefo.blocks.librados import Change
from synnefo.blocks.port import BlockStore, StoreFailed
from synnefo.blocks.rados import Cluster, RadosStore
from tests.contract.blocks.block_store import BlockStoreContract
from tests.support.ceph import POOL, Ceph

pytestmark = pytest.mark.needs_ceph


@pytest.fixture(scope="module")
def ceph() -> Ceph:
    told = os.environ.get("SYNNEFO_TEST_CEPH")
    if not told:
        pytest.skip("no Ceph: run `make services`")
    return Ceph(Path(told))


@pytest.fixture
def cluster(ceph: Ceph, request: pytest.FixtureRequest) -> Cluster:
    """Answer a part of the pool that nobody else sees."""
    return Cluster(pool=POOL, conf=ceph.conf, namespace=request.node.name[:60], timeout=20)


@pytest.fixture
def store(cluster: Cluster) -> Iterator[RadosStore]:
    found = RadosStore(cluster)
    yield found
    for name in list(found.names()):
        found.discard(name)
    found.close()


class TestRadosStore(BlockStoreContract):
    """Runs the suite of every store."""

    def test_damage_is_found_and_healed(self, store: RadosStore, cluster: Cluster) -> None:
        name = store.put(b"sound")
        pool = cluster.connect()
        assert pool.apply(name, Change().replace(b"rotten")) == 0
        pool.close()
        assert not store.verify(name)
        store.overwrite(name, b"sound")
        assert store.get(name) == b"sound"

    def test_a_block_that_came_another_way_is_kept_from_the_collector(
        self, store: RadosStore, cluster: Cluster
    ) -> None:
        name = hash_block(b"put by another tool")
        pool = cluster.connect()
        assert pool.apply(name, Change().replace(b"put by another tool")) == 0
        pool.close()
        assert store.idle_seconds(name) < 60
        assert collect(store, [], grace=60).removed == 0
        assert collect(store, [], grace=0).removed == 1

    def test_an_empty_pool_of_another_kind_of_name_is_not_ours(
        self, store: RadosStore, cluster: Cluster
    ) -> None:
        pool = cluster.connect()
        assert pool.apply("rbd_directory", Change().replace(b"not a block")) == 0
        assert list(store.names()) == []
        assert pool.apply("rbd_directory", Change().remove()) == 0
        pool.close()

    def test_a_child_process_connects_by_itself(self, store: RadosStore, cluster: Cluster) -> None:
        name = store.put(b"before the fork")
        answers = get_context("fork").SimpleQueue()

        def read() -> None:
            answers.put(store.get(name))

        child = get_context("fork").Process(target=read)
        child.start()
        child.join(60)
        assert answers.get() == b"before the fork"
        assert store.get(name) == b"before the fork"

    def test_many_blocks_are_asked_for_at_once(self, store: RadosStore) -> None:
        names = [store.put(b"%d" % number) for number in range(200)]
        absent = [hash_block(b"absent %d" % number) for number in range(200)]
        asked = [name for pair in zip(names, absent, strict=True) for name in pair]
        assert store.missing(asked) == absent

    def test_writers_wait_while_the_osd_is_down_and_go_on_when_it_is_back(
        self, store: RadosStore, ceph: Ceph
    ) -> None:
        kept = store.put(b"before")
        ceph.kill_osd()
        names: list[str] = []
        writer = threading.Thread(target=lambda: names.append(store.put(b"meanwhile")))
        writer.start()
        time.sleep(1)
        assert names == []
        ceph.start_osd()
        writer.join(60)
        assert names == [hash_block(b"meanwhile")]
        assert store.get(kept) == b"before"
        assert store.get(names[0]) == b"meanwhile"

    def test_a_cluster_that_does_not_answer_in_time_is_a_fault(
        self, cluster: Cluster, ceph: Ceph
    ) -> None:
        impatient = RadosStore(
            Cluster(pool=POOL, conf=ceph.conf, namespace=cluster.namespace, timeout=2)
        )
        name = impatient.put(b"there")
        ceph.kill_osd()
        try:
            for call in (lambda: impatient.get(name), lambda: impatient.put(b"new")):
                with pytest.raises(StoreFailed, match="timed out"):
                    call()
        finally:
            ceph.start_osd()
        deadline = time.monotonic() + 60
        while True:
            try:
                assert impatient.get(name) == b"there"
                break
            except StoreFailed:
                assert time.monotonic() < deadline
        impatient.close()


def test_settings_name_a_pool(ceph: Ceph) -> None:
    wish = Where("rados", {"pool": POOL, "conf": ceph.conf, "namespace": "s", "timeout": "20"})
    store: BlockStore = open_store(wish)
    name = store.put(b"by settings")
    assert store.get(name) == b"by settings"
    assert store.discard(name)
    assert isinstance(store, RadosStore)
    store.close()


def test_settings_that_fit_no_cluster_are_refused() -> None:
    for arguments in ({"pole": "blocks"}, {}, {"pool": "blocks", "timeout": "soon"}):
        with pytest.raises(StoreFailed):
            open_store(Where("rados", arguments))
    with pytest.raises(StoreFailed, match="no kind"):
        open_store(Where("floppy"))
