"""One real server for all clients."""

from collections.abc import Iterator

import pytest

from tests.support import pithos_server
from tests.support.pithos_server import Server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """gunicorn with Pithos and Astakos on a loopback port."""
    with pithos_server.running(tmp_path_factory.mktemp("pithos")) as found:
        yield found
