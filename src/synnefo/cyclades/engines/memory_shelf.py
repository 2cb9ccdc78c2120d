"""Images in memory, for tests; keeps the same promises as object storage."""

import hashlib
import itertools
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from synnefo.cyclades.domain.images import BlockList, ShelfItem, is_image
from synnefo.kit import clock
from synnefo.kit.faults import Conflict, Forbidden, ItemNotFound, OverLimit
from synnefo.kit.ids import new_uuid
from synnefo.wire.hashmaps import merkle_root

BLOCK = 4 * 1024 * 1024


class MemoryWorld:
    """All objects of everybody; `quota` limits the bytes of one person."""

    def __init__(self, quota: int | None = None) -> None:
        self.items: dict[str, ShelfItem] = {}
        self.contents: dict[str, bytes] = {}
        self.quota = quota
        self.lock = threading.Lock()
        self._versions = itertools.count(1)

    def put(self, item: ShelfItem, content: bytes | None = None) -> ShelfItem:
        """Store an object anew."""
        kept = msgspec.structs.replace(
            item, version=next(self._versions), changed=clock.now().timestamp()
        )
        if content is not None:
            kept = msgspec.structs.replace(
                kept,
                size=len(content),
                etag=hashlib.md5(content, usedforsecurity=False).hexdigest(),
                merkle=merkle_root(_hashes(content)),
            )
            self.contents[kept.id] = content
        self.items[kept.id] = kept
        return kept


class MemoryShelf:
    """What one person sees of the world; nobody in particular (`""`) sees all."""

    def __init__(self, world: MemoryWorld, user: str) -> None:
        self._world = world
        self._user = user

    def _may_read(self, item: ShelfItem) -> bool:
        return not self._user or self._user == item.owner or bool({self._user, "*"} & {*item.read})

    def _own(self, image_id: str) -> ShelfItem:
        item = self.item(image_id)
        if self._user not in {"", item.owner}:
            raise Forbidden("Only the owner of an image may change it.")
        return item

    def items(self) -> list[ShelfItem]:
        """List the images that the person may read."""
        return [i for i in self._world.items.values() if is_image(i) and self._may_read(i)]

    def item(self, image_id: str) -> ShelfItem:
        """Find an object by its id."""
        found = self._world.items.get(image_id)
        if found is None or not self._may_read(found):
            raise ItemNotFound(f"There is no object {image_id}.")
        return found

    def at(self, owner: str, container: str, path: str) -> ShelfItem:
        """Find an object by its place."""
        wanted = (owner, container, path)
        for item in self._world.items.values():
            if (item.owner, item.container, item.path) == wanted and self._may_read(item):
                return item
        raise ItemNotFound(f"There is nothing at {container}/{path}.")

    def place(self, container: str, path: str) -> ShelfItem:
        """Make an empty object."""
        with self._world.lock:
            for item in self._world.items.values():
                if (item.owner, item.container, item.path) == (self._user, container, path):
                    raise Conflict(f"There is something at {container}/{path}.")
            fresh = ShelfItem(
                id=new_uuid(),
                owner=self._user,
                container=container,
                path=path,
                size=0,
                etag="",
                merkle="",
                version=0,
                changed=0.0,
            )
            return self._world.put(fresh, b"")

    def write(self, item: ShelfItem, pieces: Iterable[bytes], size: int | None) -> ShelfItem:
        """Replace an object's content."""
        content = b"".join(pieces)
        if self._world.quota is not None and len(content) > self._world.quota:
            raise OverLimit("The image does not fit into your storage quota.")
        with self._world.lock:
            now = self._own(item.id)
            if now.etag != item.etag:
                raise Conflict("The object changed meanwhile.")
            return self._world.put(now, content)

    def write_file(self, item: ShelfItem, file: Path) -> tuple[str, str]:
        """Replace an object's content by a file."""
        content = file.read_bytes()
        stored = self.write(item, [content], len(content))
        return stored.etag, hashlib.sha512(content).hexdigest()

    def read(
        self, item: ShelfItem, *, offset: int = 0, length: int | None = None
    ) -> Iterator[bytes]:
        """Give an object's content."""
        end = None if length is None else offset + length
        content = self._world.contents[self.item(item.id).id][offset:end]
        for at in range(0, len(content), 65536):
            yield content[at : at + 65536]

    def blocks(self, item: ShelfItem) -> BlockList:
        """Tell which blocks an object is made of."""
        content = self._world.contents[self.item(item.id).id]
        return BlockList(len(content), _hashes(content))

    def describe(
        self, image_id: str, metadata: Mapping[str, str], *, replace: bool = False
    ) -> ShelfItem:
        """Change metadata."""
        with self._world.lock:
            item = self._own(image_id)
            told = {} if replace else dict(item.metadata)
            told |= metadata
            kept = {key: value for key, value in told.items() if value}
            return self._world.put(msgspec.structs.replace(item, metadata=kept))

    def share(self, image_id: str, read: Sequence[str]) -> ShelfItem:
        """Say who else may read an object."""
        with self._world.lock:
            item = self._own(image_id)
            return self._world.put(msgspec.structs.replace(item, read=tuple(read)))

    def remove(self, image_id: str) -> None:
        """Delete an object."""
        with self._world.lock:
            item = self._own(image_id)
            del self._world.items[item.id]
            del self._world.contents[item.id]


def _hashes(content: bytes) -> list[str]:
    return [
        hashlib.sha256(content[at : at + BLOCK].rstrip(b"\0")).hexdigest()
        for at in range(0, len(content), BLOCK)
    ]
