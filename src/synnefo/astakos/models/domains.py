"""Domains: namespaces of users, groups and projects. Spec: openstack-api 4.4.

Users, groups, projects and roles name their domain by its id, so that the domain of everybody
needs no row to exist.
"""

from django.db import models
from django.db.models.functions import Lower

from synnefo.kit.ids import new_uuid

DEFAULT = "default"
"""The id of the domain in which everybody is who came by the platform's own ways."""


class Domain(models.Model):
    """A namespace with administrators of its own."""

    id = models.CharField(max_length=64, primary_key=True, default=new_uuid)
    name = models.CharField(max_length=64)
    description = models.TextField(blank=True, default="")
    enabled = models.BooleanField(default=True)
    tags = models.JSONField(default=list, blank=True)
    options = models.JSONField(default=dict, blank=True)
    extra = models.JSONField(default=dict, blank=True)

    class Meta:
        app_label = "astakos"
        constraints = [models.UniqueConstraint(Lower("name"), name="astakos_one_domain_name")]

    def __str__(self) -> str:
        return self.name
