"""Tokens for those who signed a request with an EC2 key. Spec: openstack-api 4.2."""

from synnefo.astakos.models import Credential
from synnefo.astakos.usecases import application_credentials, audit, delegations, scopes, tokens
from synnefo.astakos.usecases.credentials import REFUSED
from synnefo.astakos.usecases.scopes import Place
from synnefo.astakos.usecases.tokens import Issued, Wish
from synnefo.kit.faults import Unauthorized

METHOD = "ec2credential"


def issue(row: Credential) -> Issued:
    """Make a token for a key's owner and project, within what the key was made by.

    Unauthorized when its owner, project, trust or application credential is out of force.
    """
    owner, trust, credential = row.user, row.trust, row.application_credential
    if not owner.is_active:
        raise Unauthorized(REFUSED)
    if trust is not None and not delegations.of_trust(trust):
        raise Unauthorized(REFUSED)
    if credential is not None and not application_credentials.allows(credential):
        raise Unauthorized(REFUSED)
    if trust is not None:
        project = trust.project
    else:
        project = scopes.on_project(owner, Place(uuid=row.project_id)).project
    ends = trust.expires_at if trust is not None else None
    if credential is not None:
        ends = credential.expires_at
    issued = tokens.issue(
        owner,
        Wish(project, (METHOD,), application_credential=credential, trust=trust, ends_by=ends),
    )
    audit.record("token.issued", actor=owner, subject=owner, methods=[METHOD])
    return issued
