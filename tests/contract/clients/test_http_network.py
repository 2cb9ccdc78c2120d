"""Calls that do leave the process."""

import socket
import threading
from collections.abc import Iterator

import pytest

from synnefo.clients.http import Http, Unanswered
from synnefo.kit import faults


@pytest.fixture
def silent() -> Iterator[str]:
    """Listen on a port, and hang up on everybody who asks something."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        ended = threading.Event()
        thread = threading.Thread(target=_hang_up, args=(server, ended))
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        ended.set()
        with socket.create_connection(server.getsockname()):
            pass
        thread.join()


def _hang_up(server: socket.socket, ended: threading.Event) -> None:
    while not ended.is_set():
        connection, _ = server.accept()
        with connection:
            if not ended.is_set():
                connection.recv(65536)


class TestNetwork:
    """Who does not answer is told apart from who is not there."""

    def test_whoever_is_not_there_cannot_be_reached(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(faults.ServiceUnavailable) as told:
            Http(f"http://{address}", attempts=2).call("POST", "/x", body={})
        assert not isinstance(told.value, Unanswered)
        assert address in told.value.message

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_a_request_without_an_answer_has_an_unknown_outcome(
        self, silent: str, method: str
    ) -> None:
        with pytest.raises(Unanswered):
            Http(silent, attempts=2).call(method, "/x")
