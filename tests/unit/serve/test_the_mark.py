"""The mark of a host that moves when something changes."""

import os
from pathlib import Path

import pytest

from synnefo.kit import conf
from synnefo.serve.http import revocations
from synnefo.serve.settings import ServeSettings


def test_each_announcement_moves_the_mark(tmp_path: Path) -> None:
    with conf.override(ServeSettings, synnefo_data_dir=str(tmp_path)):
        seen = [revocations.mark()]
        for _ in range(3):
            revocations.announce()
            seen.append(revocations.mark())
    assert len(set(seen)) == 4
    assert seen[0] == (0, 0)


def test_a_mark_that_grew_long_begins_anew_and_has_moved(tmp_path: Path) -> None:
    with conf.override(ServeSettings, synnefo_data_dir=str(tmp_path)):
        revocations.announce()
        place = tmp_path / "run" / "revocations"
        os.truncate(place, revocations.LONGEST)
        before = revocations.mark()
        revocations.announce()
        assert place.stat().st_size == 1
        assert revocations.mark() != before


@pytest.mark.needs_root
def test_a_mark_that_root_makes_belongs_to_who_serves(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    os.chown(tmp_path / "run", 12345, 12345)
    with conf.override(ServeSettings, synnefo_data_dir=str(tmp_path)):
        revocations.announce()
        revocations.announce()
    assert (tmp_path / "run" / "revocations").stat().st_uid == 12345
