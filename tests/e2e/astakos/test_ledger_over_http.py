"""The ledger behind real web workers: several processes, many callers at once."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from synnefo.clients.astakos import AstakosClient, QuotaExceeded
from synnefo.wire.provisions import charge
from tests.support.pithos_server import QUOTA, Server, running

pytestmark = pytest.mark.e2e
RESOURCE = "pithos.diskspace"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve all bricks with two processes of eight threads."""
    with running(tmp_path_factory.mktemp("ledger"), workers=2, threads=8) as found:
        yield found


@pytest.fixture
def client(server: Server) -> AstakosClient:
    """Call Astakos as the component pithos."""
    text = (server.data / "conf" / "20-token.conf").read_text()
    found = re.search(r"PITHOS_SERVICE_TOKEN = '([^']+)'", text)
    assert found is not None
    return AstakosClient(f"{server.url}/astakos", found[1])


def test_of_500_commissions_at_once_exactly_five_fit(
    server: Server, client: AstakosClient
) -> None:
    wanted = charge(server.account, server.account, RESOURCE, QUOTA // 5)

    def ask(_number: int) -> int | None:
        try:
            return client.issue_commission(wanted, name="race")
        except QuotaExceeded:
            return None

    with ThreadPoolExecutor(40) as pool:
        serials = [serial for serial in pool.map(ask, range(500)) if serial is not None]
    assert len(serials) == 5
    assert sorted(client.get_pending()) == sorted(serials)
    standing = client.service_get_quotas([server.account])[server.account][server.account]
    assert standing[RESOURCE].usage == standing[RESOURCE].project_usage == QUOTA // 5 * 5

    with ThreadPoolExecutor(20) as pool:
        verdicts = (serials[:3], serials[3:])
        done = list(pool.map(lambda _n: client.resolve_commissions(*verdicts), range(20)))
    assert sorted(s for one in done for s in one.accepted) == sorted(serials[:3])
    assert sorted(s for one in done for s in one.rejected) == sorted(serials[3:])
    standing = client.service_get_quotas([server.account])[server.account][server.account]
    assert standing[RESOURCE].usage == QUOTA // 5 * 3
    assert standing[RESOURCE].pending == 0
