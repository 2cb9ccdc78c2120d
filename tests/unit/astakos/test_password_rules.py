"""Which passwords are taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synnefo.astakos.domain.password_rules import Rules, problem

RULES = Rules(
    shortest=8,
    common=frozenset({"password", "iloveyou", "sunshine"}),
    about=("ada.lovelace@example.org", "Ada", "Lovelace", "Synnefo"),
)


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short", "at least 8"),
        ("x" * 2000 + "abc", "at most"),
        ("aaaaaaaaaaaa", "different"),
        ("abababababab", "different"),
        ("password", "most common"),
        ("PassWord123!", "most common"),
        ("12345678", "row"),
        ("zyxwvuts", "row"),
        ("lovelace", "name or e-mail"),
        ("Lovelace1815", "name or e-mail"),
        ("ada.lovelace", "name or e-mail"),
        ("synnefo26", "name or e-mail"),
    ],
)
def test_poor_passwords_are_refused_with_the_reason(password: str, words: str) -> None:
    assert words in problem(password, RULES)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "tR4-vQx9",
        "καλημέρα κόσμε",
        "the lovelace machine hums",
        "пароль-Δ7",
    ],
)
def test_good_passwords_are_taken(password: str) -> None:
    assert problem(password, RULES) == ""


@given(st.text(max_size=60))
def test_every_text_gets_a_sentence_or_is_taken(password: str) -> None:
    found = problem(password, RULES)
    assert found == "" or found.endswith(".")
    if not found:
        assert len(password) >= 8
