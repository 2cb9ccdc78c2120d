"""Questions to passkeys that wait for their answer; without the library that reads answers."""

from synnefo.astakos.models import PasskeyQuestion
from synnefo.kit.clock import now


def forget_expired() -> int:
    """Delete questions that nobody answered; answer how many."""
    deleted, _ = PasskeyQuestion.objects.filter(expires_at__lte=now()).delete()
    return deleted
