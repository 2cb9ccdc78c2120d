"""What people think of us, passed on by mail. Spec: identity 7, 13.13."""

from datetime import timedelta

from django.db import transaction

from synnefo.astakos.models import DATABASE, User
from synnefo.astakos.usecases import attempts, audit, notices
from synnefo.kit.faults import BadRequest, TooManyRequests

LONGEST = 20000
PER_HOUR = 20


def send(user: User, message: str, data: str = "") -> None:
    """Pass a message on to those who read feedback. Raises BadRequest, TooManyRequests."""
    text = message.strip()
    if not text:
        raise BadRequest("Write something first: 'feedback_msg' is empty.")
    if len(text) > LONGEST or len(data) > LONGEST:
        raise BadRequest(f"A message has at most {LONGEST} characters.")
    if not attempts.count("feedback", user.uuid, PER_HOUR, timedelta(hours=1)):
        raise TooManyRequests("You wrote a lot within the last hour. Try again later.")
    with transaction.atomic(using=DATABASE):
        notices.feedback(user, text, data.strip())
        audit.record("feedback.sent", subject=user)
