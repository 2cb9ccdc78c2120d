"""Sentences that operators may replace are known again when they are said. Spec: identity 18.9."""

import re

import pytest

from synnefo.astakos.domain.messages import DEFAULTS, fill, recognise

HOLE = re.compile(r"%\((\w+)\)s")
TWINS = {
    text: {key for key, other in DEFAULTS.items() if other == text} for text in DEFAULTS.values()
}
"""Keys that say the same in our words; pages tell them apart, not the words."""


@pytest.mark.parametrize("key", DEFAULTS)
def test_each_is_known_again_with_what_it_was_filled_with(key: str) -> None:
    values = {name: f"some {name}" for name in HOLE.findall(DEFAULTS[key])}
    found, told = recognise(fill(key, **values))
    assert found in TWINS[DEFAULTS[key]]
    assert told == values


def test_what_nobody_may_replace_is_no_such_sentence() -> None:
    assert recognise("The end date has passed already. Choose one in the future.") == ("", {})


def test_values_may_look_like_anything() -> None:
    assert recognise(fill("UNKNOWN_PROJECT_ID", id="%(x)s' \n .*"))[1] == {"id": "%(x)s' \n .*"}
