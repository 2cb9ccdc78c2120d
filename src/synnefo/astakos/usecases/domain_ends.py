"""Domains deleted with all that is in them. Spec: openstack-api 4.4."""

from django.db import transaction

from synnefo.astakos.models import DATABASE, Domain
from synnefo.astakos.usecases import audit, domains, grants, identity_projects, identity_users


def delete(domain: Domain) -> None:
    """Delete a disabled domain; Conflict while a user or project in it uses anything."""
    domains.check_deletable(domain)
    with transaction.atomic(using=DATABASE):
        for project in domains.projects(domain):
            if not project.is_base:
                identity_projects.delete(project)
        for user in domains.people(domain):
            identity_users.delete(user)
        for group in domains.groups(domain):
            grants.drop_group(group)
        audit.record("domain.deleted", subject=domain)
        domains.forget(domain)
