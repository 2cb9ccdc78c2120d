"""What browsers must keep to on the pages of the interface."""

import pytest
from django.test import Client

from synnefo.kit import conf
from synnefo.webproject.settings import WebprojectSettings

pytestmark = pytest.mark.django_db(databases=["astakos"])


def policy() -> dict[str, str]:
    """Read the policy of the page, by directive."""
    text = Client().get("/ui/signup").headers["Content-Security-Policy"]
    pairs = (each.strip().partition(" ") for each in text.split(";"))
    return {name: value for name, _, value in pairs}


def test_pages_load_nothing_of_others_and_stand_in_no_frame() -> None:
    found = policy()
    assert found["default-src"] == "'self'"
    assert found["frame-ancestors"] == "'none'"
    assert found["base-uri"] == "'none'"


def test_recaptcha_is_let_in_where_an_operator_wants_it_and_nobody_else() -> None:
    with conf.override(WebprojectSettings, ui_script_sources=["https://puzzle.example.org"]):
        found = policy()
    assert found["default-src"] == "'self' https://puzzle.example.org"
    assert found["frame-ancestors"] == "'none'"
