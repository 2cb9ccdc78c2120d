"""What the headers of a write ask for, and what answers it. Spec: object-storage 7.3, 7.5.1."""

import mimetypes

from synnefo.kit import conf
from synnefo.kit.faults import BadRequest
from synnefo.kit.units import is_number
from synnefo.pithos.api import formats
from synnefo.pithos.api.dialects import OCTETS, Asked
from synnefo.pithos.domain import conditions, metadata, tags
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases.found import State, microseconds
from synnefo.pithos.usecases.objects import Wish

SECOND = 1_000_000


def written(state: State) -> dict[str, str]:
    """Write the headers that answer a write."""
    is_md5 = conf.of(PithosSettings).pithos_update_md5
    etag = tags.of_put(state.checksum, state.hash, state.type, is_md5_wanted=is_md5)
    return {
        "ETag": etag,
        "X-Object-Version": str(state.serial),
        "Last-Modified": formats.http_date(state.modified),
        "X-Timestamp": f"{state.modified / 1e6:.5f}",
    }


def wish_of(ask: Asked, *, is_new: bool) -> Wish:
    """Read what a write's headers ask for; a new object gets some content type."""
    headers = ask.headers
    content_type = headers.get("Content-Type") or ""
    if is_new and not content_type:
        content_type = mimetypes.guess_type(ask.place.name)[0] or OCTETS
    public = headers.get("X-Object-Public")
    return Wish(
        content_type=content_type,
        metadata=metadata.of_object(headers, is_swift=ask.is_swift),
        keeps_blank=ask.is_swift,
        conditions=conditions.read(headers),
        etag=conditions.bare(headers.get("ETag") or ""),
        sharing=headers.get("X-Object-Sharing"),
        is_public=None if public is None else _is_public(public),
        expires=expiry(headers.get("X-Delete-After"), headers.get("X-Delete-At")),
    )


def _is_public(text: str) -> bool:
    value = text.strip().lower()
    if value not in {"true", "false", "", "~"}:
        raise BadRequest("X-Object-Public is true or false.")
    return value == "true"


def expiry(after: str | None, at: str | None) -> int | None:
    """Read a number of seconds from now, or a time, as microseconds since 1970."""
    text = (after or at or "").strip()
    if not text:
        return None
    if not is_number(text) or len(text) > 15:
        raise BadRequest("X-Delete-At and X-Delete-After are whole seconds.")
    moment = int(text) * SECOND + (microseconds() if after else 0)
    if moment <= microseconds() or moment >= 2**62:
        raise BadRequest("X-Delete-At lies in the past.")
    return moment
