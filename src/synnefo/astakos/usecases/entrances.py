"""Coming in: from a proven method to a session, by way of the steps an account asks for.

Every way to sign in ends here. A session is begun, or an entrance is left open that the page
passes step by step: second factor, first second factor, new password.
"""

from datetime import timedelta

import msgspec
from django.db import transaction
from django.db.models import F

from synnefo.astakos.domain.entrances import Facts, Step, next_step
from synnefo.astakos.domain.tokens import digest_of
from synnefo.astakos.models import DATABASE, Entrance, SessionCatalog, User
from synnefo.astakos.usecases import passwords, second_factors, sessions
from synnefo.astakos.usecases.sessions import Visit
from synnefo.astakos.usecases.tokens import Issued
from synnefo.kit.clock import now
from synnefo.kit.faults import Unauthorized
from synnefo.kit.ids import new_token

LASTS = timedelta(minutes=10)
TRIES = 8
OVER = "This sign-in took too long or was tried too often. Begin anew."
INACTIVE = "The account is not active."


class Challenge(msgspec.Struct, frozen=True):
    """A step to take before the session begins, and the secret that its cookie carries."""

    secret: str
    step: Step
    kinds: tuple[str, ...]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody came in: either `issued` and `session` are there, or `challenge` is."""

    user: User
    issued: Issued | None = None
    session: SessionCatalog | None = None
    challenge: Challenge | None = None


def enter(user: User, *, method: str, address: str, agent: str) -> Entry:
    """Let in a user who passed a method, or ask for the next step.

    `method` names how: password, ldap, shibboleth, saml2, openid, passkey, email, ...
    Raises Unauthorized for an account that is not active.
    """
    if not user.is_active:
        raise Unauthorized(INACTIVE)
    visit = Visit(address, agent)
    step = _next(user, method, "")
    if step is None:
        issued, session = sessions.begin(user, (method,), visit)
        return Entry(user=user, issued=issued, session=session)
    secret = new_token()
    Entrance.objects.create(
        digest=digest_of(secret), user=user, method=method, expires_at=now() + LASTS
    )
    return Entry(user=user, challenge=_challenge(user, secret, step))


def find(secret: str) -> Entrance:
    """Answer an entrance that is still open; Unauthorized otherwise."""
    row = Entrance.objects.filter(digest=digest_of(secret))
    found = row.select_related("user__default_project", "user__base_project").first()
    if found is None or found.expires_at <= now() or found.tries >= TRIES:
        raise Unauthorized(OVER)
    return found


def user_of(row: Entrance) -> User:
    """Answer who stands in an entrance; Unauthorized when the account went out of force."""
    if not row.user.is_active:
        raise Unauthorized(INACTIVE)
    return row.user


def step_of(row: Entrance, secret: str) -> Challenge:
    """Answer the step that an entrance waits for."""
    user = user_of(row)
    step = _next(user, row.method, row.factor)
    if step is None:
        raise Unauthorized(OVER)
    return _challenge(user, secret, step)


def check_step(row: Entrance, *steps: Step) -> User:
    """Refuse an answer to a step that is not the one an entrance waits for."""
    user = user_of(row)
    if _next(user, row.method, row.factor) not in steps:
        raise Unauthorized(OVER)
    return user


def count_try(row: Entrance) -> None:
    """Count an answer before it is checked, so that guesses at once count too."""
    open_still = Entrance.objects.filter(pk=row.pk, tries__lt=TRIES)
    if not open_still.update(tries=F("tries") + 1):
        raise Unauthorized(OVER)


def go_on(row: Entrance, secret: str, visit: Visit, *, factor: str = "") -> Entry:
    """Take the next step, or begin the session; an entrance leads in once."""
    user = user_of(row)
    passed = factor or row.factor
    step = _next(user, row.method, passed)
    if step is not None:
        Entrance.objects.filter(pk=row.pk).update(factor=passed, tries=0)
        return Entry(user=user, challenge=_challenge(user, secret, step))
    methods = (row.method, passed) if passed else (row.method,)
    with transaction.atomic(using=DATABASE):
        deleted, _ = Entrance.objects.filter(pk=row.pk).delete()
        if not deleted:
            raise Unauthorized(OVER)
        issued, session = sessions.begin(user, methods, visit)
    return Entry(user=user, issued=issued, session=session)


def _next(user: User, method: str, passed: str) -> Step | None:
    return next_step(
        Facts(
            method=method,
            passed=passed,
            has_factor=second_factors.is_on(user),
            must_have_factor=second_factors.is_required(user),
            password_is_due=passwords.is_due(user),
        )
    )


def _challenge(user: User, secret: str, step: Step) -> Challenge:
    kinds = second_factors.kinds(user) if step is Step.FACTOR else ()
    return Challenge(secret, step, kinds)
