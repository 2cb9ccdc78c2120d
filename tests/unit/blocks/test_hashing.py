"""Names of blocks."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from synnefo.blocks.hashing import (
    BLOCK_SIZE,
    ZERO_NAME,
    content_length,
    hash_block,
    is_name,
    is_zero,
)


def test_a_name_is_that_of_the_specification() -> None:
    assert ZERO_NAME == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert hash_block(b"a").startswith("ca978112")
    assert hash_block(b"aa\0\0").startswith("961b6dd3")
    assert hash_block(bytes(BLOCK_SIZE)) == ZERO_NAME


@given(st.binary(max_size=300), st.integers(0, 200_000))
def test_trailing_zeros_never_count(content: bytes, zeros: int) -> None:
    data = content + bytes(zeros)
    assert content_length(data) == len(data.rstrip(b"\0"))
    assert hash_block(data) == hashlib.sha256(data.rstrip(b"\0")).hexdigest()
    assert is_zero(data) == (not data.strip(b"\0"))


def test_every_kind_of_buffer_is_measured_alike() -> None:
    data = b"\0x" + bytes(70_000)
    assert content_length(data) == content_length(bytearray(data)) == 2
    assert content_length(memoryview(data)[1:]) == 1


def test_only_64_lower_case_hex_digits_are_a_name() -> None:
    assert is_name(ZERO_NAME)
    assert not is_name(ZERO_NAME.upper())
    assert not is_name(ZERO_NAME + "\n")
    assert not is_name("0" * 63)
