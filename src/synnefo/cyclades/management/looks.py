"""What the reconciliation commands share: clusters in turn or at once, and how they tell it."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.core.management.base import BaseCommand
from django.db import connections

from synnefo.cyclades.engines.compute import EngineError
from synnefo.cyclades.models import Cluster
from synnefo.kit import clock
from synnefo.kit.faults import Fault

Found = TypeVar("Found")
HANDS = 4
"""Clusters that are looked at together."""


def each_cluster(
    clusters: Iterable[Cluster], look: Callable[[Cluster], Found], *, parallel: bool
) -> Iterator[tuple[Cluster, Found | str]]:
    """Look at clusters, several at once where asked; one that cannot be looked at says why."""

    def attempt(cluster: Cluster) -> Found | str:
        try:
            return look(cluster)
        except Fault as fault:
            return fault.message
        except EngineError as error:
            return str(error)

    def apart(cluster: Cluster) -> Found | str:
        try:
            return attempt(cluster)
        finally:
            connections.close_all()

    chosen = list(clusters)
    if not parallel or len(chosen) < 2:
        for cluster in chosen:
            yield cluster, attempt(cluster)
        return
    with ThreadPoolExecutor(HANDS) as hands:
        yield from zip(chosen, hands.map(apart, chosen), strict=True)


def tell(command: BaseCommand, verbosity: int, level: int, text: str) -> None:
    """Say something on stderr to who asked for that much; with the time at verbosity 2."""
    if verbosity >= level:
        moment = f"{clock.now():%Y-%m-%d %H:%M:%S} " if verbosity >= 2 else ""
        command.stderr.write(f"{moment}{text}")
