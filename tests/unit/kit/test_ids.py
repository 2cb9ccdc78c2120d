"""Identifiers: unique, also in processes that were forked from one."""

import multiprocessing

from synnefo.kit import ids


def made(_number: int) -> str:
    return ids.new_request_id()


def test_request_ids_are_uuids_of_their_own() -> None:
    found = {ids.new_request_id() for _ in range(1000)}
    assert len(found) == 1000
    assert all(ids.is_uuid(one.removeprefix("req-")) for one in found)


def test_forked_processes_do_not_repeat_each_other() -> None:
    with multiprocessing.get_context("fork").Pool(4, maxtasksperchild=1) as pool:
        found = pool.map(made, range(8), chunksize=1)
    assert len(set(found)) == 8


def test_no_token_looks_like_an_option_of_a_command() -> None:
    found = {ids.new_token(12) for _ in range(2000)}
    assert len(found) == 2000
    assert not [one for one in found if one.startswith("-")]
