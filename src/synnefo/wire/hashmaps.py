"""Lists of blocks that make an object, and the root that names a content.

Spec: object-storage 8, 15.2. Hashes are lower-case hex SHA-256.
"""

import hashlib
from collections.abc import Sequence

import msgspec

NOTHING = hashlib.sha256(b"").hexdigest()
"""Hash of a block without content: of an empty object, and of zeros however many."""

DIGEST_SIZE = 32


class HashMap(msgspec.Struct, frozen=True):
    """The blocks of an object in order, as clients send them and servers tell them."""

    size: int = msgspec.field(name="bytes")
    hashes: list[str]
    block_size: int = 4194304
    block_hash: str = "sha256"


def block_count(size: int, block_size: int) -> int:
    """Tell how many blocks an object of `size` bytes has."""
    return -(-size // block_size)


def merkle_root(hashes: Sequence[str]) -> str:
    """Compute the root over block hashes: their pairs, padded to a power of two, hashed up."""
    return root_of_digests(bytes.fromhex("".join(hashes)))


def root_of_digests(digests: bytes) -> str:
    """Compute the root over packed hashes of 32 bytes each."""
    if not digests:
        return NOTHING
    level = [digests[at : at + DIGEST_SIZE] for at in range(0, len(digests), DIGEST_SIZE)]
    while len(level) & (len(level) - 1):
        level.append(bytes(DIGEST_SIZE))
    while len(level) > 1:
        level = [
            hashlib.sha256(level[at] + level[at + 1]).digest() for at in range(0, len(level), 2)
        ]
    return level[0].hex()
