"""Forms of web pages with files in them, read piece by piece. RFC 7578."""

from collections.abc import Iterator, Mapping
from email.parser import HeaderParser
from typing import Protocol

from synnefo.kit.faults import BadRequest

_PIECE = 256 * 1024
_MOST_HEADERS = 16 * 1024
MOST_FIELD = 16 * 1024
"""Bytes of a field that is no file."""


class Filled(Protocol):
    """Where a body comes from."""

    def fill(self, view: memoryview, /) -> int:
        """Fill a buffer; fewer bytes than asked mean the end."""


def boundary_of(content_type: str) -> bytes:
    """Read the line that stands between the parts; empty where this is no form with files."""
    told = HeaderParser().parsestr(f"Content-Type: {content_type}\r\n\r\n")
    if told.get_content_type() != "multipart/form-data":
        return b""
    return (told.get_boundary() or "").encode("latin-1", "replace")


class Part:
    """One field: its headers, and its bytes, which must be read before those of the next."""

    length: int | None = None

    def __init__(self, form: "Form", headers: Mapping[str, str], names: tuple[str, str]) -> None:
        self.headers = headers
        self.name, self.filename = names
        self._form = form

    @property
    def content_type(self) -> str:
        """Tell the type that the page gave."""
        return self.headers.get("Content-Type") or ""

    def fill(self, view: memoryview) -> int:
        """Fill a buffer from its start; fewer bytes than asked mean the end of the part."""
        filled = 0
        while filled < len(view):
            piece = self._form.take(len(view) - filled)
            if not piece:
                break
            view[filled : filled + len(piece)] = piece
            filled += len(piece)
        return filled

    def text(self) -> str:
        """Read a small field."""
        buffer = bytearray(MOST_FIELD + 1)
        filled = self.fill(memoryview(buffer))
        if filled > MOST_FIELD:
            raise BadRequest(f"The field '{self.name}' of the form is too long.")
        return bytes(buffer[:filled]).decode("utf-8", "replace").strip()


class Form:
    """A form as it arrives, one part after the other; memory stays flat."""

    def __init__(self, source: Filled, boundary: bytes) -> None:
        if not boundary:
            raise BadRequest("The form does not say what stands between its fields.")
        self._source = source
        self._mark = b"\r\n--" + boundary
        self._kept = bytearray(b"\r\n")
        self._has_ended = False

    def parts(self) -> Iterator[Part]:
        """Answer the fields in their order."""
        while self.take(_PIECE):
            pass
        while self._is_followed():
            headers = self._headers()
            yield Part(self, headers, _names_in(headers))
            while self.take(_PIECE):
                pass

    def take(self, most: int) -> bytes:
        """Take bytes up to the next mark; nothing once it is reached."""
        while True:
            at = self._kept.find(self._mark)
            sure = at if at >= 0 else len(self._kept) - len(self._mark) + 1
            if at == 0:
                return b""
            if sure > 0:
                piece = bytes(self._kept[: min(sure, most)])
                del self._kept[: len(piece)]
                return piece
            self._more()

    def _more(self) -> None:
        if self._has_ended:
            raise BadRequest("The form ends in the middle; nothing more was stored.")
        buffer = bytearray(_PIECE)
        filled = self._source.fill(memoryview(buffer))
        self._has_ended = filled < len(buffer)
        self._kept += memoryview(buffer)[:filled]

    def _is_followed(self) -> bool:
        """Step over a mark; tell whether another part follows it."""
        while len(self._kept) < len(self._mark) + 2:
            self._more()
        end = bytes(self._kept[len(self._mark) : len(self._mark) + 2])
        del self._kept[: len(self._mark) + 2]
        if end == b"--":
            return False
        if end != b"\r\n":
            raise BadRequest("What stands between the fields of the form is broken.")
        return True

    def _headers(self) -> Mapping[str, str]:
        if self._kept.startswith(b"\r\n"):
            del self._kept[:2]
            return {}
        while (at := self._kept.find(b"\r\n\r\n")) < 0:
            if len(self._kept) > _MOST_HEADERS:
                raise BadRequest("The headers of a field of the form are too long.")
            self._more()
        text = bytes(self._kept[:at]).decode("utf-8", "replace")
        del self._kept[: at + 4]
        return {name.title(): value for name, value in HeaderParser().parsestr(text).items()}


def _names_in(headers: Mapping[str, str]) -> tuple[str, str]:
    """Read the names of a field and of its file."""
    text = headers.get("Content-Disposition", "")
    told = HeaderParser().parsestr(f"Content-Disposition: {text}\r\n\r\n")
    name = told.get_param("name", "", header="content-disposition")
    return str(name), told.get_filename("") or ""
