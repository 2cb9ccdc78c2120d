"""Images in Pithos, over HTTP. Spec: compute 6.4, object-storage 17.1."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from synnefo.clients.pithos import DomainObject, MissingBlocks, PithosClient
from synnefo.cyclades.domain.images import BlockList, ShelfItem, is_image
from synnefo.cyclades.engines.sparse_file import scan
from synnefo.kit.faults import (
    Conflict,
    Forbidden,
    ItemNotFound,
    PreconditionFailed,
    ServiceUnavailable,
)

DOMAIN = "plankton"


class PithosShelf:
    """The shelf of one person: their own token, or the service's on their behalf."""

    def __init__(self, endpoint: str, token: str, user: str, *, on_behalf: bool = False) -> None:
        self._endpoint = endpoint
        self._token = token
        self._user = user
        self._on_behalf = user if on_behalf else ""
        self._mine = self._of(user)

    def _of(self, account: str) -> PithosClient:
        return PithosClient(self._endpoint, self._token, account, on_behalf=self._on_behalf)

    def items(self) -> list[ShelfItem]:
        """List the images that the person may read."""
        found = (_item(one) for one in self._mine.domain_objects(DOMAIN))
        return [item for item in found if is_image(item)]

    def item(self, image_id: str) -> ShelfItem:
        """Find an object by its id."""
        try:
            return _item(self._mine.domain_object(DOMAIN, image_id))
        except Forbidden as error:
            raise ItemNotFound(f"There is no image '{image_id}'.") from error

    def at(self, owner: str, container: str, path: str) -> ShelfItem:
        """Find an object by its place."""
        return self.item(self._of(owner).head_object(container, path).uuid)

    def place(self, container: str, path: str) -> ShelfItem:
        """Make an empty object, and its container when there is none."""
        try:
            self._place(container, path)
        except ItemNotFound:
            self._mine.put_container(container)
            self._place(container, path)
        return self.at(self._user, container, path)

    def _place(self, container: str, path: str) -> None:
        try:
            self._mine.put_object(container, path, b"", headers={"If-None-Match": "*"})
        except PreconditionFailed as error:
            raise Conflict(f"There is a file at {container}/{path} already.") from error

    def write(self, item: ShelfItem, pieces: Iterable[bytes], size: int | None) -> ShelfItem:
        """Replace an object's content, as a stream."""
        stream = iter(pieces)
        first = next(stream, b"")
        try:
            self._of(item.owner).put_object(
                item.container,
                item.path,
                chain((first,), stream),
                size=size,
                headers={"If-Match": item.etag},
            )
        except PreconditionFailed as error:
            raise Conflict("The image got its content from somebody else meanwhile.") from error
        return self.item(item.id)

    def write_file(self, item: ShelfItem, file: Path) -> tuple[str, str]:
        """Replace an object's content by a file, block by block; holes are never sent."""
        client = self._of(item.owner)
        scanned = scan(file)
        headers = {"If-Match": item.etag}
        for _attempt in range(3):
            try:
                client.put_hashmap(item.container, item.path, scanned.hashmap, headers=headers)
            except MissingBlocks as missing:
                wanted = set(missing.hashes)
                for block in scanned.blocks(wanted):
                    client.put_block(item.container, block)
            except PreconditionFailed as error:
                raise Conflict("The image was changed by somebody else meanwhile.") from error
            else:
                return scanned.md5, scanned.sha512
        raise ServiceUnavailable("The blocks of the image vanish while they are stored.")

    def read(
        self, item: ShelfItem, *, offset: int = 0, length: int | None = None
    ) -> Iterator[bytes]:
        """Give an object's content as it arrives."""
        if length == 0 or item.size == 0:
            return
        client = self._of(item.owner)
        with client.get_object(item.container, item.path, offset=offset, length=length) as got:
            yield from got.chunks()

    def blocks(self, item: ShelfItem) -> BlockList:
        """Tell which blocks an object is made of."""
        found = self._of(item.owner).get_hashmap(item.container, item.path)
        return BlockList(found.size, found.hashes)

    def describe(
        self, image_id: str, metadata: Mapping[str, str], *, replace: bool = False
    ) -> ShelfItem:
        """Change metadata."""
        return _item(self._mine.update_domain(DOMAIN, image_id, metadata, replace=replace))

    def share(self, image_id: str, read: Sequence[str]) -> ShelfItem:
        """Say who else may read an object."""
        return _item(self._mine.share_by_uuid(DOMAIN, image_id, read=read))

    def remove(self, image_id: str) -> None:
        """Delete an object."""
        self._mine.delete_by_uuid(DOMAIN, image_id)


def _item(found: DomainObject) -> ShelfItem:
    return ShelfItem(
        id=found.uuid,
        owner=found.account,
        container=found.container,
        path=found.name,
        size=found.size,
        etag=found.etag,
        merkle=found.merkle,
        version=found.version,
        changed=found.version_timestamp,
        available=found.available,
        is_snapshot=found.is_snapshot,
        read=tuple(found.read),
        metadata=found.metadata,
    )
