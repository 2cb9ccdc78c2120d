"""What a token may do that was got by a trust or by an application credential.

Never more than what its giver may do now: who loses a role, or the place in the project, takes
it from all who act for them. Spec: openstack-api 4.3, 4.4.
"""

from collections.abc import Collection

from synnefo.astakos.domain.roles import Named
from synnefo.astakos.models import ApplicationCredential, Token, Trust
from synnefo.astakos.usecases import assignments
from synnefo.kit.clock import now
from synnefo.wire.access_rules import AccessRule


def of_token(row: Token) -> tuple[Named, ...]:
    """Tell the roles of a token that somebody handed on; none when that is over."""
    if row.trust_id is not None:
        return of_trust(_trust_of(row.trust_id))
    return of_credential(_credential_of(row), assignments.of_token(row))


def of_trust(trust: Trust | None) -> tuple[Named, ...]:
    """Tell the roles that a trust gives now: those named, as long as its giver has them all."""
    if trust is None or not is_in_force(trust):
        return ()
    given = assignments.roles_of(trust.trustor, project=trust.project) if trust.project else ()
    return _all_or_none(given, trust.role_ids)


def of_credential(
    found: ApplicationCredential | None, mine: tuple[Named, ...]
) -> tuple[Named, ...]:
    """Tell the roles that a credential gives now: those named, as long as its owner has all."""
    if found is None or (found.expires_at is not None and found.expires_at <= now()):
        return ()
    return _all_or_none(mine, found.role_ids)


def is_in_force(trust: Trust) -> bool:
    """Tell whether a trust counts now, with all those that it was handed on from."""
    if trust.expires_at is not None and trust.expires_at <= now():
        return False
    return trust.trustor.is_active and trust.trustee.is_active


def rules_of(row: Token) -> tuple[AccessRule, ...] | None:
    """Tell the only calls that a token may make; None for no such limit."""
    credential = _credential_of(row)
    if credential is None or not credential.is_limited:
        return None
    rules = ApplicationCredential.access_rules.through.objects.filter(
        applicationcredential=credential
    ).select_related("accessrule")
    return tuple(
        AccessRule(r.accessrule.service, r.accessrule.method, r.accessrule.path, r.accessrule.uuid)
        for r in rules
    )


def is_restricted(row: Token) -> bool:
    """Tell whether a token must not make or end credentials and trusts."""
    if row.trust_id is not None:
        return True
    found = _credential_of(row)
    return found is not None and not found.unrestricted


def _credential_of(row: Token) -> ApplicationCredential | None:
    return row.application_credential if row.application_credential_id is not None else None


def _trust_of(key: int) -> Trust | None:
    found = Trust.objects.filter(pk=key)
    return found.select_related("trustor", "trustee", "project").first()


def _all_or_none(given: Collection[Named], wanted: Collection[str]) -> tuple[Named, ...]:
    kept = tuple(role for role in given if role.id in wanted)
    return kept if len(kept) == len(set(wanted)) else ()
