"""The DES of VNC's password check, which no library of ours brings. Spec: images-and-nodes 5.2.

Worth nothing against a determined listener: it is here because VNC clients speak it.
"""

_INITIAL = (
    58, 50, 42, 34, 26, 18, 10, 2, 60, 52, 44, 36, 28, 20, 12, 4,
    62, 54, 46, 38, 30, 22, 14, 6, 64, 56, 48, 40, 32, 24, 16, 8,
    57, 49, 41, 33, 25, 17, 9, 1, 59, 51, 43, 35, 27, 19, 11, 3,
    61, 53, 45, 37, 29, 21, 13, 5, 63, 55, 47, 39, 31, 23, 15, 7,
)  # fmt: skip
_FINAL = tuple(_INITIAL.index(position) + 1 for position in range(1, 65))
_EXPANSION = (
    32, 1, 2, 3, 4, 5, 4, 5, 6, 7, 8, 9, 8, 9, 10, 11, 12, 13, 12, 13, 14, 15, 16, 17,
    16, 17, 18, 19, 20, 21, 20, 21, 22, 23, 24, 25, 24, 25, 26, 27, 28, 29, 28, 29, 30, 31, 32, 1,
)  # fmt: skip
_MIXING = (
    16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10,
    2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25,
)  # fmt: skip
_KEY_CHOICE = (
    57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3,
    60, 52, 44, 36, 63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37,
    29, 21, 13, 5, 28, 20, 12, 4,
)  # fmt: skip
_ROUND_CHOICE = (
    14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2,
    41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
)  # fmt: skip
_SHIFTS = (1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1)
_BOXES = tuple(
    tuple(int(digit, 16) for digit in box)
    for box in (
        "e4d12fb83a6c59070f74e2d1a6cb953841e8d62bfc973a50fc8249175b3ea06d",
        "f18e6b34972dc05a3d47f28ec01a69b50e7ba4d158c6932fd8a13f42b67c05e9",
        "a09e63f51dc7b428d709346a285ecbf1d6498f30b12c5ae71ad069874fe3b52c",
        "7de3069a1285bc4fd8b56f03472c1ae9a690cb7df13e52843f06a1d8945bc72e",
        "2c417ab6853fd0e9eb2c47d150fa3986421bad78f9c5630eb8c71e2d6f09a453",
        "c1af92680d34e75baf427c9561de0b389ef528c3704a1db6432c95fabe17608d",
        "4b2ef08d3c975a61d0b7491ae35c2f8614bdc37eaf6805926bd814a7950fe23c",
        "d2846fb1a93e50c71fd8a374c56b0e927b419ce206adf35821e74a8dfc90356b",
    )
)
_HALF = (1 << 28) - 1


def response(challenge: bytes, password: str) -> bytes:
    """Encrypt the challenge with the first eight characters of the password, as VNC does."""
    key = password.encode("latin-1", "replace")[:8].ljust(8, b"\0")
    mirrored = bytes(int(f"{byte:08b}"[::-1], 2) for byte in key)
    blocks = [challenge[at : at + 8] for at in range(0, len(challenge), 8)]
    return b"".join(encrypt(block, mirrored) for block in blocks)


def encrypt(block: bytes, key: bytes) -> bytes:
    """Encrypt one block of eight bytes."""
    bits = _pick(int.from_bytes(block, "big"), 64, _INITIAL)
    left, right = bits >> 32, bits & 0xFFFFFFFF
    for round_key in _round_keys(key):
        left, right = right, left ^ _mix(right, round_key)
    return _pick(right << 32 | left, 64, _FINAL).to_bytes(8, "big")


def _round_keys(key: bytes) -> list[int]:
    chosen = _pick(int.from_bytes(key, "big"), 64, _KEY_CHOICE)
    left, right = chosen >> 28, chosen & _HALF
    keys = []
    for shift in _SHIFTS:
        left = (left << shift | left >> 28 - shift) & _HALF
        right = (right << shift | right >> 28 - shift) & _HALF
        keys.append(_pick(left << 28 | right, 56, _ROUND_CHOICE))
    return keys


def _mix(half: int, round_key: int) -> int:
    bits = _pick(half, 32, _EXPANSION) ^ round_key
    mixed = 0
    for index, box in enumerate(_BOXES):
        six = bits >> 42 - 6 * index & 0x3F
        row = six >> 4 & 2 | six & 1
        mixed = mixed << 4 | box[row * 16 + (six >> 1 & 0xF)]
    return _pick(mixed, 32, _MIXING)


def _pick(value: int, width: int, positions: tuple[int, ...]) -> int:
    """Gather bits, counted from 1 at the most significant."""
    picked = 0
    for position in positions:
        picked = picked << 1 | value >> width - position & 1
    return picked
