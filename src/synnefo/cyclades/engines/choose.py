"""Finds the engine of a cluster, and keeps its connections between calls."""

import threading

import msgspec

from synnefo.cyclades.engines.compute import ClusterEngine, ComputeEngine
from synnefo.cyclades.engines.ganeti import GanetiCluster, GanetiCompute, Habits
from synnefo.cyclades.engines.ganeti_networks import GanetiNetworks
from synnefo.cyclades.engines.networking import NetworkEngine
from synnefo.cyclades.engines.rapi import Address, Rapi


class Engine(msgspec.Struct, frozen=True):
    """All doors to one cluster."""

    compute: ComputeEngine
    cluster: ClusterEngine
    networks: NetworkEngine


_engines: dict[str, tuple[Address | None, Engine]] = {}
_lock = threading.Lock()


def engine_for(address: Address, habits: Habits) -> Engine:
    """Answer the engine at an address; a changed password or place makes a new one."""
    with _lock:
        known = _engines.get(address.name)
        if known is not None and known[0] in {None, address}:
            return known[1]
        rapi = Rapi(address)
        engine = Engine(GanetiCompute(rapi, habits), GanetiCluster(rapi), GanetiNetworks(rapi))
        _engines[address.name] = (address, engine)
        return engine


def install(name: str, engine: Engine) -> None:
    """Use this engine for the cluster of this name, whatever its address; for tests."""
    with _lock:
        _engines[name] = (None, engine)


def forget(name: str) -> None:
    """Drop what is known of a cluster."""
    with _lock:
        _engines.pop(name, None)
