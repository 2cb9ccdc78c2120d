"""Who gets in without anybody's decision. Spec: identity 3.2.2."""

from synnefo.astakos.domain import account_states
from synnefo.astakos.models import Invitation, User
from synnefo.astakos.settings import AstakosSettings, SignUpSettings
from synnefo.astakos.usecases import auth_policies
from synnefo.kit import conf
from synnefo.kit.clock import now


def policy_of(user: User) -> str | None:
    """Tell by which policy a verified person gets in now, using up what it takes; None: wait."""
    settings = conf.of(AstakosSettings)
    policy = account_states.acceptance_policy(
        user.email,
        moderation=settings.astakos_moderation_enabled,
        patterns=settings.astakos_re_user_email_patterns,
    )
    if policy is not None:
        return policy
    first = user.auth_providers.order_by("pk").first()
    if first is not None and auth_policies.allowed(first.module, "automoderate", user):
        return f"auth_provider_{first.module}"
    if _uses_invitation(user):
        return "invitation"
    return "already_moderated" if user.moderated else None


def _uses_invitation(user: User) -> bool:
    if not conf.of(SignUpSettings).astakos_invitations_enabled:
        return False
    waiting = Invitation.objects.filter(username__iexact=user.email, is_consumed=False)
    return bool(waiting.update(is_consumed=True, consumed=now()))
