"""What a project may use and what it does use, as the quota service knows it.

Spec: openstack-api 6.5.
"""

from functools import cache
from typing import Any

import msgspec

from synnefo.clients.astakos import AstakosClient, Standing
from synnefo.cyclades.domain import costs
from synnefo.cyclades.settings import CycladesSettings
from synnefo.kit import conf
from synnefo.kit.units import GIB, MIB
from synnefo.serve.http import Caller
from synnefo.wire.provisions import INF

_MEASURES = {
    "cores": (costs.CPU, 1),
    "instances": (costs.VM, 1),
    "ram": (costs.RAM, MIB),
    "gigabytes": (costs.DISK, GIB),
}


class Measure(msgspec.Struct, frozen=True):
    """A limit (-1 for none) and what is used of it."""

    limit: int
    used: int


@cache
def _client(url: str, token: str = "") -> AstakosClient:
    return AstakosClient(url, token)


def measures(caller: Caller, project: str = "") -> dict[str, Measure]:
    """Answer cores, instances, ram (MiB) and gigabytes of the caller in its project.

    Of another project, for an administrator, what the project as a whole may use and does.
    """
    held = standings(caller, project)
    return {
        name: _measure(held.get(resource, Standing()), unit)
        for name, (resource, unit) in _MEASURES.items()
    }


def standings(caller: Caller, project: str = "") -> dict[str, Standing]:
    """Answer how each resource stands for the caller in its project, or for another project."""
    settings = conf.of(CycladesSettings)
    if project in {"", caller.project_id}:
        quotas = _client(settings.astakos_auth_url).get_quotas(caller.token)
        return quotas.get(caller.project_id, {})
    service = _client(settings.astakos_auth_url, settings.cyclades_service_token)
    whole = service.service_get_project_quotas([project]).get(project, {})
    return {name: _of_project(standing) for name, standing in whole.items()}


def _of_project(standing: Standing) -> Standing:
    return Standing(limit=standing.project_limit, usage=standing.project_usage)


def _measure(standing: Standing, unit: int) -> Measure:
    limit = min(standing.limit, standing.project_limit or standing.limit)
    return Measure(-1 if limit >= INF else limit // unit, standing.usage // unit)


def absolute(caller: Caller) -> dict[str, int]:
    """Answer the limits as `GET /limits` shows them."""
    found = measures(caller)
    settings = conf.of(CycladesSettings)
    return {
        "maxTotalCores": found["cores"].limit,
        "maxTotalInstances": found["instances"].limit,
        "maxTotalRAMSize": found["ram"].limit,
        "totalCoresUsed": found["cores"].used,
        "totalInstancesUsed": found["instances"].used,
        "totalRAMUsed": found["ram"].used,
        "maxTotalKeypairs": settings.userdata_max_ssh_keys_per_user,
        "maxServerMeta": settings.cyclades_vm_max_metadata,
        "maxImageMeta": 128,
        "maxPersonality": settings.max_personality,
        "maxPersonalitySize": settings.max_personality_size,
        "maxServerGroups": 0,
        "maxServerGroupMembers": 0,
        "totalServerGroupsUsed": 0,
        "maxTotalFloatingIps": -1,
        "totalFloatingIpsUsed": 0,
        "maxSecurityGroups": -1,
        "totalSecurityGroupsUsed": 1,
        "maxSecurityGroupRules": -1,
    }


def quota_set(caller: Caller, project: str) -> dict[str, dict[str, Any]]:
    """Answer a project's quota as `GET /os-quota-sets/ID/detail` shows it."""
    settings = conf.of(CycladesSettings)
    found = measures(caller, project)
    fixed = {
        "key_pairs": settings.userdata_max_ssh_keys_per_user,
        "metadata_items": settings.cyclades_vm_max_metadata,
        "server_groups": 0,
        "server_group_members": 0,
    }
    shown = {
        name: {"limit": found[name].limit, "in_use": found[name].used, "reserved": 0}
        for name in ("cores", "instances", "ram")
    }
    rest = {name: {"limit": limit, "in_use": 0, "reserved": 0} for name, limit in fixed.items()}
    return {**shown, **rest}
