"""Lists of an image's blocks, published where Archipelago clones volumes from.

The list names blocks that lie in the store already: nothing is copied. Spec: volumes 9.
"""

import os
import re
from functools import cache
from pathlib import Path

from synnefo.blocks.filed import FiledStore
from synnefo.blocks.maps import BlocksMissing, MapStore
from synnefo.blocks.port import StoreFault
from synnefo.cyclades.domain.images import BlockList
from synnefo.kit.faults import ServiceUnavailable

_OURS = re.compile(r"[0-9a-f]{64}-\d+\Z")


class BootMaps:
    """The maps inside one block store."""

    def __init__(self, root: Path) -> None:
        self._store = FiledStore(root)
        self._maps = MapStore(root / "maps")
        self._names = root / "maps" / "names"

    def renew(self, name: str) -> bool:
        """Note that a list is used now; False when none of this name is published."""
        try:
            os.utime(self._names / name)
        except FileNotFoundError:
            return False
        return True

    def unused_since(self, moment: float) -> list[str]:
        """List ours that were last used before a moment, in seconds since 1970.

        Ours are named after their content; other lists in this place are not touched.
        """
        return [
            entry.name
            for entry in os.scandir(self._names)
            if _OURS.match(entry.name) and entry.stat().st_mtime < moment
        ]

    def publish(self, name: str, blocks: BlockList) -> None:
        """Publish a list; ServiceUnavailable when the store cannot take it."""
        try:
            self._maps.put(name, blocks.hashes, blocks.size, store=self._store)
        except BlocksMissing as error:
            raise ServiceUnavailable(f"The image cannot be used now: {error}") from error
        except StoreFault as error:
            raise ServiceUnavailable(f"The block store refused: {error}") from error

    def withdraw(self, name: str) -> None:
        """Forget a list; volumes made of it keep their blocks."""
        try:
            self._maps.remove(name)
        except StoreFault as error:
            raise ServiceUnavailable(f"The block store refused: {error}") from error


@cache
def boot_maps(root: str) -> BootMaps:
    """Answer the maps inside the block store at a path."""
    return BootMaps(Path(root))
