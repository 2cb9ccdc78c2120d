"""Archives that become objects, one for each file in them. Spec: openstack-api 10.1.

`PUT /account[/container[/prefix]]?extract-archive=tar[.gz|.bz2]`: the archive is read as it
arrives and never as a whole. Names in it are names and no paths: none leads out of its place.
"""

import mimetypes
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from typing import IO, Protocol

import msgspec

from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, Fault, ItemNotFound
from synnefo.pithos.api import bulk
from synnefo.pithos.api.dialects import OCTETS, Asked, asked, source_of
from synnefo.pithos.domain import metadata
from synnefo.pithos.domain.places import Place, check_container, check_name
from synnefo.pithos.settings import PithosSettings
from synnefo.pithos.usecases import containers, objects
from synnefo.pithos.usecases.containers import Order
from synnefo.pithos.usecases.objects import Wish
from synnefo.serve.http.call import Call, Reply

KINDS = {"tar": "r|", "tar.gz": "r|gz", "tgz": "r|gz", "tar.bz2": "r|bz2", "tbz2": "r|bz2"}
MOST_ERRORS = 1000
_MIME = "SCHILY.xattr.user.mime_type"
_META = "SCHILY.xattr.user.meta."


class _Filled(Protocol):
    """Where a body comes from."""

    def fill(self, view: memoryview, /) -> int:
        """Fill a buffer; fewer bytes than asked mean the end."""


class _Stream:
    """A body as a reader of archives wants it."""

    def __init__(self, source: _Filled) -> None:
        self._source = source

    def read(self, size: int) -> bytes:
        """Read so many bytes, fewer at the end."""
        buffer = bytearray(size)
        filled = self._source.fill(memoryview(buffer))
        return bytes(buffer[:filled])


class _File:
    """One file of an archive, as the source of an object."""

    def __init__(self, data: IO[bytes], length: int) -> None:
        self.length: int | None = length
        self._data = data

    def fill(self, view: memoryview) -> int:
        """Fill a buffer from its start."""
        filled = 0
        while filled < len(view):
            piece = self._data.read(len(view) - filled)
            if not piece:
                break
            view[filled : filled + len(piece)] = piece
            filled += len(piece)
        return filled


def extract(call: Call, account: str, container: str = "", prefix: str = "") -> Reply:
    """Make objects of the files of an archive; what fails is told and the rest goes on."""
    kind = KINDS.get(call.arg("extract-archive") or "")
    if kind is None:
        raise BadRequest("An archive is one of tar, tar.gz and tar.bz2.")
    ask = asked(call, account, container, prefix)
    source = source_of(call, conf.of(PithosSettings).pithos_max_upload_size)
    made, errors = 0, []
    for member, data in _files(_Stream(source), kind):
        try:
            _store(ask, member, data)
            made += 1
        except Fault as fault:
            errors.append([metadata.encoded(member.name), f"{fault.status} {fault.title}"])
            if len(errors) >= MOST_ERRORS:
                break
    status = "400 Bad Request" if errors or not made else "201 Created"
    why = "" if made or errors else "Invalid Tar File: No Valid Files"
    return bulk.told(call, {
        "Number Files Created": made,
        "Response Status": status,
        "Response Body": why,
        "Errors": errors,
    })  # fmt: skip


def _files(stream: _Stream, kind: str) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    try:
        with tarfile.open(fileobj=stream, mode=kind) as archive:  # type: ignore[call-overload] # mode is one of KINDS
            for member in archive:
                data = archive.extractfile(member) if member.isreg() else None
                if data is not None:
                    yield member, data
    except (tarfile.TarError, EOFError, zlib.error, OSError, ValueError) as error:
        raise BadRequest("The body is no archive of this kind, or ends too early.") from error


def _store(ask: Asked, member: tarfile.TarInfo, data: IO[bytes]) -> None:
    place = _place(ask, member.name)
    known = member.pax_headers
    kind = known.get(_MIME) or mimetypes.guess_type(place.name)[0] or OCTETS
    wish = Wish(content_type=kind, metadata=_metadata(known))
    try:
        objects.put(ask.caller, place, _File(data, member.size), wish)
    except ItemNotFound:
        containers.put(ask.caller, place.account, place.container, Order({}, {}))
        objects.put(ask.caller, place, _File(data, member.size), wish)


def _place(ask: Asked, path: str) -> Place:
    """Name where a file goes: below what the address names."""
    name = path.removeprefix("./").lstrip("/")
    place = ask.place
    if not place.container:
        container, _, name = name.partition("/")
        return Place(place.account, check_container(container), check_name(name))
    prefix = f"{place.name.rstrip('/')}/" if place.name else ""
    return msgspec.structs.replace(place, name=check_name(prefix + name))


def _metadata(known: Mapping[str, str]) -> dict[str, str]:
    return {
        metadata.normal(f"X-Object-Meta-{key[len(_META) :]}"): value
        for key, value in known.items()
        if key.startswith(_META)
    }
