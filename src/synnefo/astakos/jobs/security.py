"""Links for new passwords mailed, and what ran out forgotten."""

from synnefo.astakos.usecases import (
    known_devices,
    logins,
    passkeys,
    password_changes,
    receipts,
    sessions,
)
from synnefo.serve.errands import sweep


@password_changes.SEND_RESET.runs
def send_reset(identifier: str, address: str) -> None:
    """Mail a link to who forgot a password, if they may have one."""
    password_changes.send_link(identifier, address)


@sweep("astakos.forget_entrances", every=3600)
def forget_entrances() -> None:
    """Delete sessions, steps, questions, links, receipts and counts that ran out."""
    sessions.clean_up()
    passkeys.forget_expired()
    password_changes.forget_expired()
    receipts.forget_expired()
    known_devices.forget_old()
    logins.forget_old()
