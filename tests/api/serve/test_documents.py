"""The documents are tested: what the code has, the reference has."""

import io
from pathlib import Path

from django.core.management import call_command
from django.urls import get_resolver

from synnefo.serve.http.dispatch import Api

TOP = Path(__file__).resolve().parents[3]


def test_the_api_documents_are_current() -> None:
    call_command("openapi", str(TOP / "openapi"), "--check", stdout=io.StringIO())


def test_the_reference_of_settings_and_commands_is_current() -> None:
    call_command("reference", str(TOP / "docs" / "reference"), "--check", stdout=io.StringIO())


def test_every_route_says_what_it_does() -> None:
    assert get_resolver().url_patterns
    silent = [
        f"{api.name} {route.method} {route.path}"
        for api in Api.known.values()
        if not api.name.startswith("test-")
        for route in api.table.routes
        if not route.handler.__doc__
    ]
    assert silent == []
