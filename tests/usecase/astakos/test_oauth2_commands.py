"""`oauth2-client-add`, `-list`, `-remove`. Spec: identity 16.7."""

import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from synnefo.astakos.models import DATABASE, Client, RedirectUrl

pytestmark = pytest.mark.django_db(databases=[DATABASE])


def run(*words: str, **options: Any) -> str:
    """Run a command and answer what it prints."""
    out = io.StringIO()
    call_command(words[0].replace("-", "_"), *words[1:], stdout=out, **options)
    return out.getvalue()


def test_clients_are_added_listed_and_removed() -> None:
    run(
        "oauth2-client-add", "view", "--secret", "s", "--is-trusted", "--url", "https://v.org/view"
    )
    urls = ("--url", "https://a.org/cb", "--url", "http://127.0.0.1/cb")
    run("oauth2-client-add", "app", "--type", "public", *urls)
    listed = json.loads(run("oauth2-client-list", "--output-format", "json"))
    assert [one["identifier"] for one in listed] == ["view", "app"]
    assert set(listed[0]) == {"id", "identifier", "type", "is_trusted", "redirect_urls"}
    assert listed[1]["redirect_urls"] == "https://a.org/cb, http://127.0.0.1/cb"
    for flag, name in (("--public", "app"), ("--confidential", "view"), ("--trusted", "view")):
        shown = json.loads(run("oauth2-client-list", flag, "--output-format", "json"))
        assert [one["identifier"] for one in shown] == [name]
    run("oauth2-client-remove", "app")
    run("oauth2-client-remove", str(Client.objects.get().pk))
    assert not Client.objects.exists()
    assert not RedirectUrl.objects.exists()


def test_secrets_are_never_shown() -> None:
    run("oauth2-client-add", "view", "--secret", "very secret", "--url", "https://v.org/view")
    for shape in ("pretty", "csv", "json"):
        assert "very secret" not in run("oauth2-client-list", "--output-format", shape)
    assert "very secret" not in str(vars(Client.objects.get()))


@pytest.mark.parametrize(
    "words",
    [
        ("x", "--url", "https://a.org"),
        ("x", "--secret", "s"),
        ("x", "--secret", "s", "--url", "/relative"),
        ("x", "--secret", "s", "--url", "https://a.org/" + "x" * 5000),
        ("a:b", "--secret", "s", "--url", "https://a.org"),
        ("x", "--type", "public", "--secret", "s", "--url", "https://a.org"),
    ],
)
def test_wrong_ones_are_refused(words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run("oauth2-client-add", *words)


def test_an_identifier_is_taken_once() -> None:
    words = ("oauth2-client-add", "x", "--secret", "s", "--url", "https://a.org")
    run(*words)
    with pytest.raises(CommandError, match="exists"):
        run(*words)
    with pytest.raises(CommandError):
        run("oauth2-client-remove", "nobody")
