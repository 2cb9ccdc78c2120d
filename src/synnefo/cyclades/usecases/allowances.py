"""What a project may have of networks and addresses, as the quota service knows it."""

from synnefo.clients.astakos import Standing
from synnefo.cyclades.domain.network_costs import FLOATING_IP, PRIVATE_NETWORK
from synnefo.cyclades.usecases import limits
from synnefo.serve.http import Caller
from synnefo.wire.provisions import INF


def of_caller(caller: Caller, project: str) -> dict[str, tuple[int, int]]:
    """Answer (limit, used) of each resource of ours; -1 is no limit."""
    held = limits.standings(caller, project)
    return {name: _pair(held.get(name, Standing())) for name in (PRIVATE_NETWORK, FLOATING_IP)}


def _pair(standing: Standing) -> tuple[int, int]:
    limit = min(standing.limit, standing.project_limit or standing.limit)
    return (-1 if limit >= INF else limit, standing.usage)
