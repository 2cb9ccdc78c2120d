"""Downloads that survive being cut off, and proof that what came is what was published."""

import hashlib
import http.client
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import msgspec

from synnefo.kit.units import MIB

Progress = Callable[[int, int | None], None]
"""Called with the bytes so far and the bytes in all, where that is known."""

ATTEMPTS = 6
TIMEOUT = 30.0
CHUNK = 1 * MIB
LONGEST_LIST = 4 * MIB
_LENGTHS = {32: "md5", 40: "sha1", 64: "sha256", 96: "sha384", 128: "sha512"}
_WEAK = {"md5", "sha1"}
_SUM_LINE = re.compile(r"^([0-9a-fA-F]{32,128})\s+[* ]?(?:.*/)?([^/\s]+)\s*$")


class FetchFailed(Exception):
    """The image cannot be had; the message tells the person why and what to do."""


class Checksum(msgspec.Struct, frozen=True):
    """What a file's digest should be."""

    algorithm: str
    digest: str


def parse_checksum(text: str) -> Checksum:
    """Read `sha256:HEX` or a bare digest, whose length tells the algorithm."""
    named, _, digest = text.strip().lower().rpartition(":")
    algorithm = named or _LENGTHS.get(len(digest), "")
    length_fits = _LENGTHS.get(len(digest)) == algorithm
    if not length_fits or not re.fullmatch(r"[0-9a-f]+", digest):
        raise FetchFailed(f"'{text}' is no checksum. Write it as sha256:HEX or sha512:HEX.")
    return Checksum(algorithm, digest)


def published_checksum(listing: str, name: str) -> Checksum:
    """Find a file's checksum in a publisher's list such as SHA512SUMS; the strongest wins."""
    found = [
        Checksum(_LENGTHS[len(match[1])], match[1].lower())
        for match in map(_SUM_LINE.match, listing.splitlines())
        if match and match[2] == name and len(match[1]) in _LENGTHS
    ]
    strong = [checksum for checksum in found if checksum.algorithm not in _WEAK]
    if not strong:
        raise FetchFailed(f"The publisher's list of checksums does not name {name}.")
    return max(strong, key=lambda checksum: len(checksum.digest))


def verify(file: Path, checksum: Checksum) -> None:
    """Check a file against its checksum; a file that fails is removed, so it is fetched anew."""
    with file.open("rb") as source:
        digest = hashlib.file_digest(source, checksum.algorithm).hexdigest()
    if digest != checksum.digest:
        file.unlink()
        raise FetchFailed(
            f"The {checksum.algorithm} checksum of {file.name} is {digest}, but it should be "
            f"{checksum.digest}. The file was thrown away; try again, or ask who publishes it."
        )


def read_text(url: str) -> str:
    """Fetch a small text."""
    try:
        with _open(urllib.request.Request(url)) as response:  # noqa: S310 - _open checks
            return str(response.read(LONGEST_LIST).decode("utf-8", "replace"))
    except (OSError, http.client.HTTPException) as error:
        raise FetchFailed(f"{url} cannot be read: {error}") from error


def download(url: str, target: Path, progress: Progress, *, pause: float = 1.0) -> None:
    """Fetch a file to `target`, going on where an earlier try ended.

    What is not complete lies beside it as `.part`, so `target` is always whole. Each try that
    brings something earns the next ones; after six fruitless ones in a row it gives up.
    """
    part = target.with_name(f"{target.name}.part")
    failures = 0
    while True:
        before = _size(part)
        try:
            if _fetch_rest(url, part, progress):
                part.replace(target)
                _validator_file(part).unlink(missing_ok=True)
                return
            reason = "the connection was cut off"
        except urllib.error.HTTPError as error:
            with error:
                reason = f"{error.code} {error.reason}"
            if error.code < 500 and error.code not in {408, 429}:
                raise FetchFailed(f"{url} cannot be downloaded: {reason}") from error
        except (OSError, http.client.HTTPException) as error:
            reason = str(error)
        failures = 0 if _size(part) > before else failures + 1
        if failures >= ATTEMPTS:
            raise FetchFailed(f"{url} cannot be downloaded: {reason}. Try again to go on.")
        time.sleep(pause * 2**failures)


def _fetch_rest(url: str, part: Path, progress: Progress) -> bool:
    """Fetch what is missing; False when the connection ended too early."""
    have, validator = _size(part), _read_validator(part)
    request = urllib.request.Request(url)  # noqa: S310 - _open checks the scheme
    if have and validator:
        request.add_header("Range", f"bytes={have}-")
        request.add_header("If-Range", validator)
    try:
        response = _open(request)
    except urllib.error.HTTPError as error:
        if error.code == 416 and error.headers.get("Content-Range") == f"bytes */{have}":
            error.close()
            return True
        part.unlink(missing_ok=True)
        raise
    with response:
        if response.status != 206:
            have = 0
            _validator_file(part).write_text(_validator_of(response))
        return _save(response, part, have, progress)


def _save(response: http.client.HTTPResponse, part: Path, have: int, progress: Progress) -> bool:
    length = response.headers.get("Content-Length")
    total = have + int(length) if length else None
    with part.open("r+b" if have else "wb") as sink:
        sink.seek(have)
        while data := response.read(CHUNK):
            sink.write(data)
            have += len(data)
            progress(have, total)
        sink.truncate()
    return total is None or have == total


def _open(request: urllib.request.Request) -> http.client.HTTPResponse:
    if request.type not in {"http", "https"}:
        raise FetchFailed(f"{request.full_url} is no http or https address.")
    request.add_header("User-Agent", "synnefo-image-fetch")
    found: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=TIMEOUT)  # noqa: S310
    return found


def _validator_of(response: http.client.HTTPResponse) -> str:
    """Name the version of the file, if the server can tell that it is still the same later."""
    tag = str(response.headers.get("ETag", ""))
    if tag and not tag.startswith("W/"):
        return tag
    return str(response.headers.get("Last-Modified", ""))


def _validator_file(part: Path) -> Path:
    return part.with_name(f"{part.name}.version")


def _read_validator(part: Path) -> str:
    try:
        return _validator_file(part).read_text().strip()
    except OSError:
        return ""


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0
