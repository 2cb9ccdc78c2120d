"""ETags as S3's clients know them: quoted, and with a dash where they are no MD5."""

from synnefo.pithos.domain.tags import of_version
from synnefo.pithos.usecases.found import State


def etag_of(state: State) -> str:
    """Write an object's ETag; that of an upload in parts ends in a dash and a number."""
    if state.large_etag:
        return f'"{state.large_etag}-1"'
    tag = of_version(state.checksum, state.hash, is_md5_wanted=True)
    return f'"{tag}"' if state.checksum else f'"{tag}-0"'


def bare(text: str) -> str:
    """Read an ETag as a client wrote it."""
    tag = text.strip().removeprefix("W/").strip('"')
    return tag.partition("-")[0]
