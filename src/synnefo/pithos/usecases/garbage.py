"""What nobody needs any more: expired objects, lost promises, unreferenced blocks.

Spec: object-storage 15.6, 16.2.
"""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from django.db.models import Exists, OuterRef

from synnefo.blocks.collect import Collected, collect
from synnefo.blocks.maps import MapStore
from synnefo.kit import conf
from synnefo.kit.logs import get_logger
from synnefo.pithos.domain.places import Place
from synnefo.pithos.engines import blocks, quota
from synnefo.pithos.models import Cluster, HashList, SmallBlock, Version
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases import block_uses, settlements
from synnefo.pithos.usecases.allowances import charged
from synnefo.pithos.usecases.found import microseconds
from synnefo.pithos.usecases.versions import locked
from synnefo.wire.hashmaps import DIGEST_SIZE

log = get_logger(__name__)
LOST_AFTER = timedelta(minutes=10)


def expire() -> int:
    """Delete the objects whose time is over; count them."""
    rows = Version.objects.filter(cluster=Cluster.NORMAL, expires__lte=microseconds())
    due = list(rows.select_related("node__container")[:1000])
    for row in due:
        container = row.node.container
        place = Place(container.account, container.name, row.node.name)
        charged(lambda: locked(place))  # noqa: B023 - run at once
    return len(due)


def reject_lost() -> list[int]:
    """Reject the promises that Pithos died over before noting them; answer their serials."""
    service = quota.service()
    lost = settlements.lost_serials(service.get_pending(), age=LOST_AFTER)
    if lost:
        service.resolve_commissions(reject=lost)
        log.info("lost-commissions-rejected", serials=lost)
    return lost


def used_blocks(names: set[str]) -> Iterable[str]:
    """Tell which of these blocks some version needs; every user of the store is asked so."""
    ordered = sorted(names)
    for start in range(0, len(ordered), 500):
        some = ordered[start : start + 500]
        yield from Version.objects.filter(hash__in=some).values_list("hash", flat=True)
    wanted = {bytes.fromhex(name) for name in names}
    for hashes in HashList.objects.values_list("hashes", flat=True).iterator(chunk_size=16):
        packed = bytes(hashes)
        entries = {packed[at : at + DIGEST_SIZE] for at in range(0, len(packed), DIGEST_SIZE)}
        yield from (digest.hex() for digest in entries & wanted)


def collect_blocks(*, grace: float | None = None, dry_run: bool = True) -> Collected:
    """Remove blocks that neither an object nor a published map needs."""
    settings = conf.of(PithosSettings)
    idle = settings.pithos_gc_grace if grace is None else grace
    if not dry_run:
        block_uses.drop_unused_lists()
        drop_small_blocks(idle)
    maps = MapStore(Path(settings.pithos_backend_block_path) / "maps")
    with blocks.told():
        if not dry_run:
            blocks.tidy()
        return collect(
            blocks.store(),
            [used_blocks, maps.used],
            grace=idle,
            dry_run=dry_run,
        )


def drop_small_blocks(idle: float) -> int:
    """Drop the small blocks that no version needs and that nobody wrote of late."""
    long_ago = microseconds() - int(idle * 1_000_000)
    needed = Version.objects.filter(hash=OuterRef("hash"))
    return SmallBlock.objects.filter(~Exists(needed), touched__lt=long_ago).delete()[0]
