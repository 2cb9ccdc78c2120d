"""Which cluster a new server goes to. Spec: compute 9."""

from collections.abc import Sequence

import msgspec


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A cluster that is online and not drained; room in MiB."""

    id: int
    public: bool = True
    disk_templates: frozenset[str] = frozenset()
    mfree: int = 0
    mtotal: int = 0
    dfree: int = 0
    dtotal: int = 0
    pinst_cnt: int = 0
    ctotal: int = 0


class Demand(msgspec.Struct, frozen=True, kw_only=True):
    """What a server needs of its cluster; RAM and disk in MiB."""

    ram: int
    disk: int
    template: str


def choose(
    clusters: Sequence[Candidate],
    demand: Demand,
    *,
    mapped: frozenset[int] = frozenset(),
    archipelago: frozenset[int] = frozenset(),
) -> int | None:
    """Pick the cluster with the lowest score; None when none takes such a server.

    `mapped` are the clusters reserved for the project; without any, the public ones serve it.
    """
    usable = [one for one in clusters if (one.id in mapped if mapped else one.public)]
    usable = [one for one in usable if demand.template in one.disk_templates]
    if archipelago:
        wanted = demand.template == "ext"
        usable = [one for one in usable if (one.id in archipelago) is wanted]
    fitting = [one for one in usable if _fits(one, demand)] or usable
    best = min(fitting, key=lambda one: (score(one), one.id), default=None)
    return None if best is None else best.id


def score(cluster: Candidate) -> float:
    """Rate how loaded a cluster is; lower is better. Spec: compute 9.2."""
    cpu = ((cluster.pinst_cnt + 1) * 4) / (cluster.ctotal * 3) if cluster.ctotal else 1.0
    return 0.5 * cpu + 0.5 * (
        _used(cluster.mfree, cluster.mtotal) + _used(cluster.dfree, cluster.dtotal)
    )


def _used(free: int, total: int) -> float:
    return 1 - free / total if total else 0.0


def _fits(cluster: Candidate, demand: Demand) -> bool:
    if not cluster.ctotal or (cluster.pinst_cnt + 1) * 4 / cluster.ctotal >= 3:
        return False
    return cluster.dfree > demand.disk and cluster.mfree > demand.ram


def template_of(volume_type: str) -> tuple[str, str | None]:
    """Split a volume type's disk template into Ganeti's template and the provider.

    Spec: compute 2.1.
    """
    template, _, provider = volume_type.partition("_")
    return template, provider or None
