"""What ran out is deleted: by the hour, and when an operator asks. Spec: identity 16.8."""

from django.db import transaction

from synnefo.astakos.models import DATABASE
from synnefo.astakos.usecases import (
    known_devices,
    logins,
    passkey_questions,
    password_changes,
    receipts,
    sessions,
    tokens,
)


def clean_up() -> dict[str, int]:
    """Delete sessions that ended, their rows in the catalogue, and whatever else ran out.

    Answers how many of each.
    """
    with transaction.atomic(using=DATABASE):
        return {
            **sessions.clean_up(),
            "tokens": tokens.forget_expired(),
            "passkey questions": passkey_questions.forget_expired(),
            "password links": password_changes.forget_expired(),
            "receipts": receipts.forget_expired(),
            "devices": known_devices.forget_old(),
            "attempts": logins.forget_old(),
        }
