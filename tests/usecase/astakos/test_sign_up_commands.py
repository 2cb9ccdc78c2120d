"""Commands about becoming a user, as an operator types them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from synnefo.astakos.models import ApprovalTerms, User
from synnefo.serve import errands
from tests.support.astakos import a_user
from tests.support.mailbox import Mailbox, a_mailbox

pytestmark = pytest.mark.django_db(databases=["astakos"], transaction=True)


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with a_mailbox(template_dirs=[], helpdesk=[("Help", "help@example.org")]) as box:
        yield box


def test_accepting_by_command_greets_and_tells_the_helpdesk(box: Mailbox) -> None:
    user = a_user("ada@example.org", accepted=False)
    call_command("user_modify", user.uuid, "--verify")
    errands.run_due("astakos")
    assert box.kept == []
    call_command("user_modify", user.uuid, "--accept")
    errands.run_due("astakos")
    assert {mail.to[0] for mail in box.kept} == {"ada@example.org", "help@example.org"}


def test_user_activation_send_tells_what_came_of_each(
    box: Mailbox, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = a_user("new@example.org", accepted=False)
    a_user("old@example.org")
    with pytest.raises(CommandError, match="2 failed"):
        call_command(
            "user_activation_send", waiting.email, "old@example.org", "nobody@example.org"
        )
    told = capsys.readouterr()
    assert "new@example.org: sent" in told.out
    assert "confirmed already" in told.err
    assert "no user" in told.err
    errands.run_due("astakos")
    assert [mail.to for mail in box.kept] == [["new@example.org"]]


def test_term_add_unsets_everybodys_signature(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_user()
    file = tmp_path / "terms.html"
    file.write_text("<p>Be kind.</p>")
    call_command("term_add", str(file), "--no-confirm", "--output-format", "json")
    told = json.loads(capsys.readouterr().out)
    assert told["location"] == str(file)
    assert ApprovalTerms.objects.get().pk == int(told["id"])
    assert not User.objects.filter(has_signed_terms=True).exists()
    with pytest.raises(CommandError):
        call_command("term_add", str(tmp_path / "missing.html"), "--no-confirm")
