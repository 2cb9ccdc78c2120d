"""A volume against a plain array of bytes, with killed processes and power cuts in between."""

import random
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from synnefo.archipelago import collect, operations
from synnefo.archipelago import settings as places
from synnefo.archipelago.entries import BLOCK, SUB
from synnefo.archipelago.faults import VolumeMissing
from synnefo.archipelago.shelf import open_shelf
from synnefo.archipelago.volume import Volume, open_volume
from synnefo.blocks.port import StoreFault
from tests.support.forgetful import ForgetfulMedium

SECTOR = 512
SIZE = 2 * BLOCK + 3 * SUB + 5 * SECTOR
EDGES = [0, SUB, BLOCK - SUB, BLOCK, BLOCK + SUB, 2 * BLOCK, SIZE]

places_in = st.one_of(
    st.sampled_from(EDGES).flatmap(
        lambda edge: st.integers(max(0, edge - 3 * SECTOR), min(SIZE - 1, edge + 3 * SECTOR))
    ),
    st.integers(0, SIZE - 1),
)
lengths = st.one_of(
    st.integers(1, 3 * SECTOR), st.sampled_from([SUB, 2 * SUB, BLOCK, SIZE]), st.integers(1, SIZE)
)


class VolumeModel(RuleBasedStateMachine):
    """What a guest may rely on."""

    @initialize(seed=st.integers(0, 2**32), from_image=st.booleans())
    def begin(self, seed: int, from_image: bool) -> None:
        self.random = random.Random(seed)
        self.top = Path(tempfile.mkdtemp(prefix="volume-model-"))
        self.medium = ForgetfulMedium()
        self.root = self.top / "0"
        self.boots = 1
        self.frozen: dict[str, bytes] = {}
        self._open_shelf()
        self.model = bytearray(SIZE)
        if from_image:
            self._image()
        else:
            operations.create(self.shelf, "volume", SIZE)
        self._open_volume()
        self._mark_flushed()

    def _image(self) -> None:
        pieces = [self.random.randbytes(SUB * 3 + 77), b"", self.random.randbytes(SUB + 1)]
        hashes = [self.shelf.blocks.put(piece) for piece in pieces]
        for index, piece in enumerate(pieces):
            self.model[index * BLOCK : index * BLOCK + len(piece)] = piece
        operations.create_from_hashes(self.shelf, "volume", hashes, SIZE)

    def _open_shelf(self) -> None:
        self.shelf = open_shelf(
            places.under(self.root, owner="node"),
            medium=self.medium,
            boot=self.boots.to_bytes(8, "big") * 2,
        )

    def _open_volume(self) -> None:
        self.volume = open_volume(self.shelf, "volume", fd_limit=8)
        self.volume._compact_at = 700

    def _mark_flushed(self) -> None:
        self.flushed = bytes(self.model)
        self.since: dict[int, set[bytes]] = {}

    def _change(self, start: int, data: bytes) -> None:
        self.model[start : start + len(data)] = data
        for sector in range(start // SECTOR, -(-(start + len(data)) // SECTOR)):
            state = bytes(self.model[sector * SECTOR : (sector + 1) * SECTOR])
            self.since.setdefault(sector, set()).add(state)

    @rule(start=places_in, length=lengths, fua=st.booleans())
    def write(self, start: int, length: int, fua: bool) -> None:
        data = self.random.randbytes(min(length, SIZE - start))
        self.volume.write(start, memoryview(data))
        self._change(start, data)
        if fua:
            self.volume.sync_blocks(start, len(data))
            flushed = bytearray(self.flushed)
            flushed[start : start + len(data)] = data
            self.flushed = bytes(flushed)
            for sector in range(-(-start // SECTOR), (start + len(data)) // SECTOR):
                self.since.pop(sector, None)

    @rule(start=places_in, length=lengths, keep=st.booleans())
    def write_zeroes(self, start: int, length: int, keep: bool) -> None:
        length = min(length, SIZE - start)
        self.volume.write_zeroes(start, length, keep_space=keep)
        self._change(start, bytes(length))

    @rule(start=places_in, length=lengths)
    def trim(self, start: int, length: int) -> None:
        length = min(length, SIZE - start)
        self.volume.trim(start, length)
        left = bytes(self.volume.read(start, length))
        at = 0
        while at < length:
            end = min(length, at + SECTOR - (start + at) % SECTOR)
            part, before = left[at:end], bytes(self.model[start + at : start + end])
            assert part in {before, bytes(end - at)}
            at = end
        self._change(start, left)

    @rule()
    def flush(self) -> None:
        self.volume.flush()
        self._mark_flushed()

    @precondition(lambda self: len(self.frozen) < 3)
    @rule()
    def snapshot(self) -> None:
        name = f"snapshot-{len(self.frozen)}"
        with operations.snapshot_place(self.shelf, name):
            self.volume.snapshot(name)
        self.frozen[name] = bytes(self.model)
        self._mark_flushed()

    @precondition(lambda self: self.frozen)
    @rule(data=st.data())
    def go_on_in_a_clone(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.frozen)))
        self.volume.close()
        operations.remove(self.shelf, "volume")
        operations.clone(self.shelf, "volume", name)
        self._open_volume()
        self.model = bytearray(self.frozen[name])
        self._mark_flushed()

    @rule()
    def collect_garbage(self) -> None:
        collect.collect(self.shelf)

    @rule()
    def close_and_open(self) -> None:
        self.volume.close()
        self._open_volume()
        self._mark_flushed()

    @rule()
    def kill_the_process(self) -> None:
        self._kill()
        self._open_volume()

    @rule(good=st.integers(0, 12), snapshot=st.booleans())
    def lose_power_in_the_middle(self, good: int, snapshot: bool) -> None:
        self.medium.good = good
        name = "half-way"
        try:
            if snapshot:
                with operations.snapshot_place(self.shelf, name):
                    self.volume.snapshot(name)
            else:
                self.volume.flush()
            done = True
        except (OSError, StoreFault):
            done = False
        self.medium.good = None
        if done:
            self._mark_flushed()
        content = bytes(self.model)
        self.cut_the_power()
        if not snapshot:
            return
        try:
            half = open_volume(self.shelf, name)
        except VolumeMissing:
            assert not done
            return
        assert bytes(half.read(0, SIZE)) == content
        half.close()
        operations.remove(self.shelf, name)

    @rule()
    def cut_the_power(self) -> None:
        self._kill()
        self.boots += 1
        after = self.top / str(self.boots)
        self.medium.cut(self.root, after, self.random)
        self.medium.close()
        shutil.rmtree(self.root)
        self.root, self.medium = after, ForgetfulMedium()
        self._open_shelf()
        self._learn_what_is_there(self.root)
        self._open_volume()
        found = bytes(self.volume.read(0, SIZE))
        for at in range(0, SIZE, SECTOR):
            sector = found[at : at + SECTOR]
            if sector != self.flushed[at : at + SECTOR]:
                assert sector in self.since.get(at // SECTOR, set()), f"sector at {at} is neither"
        self.model = bytearray(found)
        self.volume.flush()
        self._mark_flushed()

    def _learn_what_is_there(self, path: Path) -> None:
        """Everything that survived is on the medium."""
        for entry in path.iterdir():
            if entry.is_dir():
                self._learn_what_is_there(entry)
            else:
                with entry.open("rb") as file:
                    self.medium.sync_file(file.fileno())
        self.medium.sync_directory(path)

    def _kill(self) -> None:
        self.volume.abandon()

    @invariant()
    def everything_reads_as_written(self) -> None:
        if not hasattr(self, "volume"):
            return
        assert bytes(self.volume.read(0, SIZE)) == bytes(self.model)
        for name, content in self.frozen.items():
            snapshot: Volume = open_volume(self.shelf, name)
            assert bytes(snapshot.read(0, SIZE)) == content
            snapshot.close()

    def teardown(self) -> None:
        if hasattr(self, "volume"):
            self.volume.close()
            self.medium.close()
            shutil.rmtree(self.top)


VolumeModel.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=25,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestVolumeModel = VolumeModel.TestCase
