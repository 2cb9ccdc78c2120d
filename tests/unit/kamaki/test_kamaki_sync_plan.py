"""What a round of synchronising would do, from what each side has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kamaki.sync.plan import FOLDER, Deed, Side, Step, Views, deletions, steps
from kamaki.sync.sides import is_told

CONTENTS = st.sampled_from([None, "a:1", "b:2", FOLDER])
PATHS = st.sampled_from(["x", "y", "d/x"])


def views(
    here: dict[str, str], there: dict[str, str], before: dict[str, str] | None = None
) -> Views:
    def side(files: dict[str, str]) -> dict[str, Side]:
        return {path: Side(content, "m") for path, content in files.items()}

    return Views(side(here), side(there), before or {})


def planned(*given: dict[str, str], deletes: bool = False) -> list[tuple[Deed, str]]:
    return [(step.deed, step.path) for step in steps(views(*given), deletes=deletes)]


OLD, NEW, OTHER = {"f": "old:3"}, {"f": "new:3"}, {"f": "other:5"}


@pytest.mark.parametrize(
    ("here", "there", "before", "deed"),
    [
        (OLD, {}, {}, Deed.UPLOAD),
        ({}, OLD, {}, Deed.DOWNLOAD),
        (OLD, OLD, {}, Deed.NOTE),
        (NEW, OLD, OLD, Deed.UPLOAD),
        (OLD, NEW, OLD, Deed.DOWNLOAD),
        (NEW, OTHER, OLD, Deed.KEEP_BOTH),
        (NEW, OTHER, {}, Deed.KEEP_BOTH),
        (NEW, NEW, OLD, Deed.NOTE),
        ({}, NEW, OLD, Deed.DOWNLOAD),
        (NEW, {}, OLD, Deed.UPLOAD),
        ({}, {}, OLD, Deed.FORGET),
        ({}, OLD, OLD, Deed.LEAVE),
        (OLD, {}, OLD, Deed.LEAVE),
        ({"f": FOLDER}, NEW, OLD, Deed.LEAVE),
    ],
)
def test_one_path(
    here: dict[str, str], there: dict[str, str], before: dict[str, str], deed: Deed
) -> None:
    assert planned(here, there, before) == [(deed, "f")]


def test_what_is_the_same_needs_nothing() -> None:
    assert planned(OLD, OLD, OLD) == []


def test_deletions_travel_when_wanted_and_folders_after_what_is_in_them() -> None:
    tree = {"d": FOLDER, "d/e": FOLDER, "d/e/f": "x:1"}
    assert planned({}, tree, tree, deletes=True) == [
        (Deed.DELETE_THERE, "d/e/f"),
        (Deed.DELETE_THERE, "d/e"),
        (Deed.DELETE_THERE, "d"),
    ]
    assert deletions(steps(views(tree, {}, tree), deletes=True)) == 3


def test_a_file_with_another_name_is_moved_on_the_other_side() -> None:
    moved = {"g": "old:3"}
    assert steps(views(moved, OLD, OLD), deletes=False) == [Step(Deed.MOVE_THERE, "f", "g")]
    assert steps(views(OLD, moved, OLD), deletes=False) == [Step(Deed.MOVE_HERE, "f", "g")]
    assert (Deed.UPLOAD, "g") in planned(moved, NEW, OLD)
    assert (Deed.UPLOAD, "g") in planned({"g": "e3b0:0"}, {"f": "e3b0:0"}, {"f": "e3b0:0"})


@given(
    st.dictionaries(PATHS, CONTENTS), st.dictionaries(PATHS, CONTENTS),
    st.dictionaries(PATHS, CONTENTS),
)  # fmt: skip
def test_no_content_is_lost_without_being_asked(
    here: dict[str, str | None], there: dict[str, str | None], before: dict[str, str | None]
) -> None:
    """Without --delete nothing goes; with it only what the other side deleted unchanged."""

    def real(files: dict[str, str | None]) -> dict[str, str]:
        return {path: content for path, content in files.items() if content}

    sides = views(real(here), real(there), real(before))
    assert deletions(steps(sides, deletes=False)) == 0
    for step in steps(sides, deletes=True):
        if step.deed is Deed.DELETE_HERE:
            assert step.path not in sides.there
            assert sides.here[step.path].content == sides.before[step.path]
        if step.deed is Deed.DELETE_THERE:
            assert step.path not in sides.here
            assert sides.there[step.path].content == sides.before[step.path]
        if step.deed in {Deed.UPLOAD, Deed.DOWNLOAD}:
            target = sides.there if step.deed is Deed.UPLOAD else sides.here
            old = target.get(step.path)
            assert old is None or old.content == sides.before.get(step.path)


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "a//b", "a/./b", "a/..", "", "a\0b", "x" * 256, "\udcff",
             ".kamaki-sync/state"]
)  # fmt: skip
def test_names_that_lead_elsewhere_are_not_followed(name: str) -> None:
    assert not is_told(name)
