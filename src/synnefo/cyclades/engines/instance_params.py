"""Our structs as Ganeti's request bodies, and its answers as our structs.

Spec: compute 10, 12; the shapes are those of Ganeti 3.0.
"""

from typing import Any

import msgspec

from synnefo.cyclades.domain.instances import (
    ClusterFacts,
    DiskSpec,
    Guest,
    InstanceFacts,
    InstanceSpec,
    JobFacts,
    NicSpec,
)

Body = dict[str, Any]


def creation(spec: InstanceSpec, extra: Body, *, hotlocking: bool, waiting: bool = False) -> Body:
    """Write the body that asks for a new instance; `extra` are the operator's parameters."""
    hvparams = extra.get("hvparams", {}).get(spec.hypervisor, {})
    body: Body = {
        "__version__": 1,
        "mode": "create",
        "name": spec.name,
        "os_type": extra.get("os", "snf-image+default"),
        "hypervisor": spec.hypervisor,
        "hvparams": hvparams,
        "disk_template": spec.disk_template,
        "disks": [disk(one) for one in spec.disks],
        "nics": [nic(one) for one in spec.nics],
        "beparams": {
            "auto_balance": True,
            "vcpus": spec.vcpus,
            "minmem": spec.memory_mib,
            "maxmem": spec.memory_mib,
        },
        "osparams": guest(spec),
        "osparams_secret": {"admin_pass": spec.guest.admin_pass},
        "ip_check": False,
        "name_check": False,
        "conflicts_check": False,
        "wait_for_sync": waiting,
        "start": True,
        "opportunistic_locking": hotlocking,
        "tags": list(spec.tags),
    }
    body |= {key: value for key, value in extra.items() if key not in {"os", "hvparams"}}
    if spec.after:
        body["depends"] = [[job, ["success"]] for job in spec.after]
    return body


def disk(spec: DiskSpec) -> Body:
    """Write one disk of a new instance."""
    body: Body = {"name": spec.name, "size": spec.size_mib, **spec.extra}
    if spec.provider:
        body["provider"] = spec.provider
    if spec.origin:
        body["origin"] = spec.origin
    if spec.origin_size:
        body["origin_size"] = str(spec.origin_size)
    return body


def nic(spec: NicSpec) -> Body:
    """Write one network card; mode and link are those of its network, Ganeti takes no others."""
    body: Body = {"name": spec.name, "network": spec.network}
    for key in ("ip", "mac"):
        value = getattr(spec, key)
        if value:
            body[key] = value
    return body


def guest(spec: InstanceSpec) -> dict[str, str]:
    """Write what the guest is told; the password travels apart."""
    told: Guest = spec.guest
    return {
        "img_id": spec.image_id,
        "img_format": spec.image_format,
        "img_properties": _json(spec.image_properties),
        "server_uuid": told.server_uuid,
        "hostname": told.hostname,
        "ssh_keys": _json(told.ssh_keys),
        "user_data": told.user_data,
        "personality": _json(told.personality),
        "meta": _json(told.meta),
        "project_id": told.project_id,
    }


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def instance_facts(body: Body) -> InstanceFacts:
    """Read an instance as the cluster reports it."""
    beparams = body.get("beparams") or {}
    return InstanceFacts(
        name=body["name"],
        running=bool(body.get("oper_state")),
        status=body.get("status") or "",
        node=body.get("pnode") or "",
        vcpus=int(beparams.get("vcpus") or 0),
        memory_mib=int(beparams.get("maxmem") or beparams.get("memory") or 0),
        network_port=body.get("network_port"),
        nics=tuple(_nics(body)),
        disks=tuple(_disks(body)),
        tags=tuple(body.get("tags") or ()),
        created=float(body.get("ctime") or 0),
        changed=float(body.get("mtime") or 0),
    )


def _nics(body: Body) -> list[NicSpec]:
    names = body.get("nic.names") or []
    return [
        NicSpec(
            name=name or f"unknown-nic-{index}",
            network=_at(body, "nic.networks.names", index) or "",
            ip=_at(body, "nic.ips", index),
            mac=_at(body, "nic.macs", index),
            mode=_at(body, "nic.modes", index),
            link=_at(body, "nic.links", index),
            ssh_port=_at(body, "nic.ssh_ports", index),
        )
        for index, name in enumerate(names)
    ]


def _disks(body: Body) -> list[DiskSpec]:
    names = body.get("disk.names") or []
    return [
        DiskSpec(name=name or "", size_mib=int(_at(body, "disk.sizes", index) or 0))
        for index, name in enumerate(names)
    ]


def _at(body: Body, key: str, index: int) -> Any:
    values = body.get(key) or []
    return values[index] if index < len(values) else None


def job_facts(body: Body) -> JobFacts | None:
    """Read a job; None for one that the cluster does not know (all its fields are null)."""
    if body.get("status") is None:
        return None
    ops = body.get("ops") or [{}]
    ended = body.get("end_ts")
    reason, code = failure(body.get("opresult"))
    last = ops[-1] if ops else {}
    size = last.get("beparams") or {}
    return JobFacts(
        id=int(body["id"]),
        status=str(body["status"]),
        opcode=str(last.get("OP_ID", "")),
        instance=str(last.get("instance_name") or ""),
        reason=reason if body["status"] == "error" else "",
        code=code,
        ended=ended[0] + ended[1] / 1_000_000 if ended else None,
        vcpus=size.get("vcpus"),
        memory_mib=size.get("maxmem") or size.get("memory"),
    )


def failure(opresult: Any) -> tuple[str, str]:
    """Read why a job failed, and Ganeti's code for it, from its operations' results."""
    results = opresult if isinstance(opresult, list) else []
    if results and isinstance(results[0], str):
        results = [results]
    for result in results:
        if not (isinstance(result, list) and len(result) == 2 and isinstance(result[0], str)):
            continue
        told = result[1] if isinstance(result[1], list) else [result[1]]
        if result[0].endswith("Error") and told:
            code = told[1] if len(told) > 1 and isinstance(told[1], str) else ""
            return str(told[0]), code
    return "", ""


def cluster_facts(info: Body, nodes: list[Body]) -> ClusterFacts:
    """Add up the room of a cluster's usable nodes. Spec: compute 9.2."""
    usable = [
        node
        for node in nodes
        if node.get("vm_capable", True)
        and not node.get("drained")
        and not node.get("offline")
        and node.get("cnodes")
    ]

    def total(key: str) -> int:
        return sum(int(node.get(key) or 0) for node in usable)

    enabled = info.get("enabled_disk_templates") or []
    policy = (info.get("ipolicy") or {}).get("disk-templates")
    return ClusterFacts(
        name=str(info.get("name", "")),
        disk_templates=tuple(one for one in enabled if policy is None or one in policy),
        mfree=total("mfree"),
        mtotal=total("mtotal"),
        dfree=total("dfree"),
        dtotal=total("dtotal"),
        pinst_cnt=total("pinst_cnt"),
        ctotal=total("ctotal"),
    )
