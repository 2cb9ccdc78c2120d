"""The published block lists of images: kept while they may be needed, then withdrawn.

A list keeps its blocks from being collected. Volumes made from one hold their own claim on the
blocks, so a list is needed only between a server's order and the making of its disk.
"""

from datetime import timedelta

from synnefo.cyclades.engines.boot_maps import BootMaps, boot_maps
from synnefo.cyclades.image_settings import ImageSettings
from synnefo.cyclades.models import Volume
from synnefo.kit import clock, conf
from synnefo.kit.logs import get_logger

log = get_logger(__name__)

KEPT = timedelta(hours=1)
"""How long a list is kept after its last use: making it anew is cheap, its blocks are there."""


def of_this_host() -> BootMaps:
    """Answer the lists beside this host's blocks."""
    return boot_maps(conf.of(ImageSettings).pithos_backend_block_path)


def withdraw_unused() -> int:
    """Withdraw lists that were not used lately and that no disk waits for; answer how many."""
    lists = of_this_host()
    waiting = set(
        Volume.objects.filter(deleted=False, status="CREATING", origin__isnull=False).values_list(
            "origin", flat=True
        )
    )
    oldest = (clock.now() - KEPT).timestamp()
    stale = [name for name in lists.unused_since(oldest) if name not in waiting]
    for name in stale:
        lists.withdraw(name)
    if stale:
        log.info("block-lists-withdrawn", count=len(stale))
    return len(stale)
