"""ETags: MD5 where the bytes passed by, the Merkle root elsewhere. Spec: object-storage 15.3."""

from synnefo.pithos.domain.places import is_folder


def of_version(checksum: str, merkle: str, *, is_md5_wanted: bool) -> str:
    """Tell the ETag of a version."""
    return checksum if is_md5_wanted and checksum else merkle


def all_of(checksum: str, merkle: str) -> frozenset[str]:
    """Tell every tag that stands for a version in a condition. Spec: object-storage 3.7."""
    return frozenset(tag for tag in (checksum, merkle) if tag)


def of_put(checksum: str, merkle: str, content_type: str, *, is_md5_wanted: bool) -> str:
    """Tell the ETag that answers an upload; folders answer the root, for the sync client."""
    if is_folder(content_type) and checksum == "d41d8cd98f00b204e9800998ecf8427e":
        return merkle
    return of_version(checksum, merkle, is_md5_wanted=is_md5_wanted)
