"""From a proof to a token of Identity v3. Spec: openstack-api 4.1."""

from datetime import datetime

import msgspec

from synnefo.astakos.models import Trust, User
from synnefo.astakos.usecases import audit, receipts, scopes, tokens, trusts
from synnefo.astakos.usecases.proofs import Proof
from synnefo.astakos.usecases.scopes import Place, Scope
from synnefo.astakos.usecases.tokens import Issued, Wish
from synnefo.kit.faults import Unauthorized

SCOPED_ALREADY = "An application credential is for its own project. Leave the scope out."


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What a client wants a token to be for; all empty: what nobody says."""

    project: Place | None = None
    domain: Place | None = None
    is_system: bool = False
    is_unscoped: bool = False
    trust: str = ""

    @property
    def is_open(self) -> bool:
        """Tell whether the client left the choice to us."""
        return self == Target()


def issue(proof: Proof, target: Target) -> Issued:
    """Make a token for who proved themselves; Unauthorized for a scope that is not theirs."""
    trust = trusts.use(target.trust, proof.user) if target.trust else None
    user, wish = _wish(proof, target, trust)
    tokens.check_signed(proof.user)
    issued = tokens.issue(user, wish)
    if proof.parent is None:
        audit.record("token.issued", actor=proof.user, subject=user, methods=list(proof.methods))
    return issued


def use_receipt(receipt: str) -> None:
    """End the receipt that a token was got by."""
    if receipt:
        receipts.use(receipt)


def _wish(proof: Proof, target: Target, trust: Trust | None) -> tuple[User, Wish]:
    methods = tuple(dict.fromkeys((*proof.methods, *_of_parent(proof))))
    if proof.credential is not None:
        return proof.user, _by_credential(proof, target)
    if trust is not None:
        ends = trust.expires_at
        wish = Wish(trust.project, methods, proof.parent, trust=trust, ends_by=ends)
        return (trust.trustor if trust.impersonation else proof.user), wish
    scope = _scope(proof, target)
    wish = Wish(
        scope.project,
        methods,
        proof.parent,
        domain_id=scope.domain_id,
        is_system=scope.is_system,
        ties=scope.ties,
    )
    return proof.user, wish


def _by_credential(proof: Proof, target: Target) -> Wish:
    if not target.is_open:
        raise Unauthorized(SCOPED_ALREADY)
    credential = proof.credential
    assert credential is not None
    ends: datetime | None = credential.expires_at
    return Wish(credential.project, proof.methods, application_credential=credential, ends_by=ends)


def _scope(proof: Proof, target: Target) -> Scope:
    user, parent = proof.user, proof.parent
    if target.project is not None:
        return scopes.on_project(user, target.project)
    if target.domain is not None:
        return scopes.on_domain(user, target.domain)
    if target.is_system:
        return scopes.on_system(user)
    if target.is_unscoped:
        return scopes.UNSCOPED
    if parent is not None and parent.application_credential_id is not None:
        return Scope(parent.project)
    return scopes.default_of(user)


def _of_parent(proof: Proof) -> tuple[str, ...]:
    return () if proof.parent is None else tuple(proof.parent.methods.split(","))
