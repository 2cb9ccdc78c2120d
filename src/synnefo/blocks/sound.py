"""Reading only what is sound: a block's content is hashed again before it is given out.

A block that was just found sound is believed for a while, as long as its file is the same: what
the kernel keeps in memory is what was hashed. Hashing costs 2 ms for 4 MiB, so a file that many
read is served at full speed.
"""

import os
import time

from synnefo.blocks.beliefs import Beliefs, identity
from synnefo.blocks.durable import digest_of, faults
from synnefo.blocks.hashing import ZERO_NAME
from synnefo.blocks.port import BlockRotten, BlockStore


class SoundReads:
    """Opens blocks of one store, after looking whether they are what their name says."""

    def __init__(self, store: BlockStore, *, trust: float, beliefs: Beliefs | None = None) -> None:
        """Believe a block for `trust` seconds once it was found sound; 0 believes nothing."""
        self._store = store
        self._trust = trust
        self._beliefs = beliefs or Beliefs(None)

    def open(self, name: str) -> int:
        """Open a sound block and return a descriptor; BlockRotten when it is not."""
        fd = self._store.open(name)
        try:
            if not self._is_believed(name, fd):
                self._check(name, fd)
        except BaseException:
            os.close(fd)
            raise
        return fd

    def forget(self, name: str) -> None:
        """Look at a block again the next time."""
        self._beliefs.forget(name)

    def written(self, name: str, fd: int) -> None:
        """Believe a file that was just written from what its name was made of."""
        self._beliefs.remember(name, identity(fd), time.monotonic() + self._trust)

    def _is_believed(self, name: str, fd: int) -> bool:
        if name == ZERO_NAME or not self._trust:
            return name == ZERO_NAME
        return self._beliefs.until(name, identity(fd)) > time.monotonic()

    def _check(self, name: str, fd: int) -> None:
        found = identity(fd)
        with faults():
            is_sound = digest_of(fd) == name
        if not is_sound:
            self.forget(name)
            raise BlockRotten(name)
        self._beliefs.remember(name, found, time.monotonic() + self._trust)
