"""Networks, addresses and many hands at once, for tests."""

import threading
from collections.abc import Callable

from django.db import connections

from synnefo.cyclades.domain.networks import ShapeOrder
from synnefo.cyclades.domain.subnets import SubnetOrder
from synnefo.cyclades.models import IPAddress, IPPool, Network
from synnefo.cyclades.usecases import networks, subnets
from synnefo.cyclades.usecases.networks import NetworkOrder
from synnefo.serve.http import Caller
from tests.support.compute import a_caller

OPERATOR = a_caller("operator", admin=True)


def a_private(caller: Caller, cidr: str | None = "192.168.7.0/24", name: str = "lan") -> Network:
    """Make somebody's network with its addresses."""
    network = networks.create(caller, NetworkOrder(name=name))
    if cidr is not None:
        subnets.create(caller, str(network.id), SubnetOrder(cidr=cidr))
    return network


def a_public(cidr: str = "10.2.1.0/24", **fields: object) -> Network:
    """Make a public network with its addresses."""
    order = NetworkOrder(
        **{"name": "public", "public": True, "shape": ShapeOrder(flavor="CUSTOM"), **fields}  # type: ignore[arg-type]
    )
    network = networks.create(OPERATOR, order)
    subnets.create(OPERATOR, str(network.id), SubnetOrder(cidr=cidr))
    return network


def free_and_all(network: Network) -> tuple[int, int]:
    """Count a network's free addresses, and all that can be given out."""
    rows = [row.read() for row in IPPool.objects.filter(subnet__network=network)]
    free = sum(pool.count_available() for pool in rows)
    return free, sum(pool.size - pool.count_reserved() for pool in rows)


def assert_nothing_leaked(network: Network) -> None:
    """Hold rows and pools of a network against each other."""
    free, every = free_and_all(network)
    held = IPAddress.objects.filter(network=network, ipversion=4)
    assert every - free == held.count()
    assert len(set(held.values_list("address", flat=True))) == held.count()


def together(times: int, act: Callable[[int], object]) -> list[str]:
    """Do something many times at once; answer "made" or the name of what went wrong."""
    start = threading.Barrier(min(times, 16))
    outcomes: list[str] = []
    numbers = iter(range(times))
    lock = threading.Lock()

    def work() -> None:
        start.wait()
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                break
            try:
                act(number)
                outcomes.append("made")
            except Exception as error:  # noqa: BLE001 - the test looks at what went wrong
                outcomes.append(type(error).__name__)
        connections.close_all()

    threads = [threading.Thread(target=work) for _one in range(min(times, 16))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
