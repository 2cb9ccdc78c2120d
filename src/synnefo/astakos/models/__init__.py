"""Tables of Astakos."""

from synnefo.astakos.models.application_credentials import AccessRule, ApplicationCredential
from synnefo.astakos.models.applications import ProjectApplication, ProjectResourceGrant
from synnefo.astakos.models.audit import AuditEntry, AuditHead
from synnefo.astakos.models.auth_providers import (
    AuthPolicyProfile,
    AuthProvider,
    PendingThirdPartyUser,
    ProviderTrip,
)
from synnefo.astakos.models.credentials import Credential
from synnefo.astakos.models.errands import QueuedErrand
from synnefo.astakos.models.oauth import AuthorizationCode, Client, OAuthToken, RedirectUrl
from synnefo.astakos.models.projects import (
    Project,
    ProjectLock,
    ProjectLog,
    ProjectMembership,
    ProjectMembershipLog,
    ProjectResourceQuota,
)
from synnefo.astakos.models.quotaholder import Commission, Holding, ProvisionLog, ProvisionRow
from synnefo.astakos.models.registry import Component, Endpoint, Resource, Service
from synnefo.astakos.models.tokens import LoginFailures, Token
from synnefo.astakos.models.trusts import Trust
from synnefo.astakos.models.usage_history import UsageMark, UsageSample
from synnefo.astakos.models.users import User

DATABASE = "astakos"
"""The alias of the database of all these tables."""

__all__ = [
    "DATABASE",
    "AccessRule",
    "ApplicationCredential",
    "AuditEntry",
    "AuditHead",
    "AuthPolicyProfile",
    "AuthProvider",
    "AuthorizationCode",
    "Client",
    "Commission",
    "Component",
    "Credential",
    "Endpoint",
    "Holding",
    "LoginFailures",
    "OAuthToken",
    "PendingThirdPartyUser",
    "Project",
    "ProjectApplication",
    "ProjectLock",
    "ProjectLog",
    "ProjectMembership",
    "ProjectMembershipLog",
    "ProjectResourceGrant",
    "ProjectResourceQuota",
    "ProviderTrip",
    "ProvisionLog",
    "ProvisionRow",
    "QueuedErrand",
    "RedirectUrl",
    "Resource",
    "Service",
    "Token",
    "Trust",
    "UsageMark",
    "UsageSample",
    "User",
]
