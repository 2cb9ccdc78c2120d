"""What people keep about themselves. Spec: identity 13.7."""

from collections.abc import Mapping

from django.db import transaction

from synnefo.astakos.models import DATABASE, User
from synnefo.astakos.usecases import audit, auth_methods, directories, sign_ups
from synnefo.kit.faults import Forbidden

NAMES = ("first_name", "last_name")


def forced_of(user: User) -> set[str]:
    """Tell which fields a provider of this user keeps, so that nobody changes them here."""
    methods = auth_methods.listed(user)
    return {name for method in methods for name in directories.forced_by(method.module)}


def change(user: User, changes: Mapping[str, str]) -> None:
    """Change one's names and language. Raises BadRequest, and Forbidden for a forced field."""
    wanted = {name: text.strip() for name, text in changes.items()}
    fresh = {name: text for name, text in wanted.items() if text != getattr(user, name)}
    kept = forced_of(user) & set(fresh)
    if kept:
        raise Forbidden(
            "Your name comes from the provider that you sign in with; change it there."
        )
    sign_ups.check_names(*(fresh[name] for name in NAMES if name in fresh))
    if "language" in fresh:
        fresh["language"] = sign_ups.language_of(fresh["language"])
    with transaction.atomic(using=DATABASE):
        locked = User.objects.select_for_update().get(pk=user.pk)
        for name, text in fresh.items():
            setattr(locked, name, text)
        locked.is_verified = True
        locked.save(update_fields=[*fresh, "is_verified", "updated"])
        if set(fresh) & set(NAMES):
            audit.record("user.profile-changed", subject=user, changed=sorted(fresh))
    user.refresh_from_db()


def visited(user: User) -> None:
    """Note that somebody saw their profile."""
    if not user.is_verified:
        User.objects.filter(pk=user.pk).update(is_verified=True)
