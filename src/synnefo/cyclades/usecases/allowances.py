"""What a caller may have of networks and addresses, as the quota service knows it."""

from functools import cache

from synnefo.clients.astakos import AstakosClient, Standing
from synnefo.cyclades.domain.network_costs import FLOATING_IP, PRIVATE_NETWORK
from synnefo.cyclades.settings import CycladesSettings
from synnefo.kit import conf
from synnefo.serve.http import Caller
from synnefo.wire.provisions import INF


@cache
def _client(url: str) -> AstakosClient:
    return AstakosClient(url)


def of_caller(caller: Caller, project: str) -> dict[str, tuple[int, int]]:
    """Answer (limit, used) of each resource of ours; -1 is no limit."""
    quotas = _client(conf.of(CycladesSettings).astakos_auth_url).get_quotas(caller.token)
    held = quotas.get(project or caller.project_id, {})
    return {name: _pair(held.get(name, Standing())) for name in (PRIVATE_NETWORK, FLOATING_IP)}


def _pair(standing: Standing) -> tuple[int, int]:
    limit = min(standing.limit, standing.project_limit or standing.limit)
    return (-1 if limit >= INF else limit, standing.usage)
