"""Glance v2: the content of images, as streams. Spec: openstack-api 7."""

import re

from synnefo.cyclades.domain.images import Image
from synnefo.cyclades.usecases import images
from synnefo.kit.faults import Fault, NotImplementedHere, RangeNotSatisfiable, UnsupportedMedia
from synnefo.kit.units import MIB
from synnefo.serve.http import Call, Reply

OCTETS = "application/octet-stream"
DRAINED = 64 * MIB
"""How much of a refused upload is read on, so that its sender sees the answer."""
_RANGE = re.compile(r"^bytes=([0-9]{0,18})-([0-9]{0,18})$")


def upload(call: Call, image_id: str) -> None:
    """Take an image's content; it becomes active when all of it has arrived."""
    kind = (call.headers.get("Content-Type") or "").partition(";")[0].strip()
    incoming = _Incoming(call)
    try:
        if kind != OCTETS:
            raise UnsupportedMedia(f"Send the content of an image as {OCTETS}.")
        told = images.expected(
            call.who,
            image_id,
            size=call.content_length,
            md5=call.headers.get("X-Image-Meta-Checksum") or "",
        )
        images.upload(call.who, image_id, incoming, told)
    except Fault:
        incoming.drain()
        raise


class _Incoming:
    """A request's body, never read past its announced end."""

    def __init__(self, call: Call) -> None:
        self._body = call.body
        chunked = "chunked" in (call.headers.get("Transfer-Encoding") or "").lower()
        self._left = None if chunked else call.content_length or 0

    def read(self, size: int = -1, /) -> bytes:
        """Read at most `size` bytes; nothing at the end."""
        if self._left is None:
            return self._body.read(size)
        piece = self._body.read(min(size, self._left)) if self._left else b""
        self._left -= len(piece)
        return piece

    def drain(self) -> None:
        """Read what is left of a refused body, up to a point, so that its sender hears why."""
        left = DRAINED
        try:
            while left > 0 and (piece := self.read(MIB)):
                left -= len(piece)
        except (OSError, EOFError):
            return


def download(call: Call, image_id: str) -> Reply:
    """Give an image's content, or the range of it that is asked for."""
    image = images.visible(call.who, image_id)
    if not image.size:
        return Reply(status=204)
    span = _span(call.headers.get("Range"), image.size)
    offset, length = span or (0, image.size)
    headers = {"Content-Type": OCTETS, "Content-Length": str(length), "Accept-Ranges": "bytes"}
    if span is not None:
        headers["Content-Range"] = f"bytes {offset}-{offset + length - 1}/{image.size}"
    elif image.checksum:
        headers["Content-MD5"] = image.checksum
    return Reply(
        status=200 if span is None else 206,
        headers=headers,
        body=_content(call, image, offset, length) if call.method != "HEAD" else b"",
    )


def _content(call: Call, image: Image, offset: int, length: int) -> object:
    whole = length == image.size
    return images.download(call.who, image, offset=offset, length=None if whole else length)


def _span(text: str | None, size: int) -> tuple[int, int] | None:
    """Read one range as offset and length; what is no single range is ignored."""
    found = _RANGE.match(text or "")
    if found is None or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        length = min(int(last), size)
        start = size - length
    else:
        start = int(first)
        end = min(int(last), size - 1) if last else size - 1
        length = end - start + 1
    if length <= 0 or start >= size:
        raise RangeNotSatisfiable(
            "The image has no such bytes.", headers={"Content-Range": f"bytes */{size}"}
        )
    return start, length


def refuse_import(call: Call, image_id: str) -> None:
    """Refuse: images are uploaded directly."""
    images.visible(call.who, image_id)
    raise NotImplementedHere("Upload the image with PUT /v2/images/ID/file instead.")
