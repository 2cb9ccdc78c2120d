"""Browser sessions: begun, listed, ended. Spec: identity 2.4, 12.2."""

from datetime import timedelta

import msgspec
from django.db import transaction
from django.db.models import Q, QuerySet

from synnefo.astakos.domain.tokens import digest_of
from synnefo.astakos.models import DATABASE, Entrance, SessionCatalog, Token, User
from synnefo.astakos.settings import SecuritySettings
from synnefo.astakos.usecases import audit, projects, tokens
from synnefo.astakos.usecases.tokens import Issued
from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.kit.faults import Forbidden, ItemNotFound
from synnefo.kit.ids import new_token
from synnefo.serve.http.auth import Caller

STALE = timedelta(minutes=1)
"""How old the note of a session's last use may become."""
CONFIRM = "Confirm that it is you: enter your password again, or use a passkey."
NO_SESSION = "This is done from the pages only: sign in there."


class Visit(msgspec.Struct, frozen=True):
    """Who knocks: from which address, with which browser."""

    address: str = ""
    agent: str = ""


def begin(user: User, methods: tuple[str, ...], visit: Visit) -> tuple[Issued, SessionCatalog]:
    """Begin a browser session, with a token of its own."""
    with transaction.atomic(using=DATABASE):
        issued = tokens.issue(user, tokens.Wish(projects.default_of(user), methods))
        session = SessionCatalog.objects.create(
            session_key=new_token(20),
            user=user,
            token=issued.row,
            method=",".join(methods)[:40],
            address=visit.address[:64],
            seen_from=visit.address[:64],
            agent=visit.agent[:200],
        )
        audit.record("session.began", actor=user, subject=user, methods=list(methods))
    return issued, session


def of_token(row: Token) -> SessionCatalog | None:
    """Answer the session that a token, or the one it was got by, belongs to."""
    origin = row.parent_audit_id or row.audit_id
    found = SessionCatalog.objects.filter(token__audit_id=origin, user=row.user_id)
    return found.select_related("token").first()


def of_caller(caller: Caller) -> SessionCatalog | None:
    """Answer the session in which a call is made; None for programs."""
    row = Token.objects.filter(digest=digest_of(caller.token)).first()
    return of_token(row) if row is not None else None


def touch(session: SessionCatalog, address: str) -> None:
    """Note that a session is in use, at most once in a while."""
    moment = now()
    if moment - session.seen_at > STALE or session.seen_from != address:
        SessionCatalog.objects.filter(pk=session.pk).update(seen_at=moment, seen_from=address[:64])


def leave(session: SessionCatalog) -> None:
    """End the session in use, as its holder asks."""
    with transaction.atomic(using=DATABASE):
        _end(session)
        audit.record("session.left", actor=session.user, subject=session.user)


def listed(user: User) -> QuerySet[SessionCatalog]:
    """List a user's sessions that are open now, the one used last first."""
    return (
        user.sessions.filter(token__expires_at__gt=now())
        .select_related("token")
        .order_by("-seen_at", "-pk")
    )


def end(user: User, session_key: str) -> None:
    """End one of a user's sessions, with every token got by it."""
    session = user.sessions.filter(session_key=session_key).select_related("token").first()
    if session is None:
        raise ItemNotFound("There is no such session; it may have ended already.")
    with transaction.atomic(using=DATABASE):
        _end(session)
        audit.record("session.ended", subject=user, session=session_key)


def end_others(user: User, keep: SessionCatalog | None) -> int:
    """End all sessions of a user but one; answer how many."""
    others = [each for each in listed(user) if keep is None or each.pk != keep.pk]
    with transaction.atomic(using=DATABASE):
        for session in others:
            _end(session)
        if others:
            audit.record("session.others-ended", subject=user, sessions=len(others))
    return len(others)


def check_confirmed(session: SessionCatalog | None) -> SessionCatalog:
    """Refuse a sensitive change unless its session's holder proved themselves just now."""
    if session is None:
        raise Forbidden(NO_SESSION)
    window = timedelta(seconds=conf.of(SecuritySettings).astakos_confirm_window)
    if now() - session.confirmed_at > window:
        raise Forbidden(CONFIRM, headers={"X-Confirm": "required"})
    return session


def check_person(caller: Caller) -> None:
    """Refuse a sensitive change from a browser left alone; programs prove themselves by token."""
    session = of_caller(caller)
    if session is not None:
        check_confirmed(session)


def confirmed(session: SessionCatalog) -> None:
    """Note that a session's holder just proved themselves."""
    SessionCatalog.objects.filter(pk=session.pk).update(confirmed_at=now())


def clean_up() -> dict[str, int]:
    """Delete what has run out: sessions with their tokens, and steps nobody took."""
    moment = now()
    with transaction.atomic(using=DATABASE):
        old = SessionCatalog.objects.filter(token__expires_at__lte=moment)
        count = old.count()
        Token.objects.filter(session__in=old).delete()
        steps, _ = Entrance.objects.filter(expires_at__lte=moment).delete()
    return {"sessions": count, "entrances": steps}


def _end(session: SessionCatalog) -> None:
    """End a session with its token and all that were got by it."""
    origin = session.token.audit_id
    family = Q(audit_id=origin) | Q(parent_audit_id=origin)
    Token.objects.filter(family, user=session.user_id).delete()
