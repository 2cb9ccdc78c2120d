"""Tables of Astakos."""

from synnefo.astakos.models.audit import AuditEntry, AuditHead
from synnefo.astakos.models.errands import QueuedErrand
from synnefo.astakos.models.projects import (
    Project,
    ProjectLog,
    ProjectMembership,
    ProjectResourceQuota,
)
from synnefo.astakos.models.quotaholder import Commission, Holding, ProvisionLog, ProvisionRow
from synnefo.astakos.models.registry import Component, Endpoint, Resource, Service
from synnefo.astakos.models.tokens import LoginFailures, Token
from synnefo.astakos.models.users import User

DATABASE = "astakos"
"""The alias of the database of all these tables."""

__all__ = [
    "DATABASE",
    "AuditEntry",
    "AuditHead",
    "Commission",
    "Component",
    "Endpoint",
    "Holding",
    "LoginFailures",
    "Project",
    "ProjectLog",
    "ProjectMembership",
    "ProjectResourceQuota",
    "ProvisionLog",
    "ProvisionRow",
    "QueuedErrand",
    "Resource",
    "Service",
    "Token",
    "User",
]
