"""The ways in which a person may sign in: attached, exchanged, removed. Spec: identity 14.1, 14.3.

The user's row is locked first, so that two clicks at once never make two methods of one.
"""

from django.db import IntegrityError, transaction

from synnefo.astakos.domain.identities import Identity
from synnefo.astakos.models import DATABASE, AuthProvider, User
from synnefo.astakos.models.auth_providers import LOCAL
from synnefo.astakos.usecases import (
    audit,
    auth_policies,
    provider_grants,
    provider_messages,
    users,
)
from synnefo.kit.clock import now
from synnefo.kit.faults import Conflict, Forbidden, ItemNotFound
from synnefo.serve import mail

LETTER = "registration/security_changed_email.txt"
IN_USE = "Somebody else signs in with this already."
MINE = "You sign in with this already."


def listed(user: User) -> list[AuthProvider]:
    """List a user's methods."""
    return list(user.auth_providers.order_by("module", "created"))


def find(user: User, number: int) -> AuthProvider:
    """Answer one of a user's own methods; ItemNotFound for anybody else's."""
    record = user.auth_providers.filter(pk=number).first()
    if record is None:
        raise ItemNotFound("There is no such sign-in method on your account.")
    return record


def holder_of(module: str, identifier: str) -> AuthProvider | None:
    """Answer the record of an identity whose holder is verified."""
    held = AuthProvider.objects.filter(module=module, identifier=identifier, active=True)
    return held.filter(user__email_verified=True).select_related("user__base_project").first()


def attach(user: User, identity: Identity) -> AuthProvider:
    """Give a user one more method, or their first.

    Conflict when the identity is somebody's; Forbidden where a policy says no. An unverified
    user who holds the same identity is deleted.
    """
    module = identity.module
    with transaction.atomic(using=DATABASE):
        locked = User.objects.select_for_update().get(pk=user.pk)
        _check_free(locked, identity)
        first = not locked.auth_providers.filter(active=True).exists()
        wanted = "create" if first else "add"
        if not auth_policies.allowed(module, wanted, locked):
            raise Forbidden(f"The sign-in method {module} cannot be added to this account.")
        _drop_unverified(locked, identity)
        record = _insert(locked, identity)
        provider_grants.attached(record, first=first)
        if locked.is_active:
            provider_grants.signed_in(record, identity)
        audit.record("user.method-added", subject=locked, method=module, identity=str(record))
        if not first:
            _tell(
                locked, f"your account at {provider_messages.title_of(module)} opens it now, too"
            )
    return record


def switch(user: User, number: int, identity: Identity) -> AuthProvider:
    """Exchange who a user is at a provider for somebody else there."""
    with transaction.atomic(using=DATABASE):
        locked = User.objects.select_for_update().get(pk=user.pk)
        record = find(locked, number)
        if record.module != identity.module:
            raise Conflict(f"A method of {record.module} cannot become one of {identity.module}.")
        _check_free(locked, identity)
        if not auth_policies.allowed(record.module, "switch", locked):
            raise Forbidden(f"The sign-in method {record.module} cannot be exchanged.")
        _drop_unverified(locked, identity)
        before = str(record)
        _write(record, identity)
        audit.record("user.method-switched", subject=locked, before=before, after=str(record))
        title = provider_messages.title_of(record.module)
        _tell(locked, f"another account at {title} opens it from now on")
    return record


def remove(user: User, number: int) -> None:
    """Take a method away; Forbidden for the last one and where a policy says no."""
    with transaction.atomic(using=DATABASE):
        locked = User.objects.select_for_update().get(pk=user.pk)
        record = find(locked, number)
        check_removable(locked, record)
        provider_grants.detached(record)
        audit.record("user.method-removed", subject=locked, method=str(record))
        title = provider_messages.title_of(record.module)
        _tell(locked, f"the sign-in method {title} was removed")
        record.delete()
        if record.module == LOCAL:
            User.objects.filter(pk=locked.pk).update(password="")  # no password fits it


def check_removable(user: User, record: AuthProvider) -> None:
    """Refuse to take away a method that must stay.

    What is left must open the account still: enabled, and not closed to sign-ins by a policy.
    """
    if record.module in auth_policies.enabled() and not _may_remove(user, record.module):
        raise Forbidden("This sign-in method cannot be removed.")
    others = user.auth_providers.filter(active=True).exclude(pk=record.pk)
    if not any(auth_policies.allowed(other.module, "login", user) for other in others):
        raise Forbidden("This is the last method that lets you in. Add another one first.")


def keep_local(user: User) -> None:
    """Note that a user signs in by password."""
    AuthProvider.objects.update_or_create(
        user=user, module=LOCAL, identifier="", defaults={"active": True}
    )


def adopt() -> int:
    """Note the method of people with a password from before methods were kept; how many."""
    bare = User.objects.exclude(password="").filter(auth_providers=None)
    rows = [AuthProvider(user=user, module=LOCAL) for user in bare.iterator()]
    AuthProvider.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)
    return len(rows)


def used(record: AuthProvider, identity: Identity) -> None:
    """Note a sign-in by a method, with what the provider tells today. Spec: identity 14.3."""
    with transaction.atomic(using=DATABASE):
        user = User.objects.select_for_update().get(pk=record.user_id)
        record.user = user
        record.last_login_at = now()
        _write(record, identity)
        _refresh(user, identity)
        provider_grants.signed_in(record, identity)


def rename(record: AuthProvider, identifier: str) -> None:
    """Keep a record under another identifier of the same person."""
    with transaction.atomic(using=DATABASE):
        before, record.identifier = str(record), identifier
        record.save(update_fields=["identifier"])
        audit.record("user.method-renamed", actor="", subject=record.user, before=before)


def _may_remove(user: User, module: str) -> bool:
    return auth_policies.allowed(module, "remove", user)


def _tell(user: User, what: str) -> None:
    """Tell the owner by mail, who may not have done it."""
    mail.later(LETTER, [user.email], language=user.language, user=user, what=what)


def _check_free(user: User, identity: Identity) -> None:
    held = holder_of(identity.module, identity.identifier)
    if held is not None:
        raise Conflict(MINE if held.user_id == user.pk else IN_USE)


def _drop_unverified(user: User, identity: Identity) -> None:
    same = AuthProvider.objects.filter(module=identity.module, identifier=identity.identifier)
    for record in same.exclude(user=user).select_related("user"):
        users.delete(record.user)


def _insert(user: User, identity: Identity) -> AuthProvider:
    try:
        with transaction.atomic(using=DATABASE):
            return AuthProvider.objects.create(
                user=user,
                module=identity.module,
                identifier=identity.identifier,
                affiliation=identity.affiliation,
                info_data=identity.info,
            )
    except IntegrityError as error:
        raise Conflict(IN_USE) from error


def _write(record: AuthProvider, identity: Identity) -> None:
    record.identifier = identity.identifier
    record.info_data = identity.info
    record.affiliation = identity.affiliation or record.affiliation
    try:
        with transaction.atomic(using=DATABASE):
            record.save()
    except IntegrityError as error:
        raise Conflict(IN_USE) from error


def _refresh(user: User, identity: Identity) -> None:
    """Take over the fields that the provider forces; an address somebody else has is left."""
    told = {name: str(getattr(identity, name)) for name in identity.forced}
    changes = {name: text for name, text in told.items() if text and text != getattr(user, name)}
    email = changes.pop("email", "")
    taken = User.objects.verified().filter(email__iexact=email).exclude(pk=user.pk)
    if email and not taken.exists():
        users.set_email(user, email)
    if changes:
        User.objects.filter(pk=user.pk).update(**changes)
