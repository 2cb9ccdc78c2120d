"""Flavors, key pairs, limits and zones in the newer dialect. Spec: openstack-api 6.2, 6.5."""

from typing import Any

from synnefo.cyclades.api.compute import microversions
from synnefo.cyclades.api.compute import nova_views as views
from synnefo.cyclades.api.compute.schemas import CreateKeyPair
from synnefo.cyclades.models import Cluster, KeyPair, ServerEvent
from synnefo.cyclades.usecases import flavors, keypairs, limits, servers
from synnefo.kit.clock import now
from synnefo.kit.faults import BadRequest, Forbidden, ItemNotFound
from synnefo.kit.units import is_number
from synnefo.serve.http import Call, Reply
from synnefo.serve.http.paging import limit_of, marker_of

View = dict[str, Any]


def list_flavors(call: Call) -> View:
    """List flavors, in short."""
    return _flavors(call, in_full=False)


def list_flavors_detail(call: Call) -> View:
    """List flavors in full."""
    return _flavors(call, in_full=True)


def _flavors(call: Call, *, in_full: bool) -> View:
    found = flavors.visible(call.who)
    if (call.arg("is_public") or "").lower() == "false":
        found = found.filter(public=False)
    after = marker_of(call)
    if after is not None and is_number(after):
        found = found.filter(id__gt=int(after))
    page = found[: limit_of(call)]
    version = microversions.of(call)
    return {"flavors": [views.flavor(one, version, in_full=in_full) for one in page]}


def show_flavor(call: Call, flavor_id: str) -> View:
    """Show a flavor."""
    found = flavors.show(call.who, flavor_id)
    return {"flavor": views.flavor(found, microversions.of(call), in_full=True)}


def show_flavor_specs(call: Call, flavor_id: str) -> View:
    """Show what else is said of a flavor."""
    return {"extra_specs": flavors.show(call.who, flavor_id).specs}


def list_keypairs(call: Call) -> View:
    """List the caller's key pairs."""
    version = microversions.of(call)
    pairs = keypairs.list_of(call.who)
    return {"keypairs": [{"keypair": views.keypair(pair, version)} for pair in pairs]}


def create_keypair(call: Call, body: CreateKeyPair) -> Reply:
    """Keep a public key, or make a pair; its private half is shown in this answer only."""
    if body.keypair.type != "ssh":
        raise BadRequest("Only SSH key pairs are kept here.")
    version = microversions.of(call)
    made = keypairs.create(call.who, body.keypair.name, body.keypair.public_key)
    shown = {**views.keypair(made.pair, version), "user_id": made.pair.userid}
    if made.private_key is not None:
        shown["private_key"] = made.private_key
    return Reply(status=201 if version >= (2, 2) else 200, body={"keypair": shown})


def show_keypair(call: Call, name: str) -> View:
    """Show one key pair."""
    pair: KeyPair = keypairs.show(call.who, name)
    return {"keypair": views.keypair_in_full(pair, microversions.of(call))}


def delete_keypair(call: Call, name: str) -> Reply:
    """Forget a key pair."""
    keypairs.delete(call.who, name)
    return Reply(status=204 if microversions.of(call) >= (2, 2) else 202)


def show_limits(call: Call) -> View:
    """Show what the caller's project may use, and what it does."""
    return {"limits": {"rate": [], "absolute": limits.absolute(call.who)}}


def show_quota_set(call: Call, project_id: str) -> View:
    """Show the quota of the caller's project; of any, to administrators."""
    if project_id != call.who.project_id and not call.who.is_admin:
        raise Forbidden("The quota of another project is not shown.")
    shown = limits.quota_set(call.who, project_id)
    if call.path.rstrip("/").endswith("/detail"):
        return {"quota_set": {"id": project_id, **shown}}
    plain = {name: value["limit"] for name, value in shown.items()}
    return {"quota_set": {"id": project_id, **plain}}


def list_zones(_call: Call) -> View:
    """List availability zones: there is one."""
    zone = {"zoneName": "nova", "zoneState": {"available": True}, "hosts": None}
    return {"availabilityZoneInfo": [zone]}


def list_server_groups(_call: Call) -> View:
    """List server groups: there are none."""
    return {"server_groups": []}


def list_extensions(_call: Call) -> View:
    """List extensions: nothing here is announced that way."""
    return {"extensions": []}


def show_extension(_call: Call, alias: str) -> None:
    """Refuse: there are no extensions."""
    raise ItemNotFound(f"There is no extension '{alias}'.")


def list_instance_actions(call: Call, server_id: str) -> View:
    """Tell what was asked of a server, newest first."""
    server = servers.show(call.who, server_id)
    version = microversions.of(call)
    return {"instanceActions": [_asked(one, version) for one in server.events.all()]}


def show_instance_action(call: Call, server_id: str, request_id: str) -> View:
    """Tell how one thing that was asked of a server came out."""
    server = servers.show(call.who, server_id)
    found = server.events.filter(request_id=request_id).first()
    if found is None:
        raise ItemNotFound(f"Nothing was asked of the server with the id '{request_id}'.")
    event = {
        "event": f"compute_{found.action}",
        "start_time": _plain(found.started),
        "finish_time": _plain(found.finished),
        "result": found.result or None,
    }
    return {"instanceAction": {**_asked(found, microversions.of(call)), "events": [event]}}


def _asked(one: ServerEvent, version: microversions.Version) -> View:
    view: View = {
        "action": one.action,
        "instance_uuid": str(one.server_id),
        "request_id": one.request_id,
        "user_id": one.userid,
        "project_id": one.project,
        "start_time": _plain(one.started),
        "message": "Error" if one.result == "Error" else one.message,
    }
    if version >= (2, 58):
        view["updated_at"] = _plain(one.finished or one.started)
    return view


def _plain(moment: Any) -> str | None:
    return None if moment is None else str(moment.strftime("%Y-%m-%dT%H:%M:%S.%f"))


def list_services(call: Call) -> View:
    """Show administrators the clusters as services."""
    _only_admins(call)
    rows = Cluster.objects.order_by("id")
    return {"services": [_service(one) for one in rows]}


def _service(one: Cluster) -> View:
    return {
        "id": one.id,
        "binary": "nova-compute",
        "host": one.clustername,
        "zone": "nova",
        "status": "disabled" if one.drained else "enabled",
        "state": "down" if one.offline else "up",
        "updated_at": _plain(one.refreshed or now()),
        "disabled_reason": "drained" if one.drained else None,
        "forced_down": False,
    }


def list_hypervisors(call: Call) -> View:
    """Show administrators the clusters as hypervisors."""
    _only_admins(call)
    rows = Cluster.objects.order_by("id")
    return {"hypervisors": [_hypervisor(one) for one in rows]}


def _hypervisor(one: Cluster) -> View:
    return {
        "id": one.id,
        "hypervisor_hostname": one.clustername,
        "state": "down" if one.offline else "up",
        "status": "disabled" if one.drained else "enabled",
        "hypervisor_type": one.hypervisor,
        "hypervisor_version": 1,
        "host_ip": one.clustername,
        "service": {"id": one.id, "host": one.clustername, "disabled_reason": None},
        "vcpus": one.ctotal,
        "vcpus_used": 0,
        "memory_mb": one.mtotal,
        "memory_mb_used": max(one.mtotal - one.mfree, 0),
        "free_ram_mb": one.mfree,
        "local_gb": one.dtotal // 1024,
        "local_gb_used": max(one.dtotal - one.dfree, 0) // 1024,
        "free_disk_gb": one.dfree // 1024,
        "running_vms": one.pinst_cnt,
        "cpu_info": "",
        "current_workload": 0,
        "disk_available_least": one.dfree // 1024,
    }


def _only_admins(call: Call) -> None:
    if not call.who.is_admin:
        raise Forbidden("Only administrators may see this.")
