"""Tables of Astakos."""

from synnefo.astakos.models.applications import ProjectApplication, ProjectResourceGrant
from synnefo.astakos.models.audit import AuditEntry, AuditHead
from synnefo.astakos.models.auth_providers import (
    AuthPolicyProfile,
    AuthProvider,
    PendingThirdPartyUser,
    ProviderTrip,
)
from synnefo.astakos.models.errands import QueuedErrand
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
from synnefo.astakos.models.usage_history import UsageMark, UsageSample
from synnefo.astakos.models.users import User

DATABASE = "astakos"
"""The alias of the database of all these tables."""

__all__ = [
    "DATABASE",
    "AuditEntry",
    "AuditHead",
    "AuthPolicyProfile",
    "AuthProvider",
    "Commission",
    "Component",
    "Endpoint",
    "Holding",
    "LoginFailures",
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
    "Resource",
    "Service",
    "Token",
    "UsageMark",
    "UsageSample",
    "User",
]
