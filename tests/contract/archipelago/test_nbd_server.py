"""The NBD server, over a real socket."""

import errno
import os
import random
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from synnefo.archipelago import control, operations
from synnefo.archipelago.entries import BLOCK, SUB
from synnefo.archipelago.faults import VolumeBusy, VolumeFault
from synnefo.archipelago.nbd.server import Server
from synnefo.archipelago.settings import socket_path, under
from synnefo.archipelago.shelf import Shelf, open_shelf
from tests.contract.archipelago import nbd_client as nbd
from tests.contract.archipelago.nbd_client import Client

SIZE = 3 * BLOCK + 5 * SUB + 512


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = open_shelf(under(tmp_path, owner="node"))
    operations.create(shelf, "volume", SIZE)
    return shelf


class Running:
    """A server in a thread of this process."""

    def __init__(self, shelf: Shelf, name: str = "volume") -> None:
        self.server = Server(shelf, name)
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()
        self.clients: list[Client] = []

    def client(self) -> Client:
        client = Client(self.server.path)
        assert client.go() == nbd.ACK
        self.clients.append(client)
        return client

    def stop(self) -> None:
        for client in self.clients:
            client.close()
        if self.thread.is_alive():
            self.server.stop()
        self.thread.join(20)


@pytest.fixture
def running(shelf: Shelf) -> Iterator[Running]:
    running = Running(shelf)
    yield running
    running.stop()


@pytest.fixture
def client(running: Running) -> Client:
    return running.client()


def test_what_is_offered_is_told(client: Client) -> None:
    assert client.size == SIZE
    assert client.flags == 1 | 4 | 8 | 32 | 64 | 256


def test_written_bytes_come_back(client: Client) -> None:
    assert client.write(BLOCK - 5, b"over the border") == 0
    assert client.read(BLOCK - 6, 17) == b"\0over the border\0"
    assert client.do(nbd.FLUSH) == 0


@pytest.mark.parametrize("name", ["vol", "", "volume"])
def test_the_export_has_several_names(running: Running, name: str) -> None:
    client = Client(running.server.path)
    assert client.go(name) == nbd.ACK
    client.close()


def test_a_negotiation_may_take_its_time(running: Running) -> None:
    client = Client(running.server.path)
    assert client.go("vol", option=nbd.INFO) == nbd.ACK
    assert client.go("another") == 0x80000006
    client.option(5)
    assert client.option_reply()[1] == 0x80000001
    client.option(nbd.GO, b"\0\0")
    assert client.option_reply()[1] == 0x80000003
    client.option(nbd.GO, bytes(100_000))
    assert client.option_reply()[1] == 0x80000009
    client.option(nbd.LIST)
    assert client.option_reply() == (nbd.LIST, nbd.SERVER, b"\0\0\0\3vol")
    assert client.option_reply()[1] == nbd.ACK
    for byte in struct.pack(">8sII", b"IHAVEOPT", nbd.GO, 9) + b"\0\0\0\3vol\0\0":
        client.socket.sendall(bytes([byte]))
    kinds = [client.option_reply()[1] for _ in range(3)]
    assert kinds == [nbd.INFORMATION, nbd.INFORMATION, nbd.ACK]
    assert client.read(0, 3) == bytes(3)
    client.close()


def test_the_oldest_way_to_ask_works(running: Running) -> None:
    client = Client(running.server.path, client_flags=1)
    client.option(1, b"vol")
    size, _ = struct.unpack(">QH", client.exactly(10))
    assert size == SIZE
    assert client.exactly(124) == bytes(124)
    assert client.read(0, 3) == bytes(3)
    client.close()


def test_an_abort_is_acknowledged(running: Running) -> None:
    client = Client(running.server.path)
    client.option(nbd.ABORT)
    assert client.option_reply()[1] == nbd.ACK
    with pytest.raises(EOFError):
        client.exactly(1)
    client.close()


@pytest.mark.parametrize("flags", [0, 8])
def test_a_client_of_another_dialect_is_hung_up_on(running: Running, flags: int) -> None:
    client = Client(running.server.path, client_flags=flags)
    with pytest.raises((EOFError, ConnectionError)):
        client.exactly(1)
    client.close()


@pytest.mark.parametrize(
    ("command", "offset", "length", "flags", "error"),
    [
        (nbd.READ, 0, 0, 0, errno.EINVAL),
        (nbd.READ, SIZE, 1, 0, errno.EINVAL),
        (nbd.READ, SIZE - 1, 2, 0, errno.EINVAL),
        (nbd.READ, 2**64 - 1, 4096, 0, errno.EINVAL),
        (nbd.READ, 0, 2**32 - 1, 0, errno.EINVAL),
        (nbd.READ, 0, 512, 4, errno.EINVAL),
        (nbd.WRITE, 0, 0, 0, errno.EINVAL),
        (nbd.TRIM, 0, 0, 0, errno.EINVAL),
        (nbd.TRIM, SIZE, 512, 0, errno.EINVAL),
        (nbd.WRITE_ZEROES, 0, 0, 0, errno.EINVAL),
        (nbd.WRITE_ZEROES, SIZE - 1, 2, 0, errno.ENOSPC),
        (nbd.WRITE_ZEROES, 0, 512, 16, errno.EINVAL),
        (5, 0, 512, 0, errno.EINVAL),
        (77, 0, 0, 0, errno.EINVAL),
    ],
)
def test_requests_that_make_no_sense_are_refused_one_by_one(
    client: Client, command: int, offset: int, length: int, flags: int, error: int
) -> None:
    assert client.do(command, offset, length, flags=flags) == error
    assert client.write(0, b"still here") == 0


def test_a_write_past_the_end_has_no_space(client: Client) -> None:
    assert client.write(SIZE - 1, b"xy") == errno.ENOSPC
    assert client.write(2**63, b"xy") == errno.ENOSPC
    assert client.read(SIZE - 1, 1) == b"\0"


def test_garbage_instead_of_a_request_ends_the_connection_only(running: Running) -> None:
    rude, polite = running.client(), running.client()
    rude.socket.sendall(b"\xff" * 28)
    with pytest.raises((EOFError, ConnectionError)):
        rude.exactly(1)
    too_long = running.client()
    too_long.send(nbd.WRITE, 0, 2**31)
    with pytest.raises((EOFError, ConnectionError)):
        too_long.exactly(1)
    assert polite.write(0, b"x") == 0


def test_many_requests_in_one_piece_are_all_answered(client: Client) -> None:
    data = os.urandom(4096)
    for number in range(500):
        client.send(nbd.WRITE, number * 4096, 4096, data)
    for number in range(500):
        client.send(nbd.READ, number * 4096, 4096)
    assert [client.reply() for _ in range(500)] == [(0, n + 1) for n in range(500)]
    for number in range(500):
        assert client.reply() == (0, 501 + number)
        assert client.exactly(4096) == data


def test_requests_of_every_size_match_a_model(client: Client) -> None:
    choose = random.Random(7)
    model = bytearray(SIZE)
    for _ in range(250):
        offset = choose.choice([0, BLOCK, SUB, choose.randrange(SIZE)])
        length = min(SIZE - offset, choose.choice([1, 512, 4096, SUB, 1 << 20, 5 << 20]))
        kind = choose.randrange(4)
        if kind == 0:
            data = choose.randbytes(length)
            assert client.write(offset, data, flags=choose.choice([0, nbd.FUA])) == 0
            model[offset : offset + length] = data
        elif kind == 1:
            flags = choose.choice([0, nbd.FUA, nbd.NO_HOLE])
            assert client.do(nbd.WRITE_ZEROES, offset, length, flags=flags) == 0
            model[offset : offset + length] = bytes(length)
        else:
            assert client.read(offset, length) == model[offset : offset + length]
    assert client.do(nbd.FLUSH) == 0
    assert client.read(0, SIZE) == model


def test_a_write_of_32_mib_is_taken(tmp_path: Path) -> None:
    shelf = open_shelf(under(tmp_path))
    operations.create(shelf, "volume", 40 << 20)
    running = Running(shelf)
    client = running.client()
    data = os.urandom(32 << 20)
    assert client.write(100, data) == 0
    assert client.read(100, len(data)) == data
    running.stop()


def test_several_connections_see_one_disk(running: Running) -> None:
    first, second = running.client(), running.client()
    assert first.write(SUB, b"by the first") == 0
    assert second.read(SUB, 12) == b"by the first"
    assert second.do(nbd.FLUSH) == 0


def test_what_was_answered_is_there_after_the_server_ends(shelf: Shelf) -> None:
    running = Running(shelf)
    assert running.client().write(5, b"answered") == 0
    running.stop()
    again = Running(shelf)
    assert again.client().read(5, 8) == b"answered"
    again.stop()


def test_a_snapshot_is_made_under_a_running_client(shelf: Shelf, running: Running) -> None:
    client = running.client()
    assert client.write(0, b"before") == 0
    control.ask(socket_path(shelf.places, "volume", "ctl"), "snapshot", "snap-1")
    assert client.write(0, b"after!") == 0
    assert client.read(0, 6) == b"after!"
    frozen = Running(shelf, "snap-1")
    reader = frozen.client()
    assert reader.flags & 2
    assert reader.read(0, 6) == b"before"
    assert reader.write(0, b"x") == errno.EPERM
    assert reader.do(nbd.TRIM, 0, 512) == errno.EPERM
    assert reader.do(nbd.FLUSH) == 0
    frozen.stop()
    with pytest.raises(VolumeFault, match="already"):
        control.ask(socket_path(shelf.places, "volume", "ctl"), "snapshot", "snap-1")


def test_a_volume_grows_under_a_running_server(shelf: Shelf, running: Running) -> None:
    client = running.client()
    control.ask(socket_path(shelf.places, "volume", "ctl"), "grow", str(10 * BLOCK))
    assert running.client().size == 10 * BLOCK
    assert client.write(9 * BLOCK, b"new ground") == 0


def test_a_server_with_clients_does_not_stop_when_asked_kindly(
    shelf: Shelf, running: Running
) -> None:
    path = socket_path(shelf.places, "volume", "ctl")
    client = running.client()
    with pytest.raises(VolumeFault, match="connected client"):
        control.ask(path, "stop")
    with pytest.raises(VolumeFault, match="does not know"):
        control.ask(path, "juggle")
    control.ask(path, "kick")
    running.thread.join(20)
    with pytest.raises((EOFError, ConnectionError)):
        client.read(0, 1)
    with pytest.raises(control.NotServed):
        control.ask(path, "ping")


def test_a_second_server_for_a_volume_is_refused(shelf: Shelf, running: Running) -> None:
    with pytest.raises(VolumeBusy):
        Server(shelf, "volume")
    assert running.client().read(0, 1) == b"\0"


def test_a_lost_block_is_an_error_to_the_guest_and_no_more(shelf: Shelf) -> None:
    name = shelf.blocks.put(b"image")
    operations.create_from_hashes(shelf, "imaged", [name], BLOCK)
    shelf.blocks.discard(name)
    running = Running(shelf, "imaged")
    client = running.client()
    assert client.do(nbd.READ, 0, 4096) == errno.EIO
    assert client.do(nbd.READ, 0, 1 << 20) == errno.EIO
    assert client.write(10, b"x") == errno.EIO
    running.stop()


def test_a_rotten_map_is_refused_with_a_sentence(shelf: Shelf) -> None:
    path = shelf.map_path("volume")
    path.write_bytes(b"AMF." + path.read_bytes()[4:20] + b"junk" + path.read_bytes()[24:])
    with pytest.raises(VolumeFault, match="damaged"):
        Server(shelf, "volume")
    assert shelf.leases.acquire("volume")
