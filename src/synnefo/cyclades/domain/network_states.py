"""States of a network, and of a network on one cluster. Spec: network 2.4, 4 and 13.1."""

from collections.abc import Iterable
from enum import StrEnum


class NetworkState(StrEnum):
    """Where a network is in its life."""

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    DELETED = "DELETED"
    ERROR = "ERROR"


class NetworkAction(StrEnum):
    """What was last asked of a network."""

    CREATE = "CREATE"
    DESTROY = "DESTROY"


_ON_SUCCESS = {
    "OP_NETWORK_ADD": NetworkState.PENDING,
    "OP_NETWORK_CONNECT": NetworkState.ACTIVE,
    "OP_NETWORK_DISCONNECT": NetworkState.PENDING,
    "OP_NETWORK_REMOVE": NetworkState.DELETED,
}

FAILED = frozenset({"error", "canceled"})
FINAL = FAILED | {"success"}


def on_cluster(
    current: NetworkState, opcode: str, status: str, *, absent: bool = False, there: bool = False
) -> NetworkState:
    """Tell the state on a cluster after a job.

    `absent` says that it failed because the cluster has no such network, `there` because it has
    one already: making it twice does no harm.
    """
    if status == "success":
        return _ON_SUCCESS.get(opcode, current)
    if status in FAILED and opcode == "OP_NETWORK_ADD" and not there:
        return NetworkState.ERROR
    if status in FAILED and opcode == "OP_NETWORK_REMOVE" and absent:
        return NetworkState.DELETED
    return current


def overall(
    current: NetworkState, action: NetworkAction | None, on_clusters: Iterable[NetworkState]
) -> NetworkState:
    """Tell the state of a network from its states on clusters. Spec: network 4.1, 18.6."""
    states = list(on_clusters)
    gone = all(state is NetworkState.DELETED for state in states)
    if action is NetworkAction.DESTROY:
        return NetworkState.DELETED if gone else current
    if not states or NetworkState.ACTIVE in states:
        return NetworkState.ACTIVE
    return current
