"""People whom a provider knows and who are about to sign up, or to tell which account is theirs.

Spec: identity 2.4, 14.3.
"""

from datetime import timedelta

from django.db import transaction

from synnefo.astakos.domain.identities import Identity
from synnefo.astakos.domain.tokens import digest_of
from synnefo.astakos.models import DATABASE, AuthProvider, PendingThirdPartyUser, User
from synnefo.astakos.settings import ProviderSettings
from synnefo.astakos.usecases import auth_methods, auth_policies
from synnefo.kit import conf
from synnefo.kit.clock import now
from synnefo.kit.faults import ItemNotFound
from synnefo.kit.ids import new_token

UNKNOWN = "This sign-up has run out. Begin anew with the button of your provider."


def keep(identity: Identity) -> str:
    """Remember somebody at a provider; answer the token that they go on with."""
    token = new_token()
    facts = {
        "token": digest_of(token),
        "email": identity.email,
        "first_name": identity.first_name,
        "last_name": identity.last_name,
        "affiliation": identity.affiliation,
        "created": now(),
        "info": identity.info,
        "attributes": _kept(identity),
    }
    first = {"username": _name_for(identity), **facts}
    with transaction.atomic(using=DATABASE):
        PendingThirdPartyUser.objects.update_or_create(
            provider=identity.module,
            third_party_identifier=identity.identifier,
            defaults=facts,
            create_defaults=first,
        )
    return token


def find(token: str) -> PendingThirdPartyUser:
    """Answer who goes on with a token.

    ItemNotFound for an unknown or old one, and for somebody who has an account meanwhile.
    """
    hours = conf.of(ProviderSettings).astakos_pending_third_party_hours
    rows = PendingThirdPartyUser.objects.filter(created__gt=now() - timedelta(hours=hours))
    row = rows.filter(token=digest_of(token)).first()
    if row is None or not auth_policies.is_enabled(row.provider):
        raise ItemNotFound(UNKNOWN)
    if auth_methods.holder_of(row.provider, row.third_party_identifier) is not None:
        row.delete()
        raise ItemNotFound(UNKNOWN)
    return row


def identity_of(row: PendingThirdPartyUser) -> Identity:
    """Answer the identity that was kept."""
    kept = row.attributes
    return Identity(
        module=row.provider,
        identifier=row.third_party_identifier,
        email=row.email,
        first_name=row.first_name,
        last_name=row.last_name,
        affiliation=row.affiliation,
        email_is_verified=bool(kept.get("email_is_verified")),
        forced=tuple(kept.get("forced", ())),
        info=row.info,
        attributes=kept.get("attributes", {}),
        groups=kept.get("groups"),
    )


def complete(user: User, row: PendingThirdPartyUser) -> AuthProvider:
    """Attach the identity to the account that was made, or told, for it."""
    with transaction.atomic(using=DATABASE):
        record = auth_methods.attach(user, identity_of(row))
        row.delete()
    return record


def vouches(row: PendingThirdPartyUser, email: str) -> bool:
    """Tell whether the provider is believed that an address belongs to this person.

    Spec: identity 3.2.1; policy AUTOVERIFY.
    """
    same = bool(row.email) and row.email.lower() == email.strip().lower()
    checked = bool(row.attributes.get("email_is_verified"))
    return same and checked and auth_policies.in_force(row.provider).autoverify


def has_unverified_twin(row: PendingThirdPartyUser) -> bool:
    """Tell whether an unverified account has this identity, which going on would delete."""
    same = AuthProvider.objects.filter(module=row.provider, identifier=row.third_party_identifier)
    return same.filter(user__email_verified=False).exists()


def forget_old() -> int:
    """Delete those who did not go on in time; answer how many."""
    hours = conf.of(ProviderSettings).astakos_pending_third_party_hours
    old = PendingThirdPartyUser.objects.filter(created__lte=now() - timedelta(hours=hours))
    deleted, _ = old.delete()
    return deleted


def _kept(identity: Identity) -> dict[str, object]:
    return {
        "email_is_verified": identity.email_is_verified,
        "forced": list(identity.forced),
        "attributes": identity.attributes,
        "groups": identity.groups,
    }


def _name_for(identity: Identity) -> str:
    """Answer the name at the provider while it is free here, else a random one."""
    name = identity.username[:30]
    taken = PendingThirdPartyUser.objects.filter(username=name).exists()
    return name if name and not taken else new_token(12)[:30]
