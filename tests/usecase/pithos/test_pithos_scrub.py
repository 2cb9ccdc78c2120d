"""Blocks that rot or vanish are found, healed, told, and never served."""

import os
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from synnefo.blocks.filed import FiledStore
from synnefo.blocks.maps import MapStore
from synnefo.kit import conf
from synnefo.kit.faults import ServiceUnavailable
from synnefo.pithos.domain.places import Place
from synnefo.pithos.domain.ranges import Span
from synnefo.pithos.engines import blocks
from synnefo.pithos.models import DamagedBlock, Facet, Node, ScrubRound
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases import claims, containers, content, objects, scrub
from synnefo.pithos.usecases.containers import Order
from synnefo.pithos.usecases.found import digests_of, readable
from synnefo.pithos.usecases.objects import MissingBlocks, Wish
from synnefo.pithos.usecases.scrub import Pace
from synnefo.wire.hashmaps import HashMap
from tests.support.pithos import a_body, a_caller

pytestmark = pytest.mark.django_db(databases=["pithos"])
ADA = "11111111-1111-4111-8111-111111111111"
MIB = 2**20


@pytest.fixture(autouse=True)
def container() -> None:
    containers.put(a_caller(ADA), ADA, "c", Order({}, {}))


def put(name: str, data: bytes) -> list[str]:
    """Store an object and answer its blocks."""
    objects.put(a_caller(ADA), Place(ADA, "c", name), a_body(data), Wish())
    return content.hashes_told(digests_of(readable(a_caller(ADA), Place(ADA, "c", name)).object))


def read(name: str) -> bytes:
    state = readable(a_caller(ADA), Place(ADA, "c", name)).object
    return b"".join(content.stream(digests_of(state), Span(0, state.size)))


def store() -> FiledStore:
    found = blocks.store()
    assert isinstance(found, FiledStore)
    return found


def flip(name: str) -> None:
    """Turn one bit of a block, as a disk would: the file's times stay."""
    path = store().path(name)
    told = path.stat()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns))


@pytest.fixture
def no_trust() -> Iterator[None]:
    with conf.override(PithosSettings, pithos_block_trust=0):
        yield


@pytest.mark.usefixtures("no_trust")
@pytest.mark.parametrize("size", [100_000, 9 * MIB])
def test_a_flipped_bit_is_never_served(size: int) -> None:
    data = os.urandom(size)
    name = put("o", data)[-1]
    assert read("o") == data
    flip(name)
    with pytest.raises(ServiceUnavailable, match="lost or damaged"):
        read("o")


@pytest.mark.usefixtures("no_trust")
def test_a_rewritten_block_heals_what_was_damaged() -> None:
    data = os.urandom(9 * MIB)
    hashes = put("o", data)
    flip(hashes[1])
    with pytest.raises(ServiceUnavailable):
        read("o")
    hashmap = HashMap(size=len(data), hashes=hashes)
    with pytest.raises(MissingBlocks) as missing:
        objects.put_hashmap(a_caller(ADA), Place(ADA, "c", "o"), hashmap, Wish())
    assert missing.value.hashes == [hashes[1]]
    claims.receive_blocks(a_caller(ADA), a_body(data[4 * MIB : 8 * MIB]))
    assert read("o") == data
    assert (store().root / "damaged" / hashes[1]).exists()


def test_a_block_whose_file_changed_is_looked_at_again_though_it_is_trusted() -> None:
    data = os.urandom(100_000)
    path = store().path(put("o", data)[0])
    assert read("o") == data
    path.write_bytes(bytes(100_000))
    with pytest.raises(ServiceUnavailable):
        read("o")


def test_a_lost_block_is_a_fault_of_the_service_and_no_missing_object() -> None:
    store().path(put("o", os.urandom(100_000))[0]).unlink()
    with pytest.raises(ServiceUnavailable, match="Tell the operators"):
        read("o")


def test_scrubbing_finds_who_suffers() -> None:
    rotten, _ = put("large", os.urandom(6 * MIB))
    (lost,) = put("image", os.urandom(MIB))
    put("image", os.urandom(MIB))
    (fine,) = put("fine", os.urandom(MIB))
    maps = MapStore(Path(conf.of(PithosSettings).pithos_backend_block_path) / "maps")
    maps.put("boot", [fine, rotten], 5 * MIB, store=store())
    Facet.objects.create(
        domain="plankton", node=Node.objects.get(name="large"), metadata={}, modified=1
    )
    flip(rotten)
    store().path(lost).unlink()
    told = scrub.run(Pace())
    assert (told.blocks, told.damaged, told.healed) == (5, 2, 0)
    assert told.finished
    found = {(one.block, one.state, one.kind) for one in scrub.sufferers()}
    assert found == {
        (rotten, "damaged", "image"),
        (rotten, "damaged", "map"),
        (lost, "lost", "former version"),
    }


def test_blocks_of_published_maps_are_looked_at_too() -> None:
    name = store().put(os.urandom(MIB))
    maps = MapStore(Path(conf.of(PithosSettings).pithos_backend_block_path) / "maps")
    maps.put("only-a-map", [name], MIB, store=store())
    maps.pin("only-a-map", "volume-1")
    flip(name)
    assert scrub.run(Pace()).damaged == 1
    assert {(one.kind, one.name) for one in scrub.sufferers()} == {
        ("map", "names/only-a-map"),
        ("volume", "pins/volume-1"),
    }


def test_a_round_that_was_stopped_goes_on_where_it_was() -> None:
    for number in range(6):
        put(f"o{number}", os.urandom(40_000))
    first = scrub.run(Pace(seconds=1e-9))
    assert (first.blocks, first.finished) == (1, None)
    second = scrub.run(Pace())
    assert (second.pk, second.blocks) == (first.pk, 6)
    assert second.finished
    assert scrub.run(Pace()).pk != second.pk
    assert ScrubRound.objects.count() == 1


def test_the_pace_is_kept() -> None:
    import time

    for number in range(4):
        put(f"o{number}", os.urandom(50_000))
    begun = time.monotonic()
    scrub.run(Pace(rate=400_000))
    assert time.monotonic() - begun > 0.4


def test_what_was_healed_is_forgotten_and_the_command_tells() -> None:
    data = os.urandom(MIB)
    (name,) = put("o", data)
    flip(name)
    out = StringIO()
    with pytest.raises(CommandError, match="1 blocks"):
        call_command("pithos_scrub", stdout=out)
    assert f"{ADA}/c/o" in out.getvalue()
    assert DamagedBlock.objects.count() == 1
    put("again", data)
    out = StringIO()
    call_command("pithos_scrub", "--list", stdout=out)
    assert "Nothing is known" in out.getvalue()
    assert read("o") == data


def test_blocks_move_to_another_store_while_they_are_read(tmp_path: Path) -> None:
    data = {f"o{number}": os.urandom(5 * MIB) for number in range(3)}
    for name, content_of in data.items():
        put(name, content_of)
    damaged = put("damaged", os.urandom(MIB))[0]
    flip(damaged)
    new, old = str(tmp_path / "new"), str(conf.of(PithosSettings).pithos_backend_block_path)
    with conf.override(
        PithosSettings,
        pithos_backend_block_kwargs={"path": new},
        pithos_backend_block_former={"module": "filed", "path": old},
    ):
        assert read("o0") == data["o0"]
        call_command("pithos_migrate_store", "--dry-run", stdout=StringIO())
        assert list(FiledStore(Path(new)).names()) == []
        put("meanwhile", os.urandom(MIB))
        out, err = StringIO(), StringIO()
        with pytest.raises(CommandError, match="Not everything"):
            call_command("pithos_migrate_store", "--verify", stdout=out, stderr=err)
        assert "6 blocks" in out.getvalue()
        assert damaged in err.getvalue()
        assert list(FiledStore(Path(old)).names()) == [damaged]
    with conf.override(PithosSettings, pithos_backend_block_kwargs={"path": new}):
        assert {name: read(name) for name in data} == data
        with pytest.raises(CommandError, match="No former store"):
            call_command("pithos_migrate_store")
