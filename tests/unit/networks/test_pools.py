"""Pools: the bitmap arithmetic, and the values of each kind."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synnefo.cyclades.domain import pools
from synnefo.cyclades.domain.pools import (
    Pool,
    PoolEmptyError,
    ValueOutsideError,
    ValueTakenError,
    fresh,
    stored,
)
from synnefo.kit.faults import BadRequest

SIZES = st.integers(min_value=1, max_value=200)


@given(SIZES, st.data())
def test_what_is_taken_is_never_taken_again_until_put_back(size: int, data: st.DataObject) -> None:
    pool, held = fresh(size), set()
    for _step in range(data.draw(st.integers(0, 40))):
        if held and data.draw(st.booleans()):
            index = data.draw(st.sampled_from(sorted(held)))
            pool = pool.put(index)
            held.discard(index)
        elif len(held) < size:
            pool, index = pool.take()
            assert index == min(set(range(size)) - held)
            held.add(index)
        assert pool.count_available() == size - len(held)
        assert {i for i in range(size) if pool.is_taken(i)} == held


@given(SIZES, st.data())
def test_a_pool_is_read_as_it_was_written(size: int, data: st.DataObject) -> None:
    reserved = data.draw(st.sets(st.integers(0, size - 1)))
    taken = data.draw(st.sets(st.integers(0, size - 1)))
    pool = fresh(size, reserved)
    for index in taken:
        pool = pool.reserve(index, external=False)
    available, outside = pool.texts()
    assert stored(size, available, outside) == pool
    assert len(base64.b64decode(available)) == (size + 7) // 8
    drawn = pool.drawn()
    assert [i for i, mark in enumerate(drawn) if mark == "X"] == sorted(taken | reserved)


def test_the_first_value_is_the_most_significant_bit() -> None:
    pool, index = fresh(4).take()
    assert index == 0
    assert base64.b64decode(pool.texts()[0]) == bytes([0b01110000])


def test_a_wished_value_is_given_when_it_is_free() -> None:
    pool, index = fresh(4).take(2)
    assert (index, pool.drawn()) == (2, "..X.")


def test_a_full_pool_says_so() -> None:
    pool, _ = fresh(1).take()
    with pytest.raises(PoolEmptyError):
        pool.take()
    with pytest.raises(ValueTakenError):
        pool.take(0)
    with pytest.raises(ValueOutsideError):
        pool.take(1)
    with pytest.raises(ValueOutsideError):
        pool.put(-1)


def test_what_is_reserved_outside_is_not_given_out() -> None:
    pool = fresh(3, (0,))
    assert pool.count_reserved() == 1
    pool, index = pool.take()
    assert index == 1
    pool = pool.put(0, external=True).reserve(2)
    assert (pool.take()[1], pool.count_reserved()) == (0, 1)


@given(SIZES, SIZES, st.data())
def test_growing_and_shrinking_keep_what_is_taken(
    size: int, other: int, data: st.DataObject
) -> None:
    pool = fresh(size)
    taken = data.draw(st.sets(st.integers(0, size - 1)))
    for index in taken:
        pool = pool.reserve(index, external=False)
    if any(index >= other for index in taken):
        with pytest.raises(BadRequest):
            pool.resize(other)
    else:
        resized = pool.resize(other)
        assert {i for i in range(other) if resized.is_taken(i)} == taken


def test_an_empty_pool_draws_nothing() -> None:
    assert not Pool(0, 0, 0).drawn()


def test_bridges_are_numbered_from_one() -> None:
    assert [pools.bridge_name("prv", i) for i in (0, 19)] == ["prv1", "prv20"]
    assert pools.bridge_index("prv", "prv20") == 19
    for name in ("br1", "prv", "prv0", "prvx"):
        with pytest.raises(ValueOutsideError):
            pools.bridge_index("prv", name)


def test_prefixes_run_over_all_their_digits() -> None:
    assert pools.mac_prefix("aa:00:0", 1) == "aa:00:1"
    assert pools.mac_prefix("aa:00:0", 65535) == "b9:ff:f"
    assert pools.mac_index("aa:00:0", "aa:01:0") == 16


def test_sixteen_thousand_prefixes_are_usable_by_private_networks() -> None:
    unusable = pools.unusable_macs("aa:00:0", 65536)
    assert (len(unusable), 65536 - len(unusable)) == (49153, 16383)
    assert fresh(65536, unusable).take()[1] == 1


def test_a_base_must_be_five_digits_and_fit() -> None:
    pools.check_mac_base("aa:00:0", 65536)
    for base, size in (("aa:00", 1), ("aa:0g:0", 1), ("aa:00:00", 1), ("ff:ff:f", 2)):
        with pytest.raises(BadRequest):
            pools.check_mac_base(base, size)


@given(st.integers(0, 65535))
def test_the_place_of_a_prefix_is_found_again(index: int) -> None:
    assert pools.mac_index("aa:00:0", pools.mac_prefix("aa:00:0", index)) == index


@given(SIZES, st.data())
def test_a_pool_is_held_against_what_is_used(size: int, data: st.DataObject) -> None:
    indices = st.sets(st.integers(0, size - 1))
    told, used = data.draw(indices), data.draw(indices)
    pool = fresh(size)
    for index in told:
        pool = pool.reserve(index, external=False)
    right = pools.matching(pool, used)
    assert {i for i in range(size) if right.is_taken(i)} == used
    assert pools.differences(pool, right) == sorted(told ^ used)
