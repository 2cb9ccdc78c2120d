"""The door to where images lie. Adapters: `pithos_shelf`, `memory_shelf`.

A shelf is opened for one person and sees with that person's rights.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from synnefo.cyclades.domain.images import BlockList, ShelfItem


class ImageShelf(Protocol):
    """Objects with metadata of images.

    Every method may raise ItemNotFound (also for what its person may not see), Forbidden,
    OverLimit when a quota refuses, and ServiceUnavailable when trying again makes sense.
    """

    def items(self) -> list[ShelfItem]:
        """List the images that the person may read, in no order."""
        ...

    def item(self, image_id: str) -> ShelfItem:
        """Find an object by its id, image or not."""
        ...

    def at(self, owner: str, container: str, path: str) -> ShelfItem:
        """Find an object by its place."""
        ...

    def place(self, container: str, path: str) -> ShelfItem:
        """Make an empty object of the person's; Conflict when the place is taken."""
        ...

    def write(self, item: ShelfItem, pieces: Iterable[bytes], size: int | None) -> ShelfItem:
        """Replace an object's content at once and as a whole, or not at all.

        Its id and metadata stay. Conflict when it changed since `item` was read. What `pieces`
        raises comes out again, and nothing was written.
        """
        ...

    def write_file(self, item: ShelfItem, file: Path) -> tuple[str, str]:
        """Replace an object's content by a file, holes and all; answer its MD5 and SHA-512."""
        ...

    def read(
        self, item: ShelfItem, *, offset: int = 0, length: int | None = None
    ) -> Iterator[bytes]:
        """Give an object's content piece by piece."""
        ...

    def blocks(self, item: ShelfItem) -> BlockList:
        """Tell which blocks an object is made of."""
        ...

    def describe(
        self, image_id: str, metadata: Mapping[str, str], *, replace: bool = False
    ) -> ShelfItem:
        """Change metadata, an empty value removes a key; replaced by nothing, it is no image."""
        ...

    def share(self, image_id: str, read: Sequence[str]) -> ShelfItem:
        """Say who else may read an object; `*` is everybody."""
        ...

    def remove(self, image_id: str) -> None:
        """Delete an object of the person's."""
        ...
