"""Links for new passwords mailed, and what ran out forgotten."""

from synnefo.astakos.usecases import clean_ups, password_changes
from synnefo.serve.errands import sweep


@password_changes.SEND_RESET.runs
def send_reset(identifier: str, address: str) -> None:
    """Mail a link to who forgot a password, if they may have one."""
    password_changes.send_link(identifier, address)


@sweep("astakos.clean_up", every=3600)
def clean_up() -> None:
    """Delete sessions, tokens, steps, questions, links, receipts and counts that ran out."""
    clean_ups.clean_up()
