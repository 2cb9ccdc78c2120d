"""What clients of Cinder ask for around volumes. Spec: openstack-api 2.2, 8."""

from django.db.models import Sum

from synnefo.cyclades.api.volume.views import View, base
from synnefo.cyclades.models import Volume
from synnefo.cyclades.usecases import limits
from synnefo.kit.faults import Forbidden
from synnefo.serve.http import Call, Reply


def show_versions(_call: Call) -> Reply:
    """List the versions of this API, for clients to choose from."""
    return Reply(status=300, body=_versions())


def list_versions(_call: Call) -> View:
    """List the versions of this API."""
    return _versions()


def _versions() -> View:
    kind = "application/vnd.openstack.volume+json;version=3"
    return {
        "versions": [
            {
                "id": "v3.0",
                "status": "CURRENT",
                "version": "3.0",
                "min_version": "3.0",
                "updated": "2026-01-01T00:00:00Z",
                "links": [{"rel": "self", "href": f"{base()}/v3/"}],
                "media-types": [{"base": "application/json", "type": kind}],
            }
        ]
    }


def show_limits(call: Call) -> View:
    """Show what the caller may have and has."""
    held = limits.measures(call.who)["gigabytes"]
    count, used = _usage(call, call.who.project_id)
    absolute = {
        "maxTotalVolumes": -1,
        "maxTotalVolumeGigabytes": held.limit,
        "maxTotalSnapshots": 0,
        "maxTotalBackups": 0,
        "maxTotalBackupGigabytes": 0,
        "totalVolumesUsed": count,
        "totalGigabytesUsed": used,
        "totalSnapshotsUsed": 0,
        "totalBackupsUsed": 0,
        "totalBackupGigabytesUsed": 0,
    }
    return {"limits": {"rate": [], "absolute": absolute}}


def _usage(call: Call, project: str) -> tuple[int, int]:
    rows = Volume.objects.visible_to(call.who).filter(deleted=False, project=project)
    return rows.count(), rows.aggregate(total=Sum("size"))["total"] or 0


def show_quotas(call: Call, quota_id: str) -> View:
    """Show the limits of the caller's project, with its usage when asked; of any, to admins."""
    if quota_id != call.who.project_id and not call.who.is_admin:
        raise Forbidden("The quota of another project is not shown.")
    held = limits.measures(call.who, quota_id)["gigabytes"]
    count, used = _usage(call, quota_id)
    told = {
        "volumes": (-1, count),
        "gigabytes": (held.limit, used),
        "snapshots": (0, 0),
        "backups": (0, 0),
        "backup_gigabytes": (0, 0),
        "per_volume_gigabytes": (-1, 0),
        "groups": (0, 0),
    }
    with_usage = (call.arg("usage") or "").lower() == "true"
    shown: View = {
        name: {"limit": limit, "in_use": in_use, "reserved": 0, "allocated": 0}
        if with_usage
        else limit
        for name, (limit, in_use) in told.items()
    }
    return {"quota_set": {"id": quota_id, **shown}}


def refuse_quotas(_call: Call, quota_id: str) -> None:
    """Refuse: quota is the identity service's business."""
    raise Forbidden(f"The quota of {quota_id} is changed with snf-manage.")


def list_zones(_call: Call) -> View:
    """List the one availability zone."""
    return {"availabilityZoneInfo": [{"zoneName": "nova", "zoneState": {"available": True}}]}


def list_extensions(_call: Call) -> View:
    """List no extensions."""
    return {"extensions": []}


def list_snapshots(_call: Call) -> View:
    """List no snapshots."""
    return {"snapshots": []}


def list_backups(_call: Call) -> View:
    """List no backups."""
    return {"backups": []}
