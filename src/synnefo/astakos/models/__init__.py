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
from synnefo.astakos.models.domains import Domain
from synnefo.astakos.models.entrances import (
    AuthReceipt,
    Entrance,
    KnownDevice,
    PasskeyQuestion,
    PasswordReset,
    SessionCatalog,
)
from synnefo.astakos.models.errands import QueuedErrand
from synnefo.astakos.models.groups import Group, GroupMember
from synnefo.astakos.models.oauth import AuthorizationCode, Client, OAuthToken, RedirectUrl
from synnefo.astakos.models.offerings import OfferedEndpoint, OfferedService, Region
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
from synnefo.astakos.models.roles import Role, RoleAssignment, RoleInference
from synnefo.astakos.models.second_factors import Passkey, RecoveryCode, TotpDevice
from synnefo.astakos.models.sign_up import (
    ApprovalTerms,
    EmailChange,
    Invitation,
    SignUp,
    SolvedPuzzle,
)
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
    "ApprovalTerms",
    "AuditEntry",
    "AuditHead",
    "AuthPolicyProfile",
    "AuthProvider",
    "AuthReceipt",
    "AuthorizationCode",
    "Client",
    "Commission",
    "Component",
    "Credential",
    "Domain",
    "EmailChange",
    "Endpoint",
    "Entrance",
    "Group",
    "GroupMember",
    "Holding",
    "Invitation",
    "KnownDevice",
    "LoginFailures",
    "OAuthToken",
    "OfferedEndpoint",
    "OfferedService",
    "Passkey",
    "PasskeyQuestion",
    "PasswordReset",
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
    "RecoveryCode",
    "RedirectUrl",
    "Region",
    "Resource",
    "Role",
    "RoleAssignment",
    "RoleInference",
    "Service",
    "SessionCatalog",
    "SignUp",
    "SolvedPuzzle",
    "Token",
    "TotpDevice",
    "Trust",
    "UsageMark",
    "UsageSample",
    "User",
]
