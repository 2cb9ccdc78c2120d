"""Numbers about everything here, for operators. Spec: compute 16.8, 19.2."""

from typing import Any

from django.db.models import Count, Sum

from synnefo.cyclades.models import Cluster, IPAddress, Network, Server, Volume
from synnefo.cyclades.usecases import addresses

Numbers = dict[str, Any]


def of_clusters() -> Numbers:
    """Count clusters by how they stand, with their machines."""
    rows = list(Cluster.objects.all())
    return {
        "total": len(rows),
        "online": sum(not one.offline for one in rows),
        "drained": sum(one.drained for one in rows),
        "offline": sum(one.offline for one in rows),
        "memory_free_mib": sum(one.mfree for one in rows),
        "memory_total_mib": sum(one.mtotal for one in rows),
        "disk_free_mib": sum(one.dfree for one in rows),
        "disk_total_mib": sum(one.dtotal for one in rows),
    }


def of_each_cluster() -> Numbers:
    """Tell of each cluster what is free and how many servers it has."""
    living = Server.objects.filter(deleted=False).order_by()
    servers = dict(living.values_list("cluster_id").annotate(n=Count("id")))
    return {
        one.clustername: {
            "servers": servers.get(one.id, 0),
            "hypervisor": one.hypervisor,
            "disk_templates": one.disk_templates,
            "memory_free_mib": one.mfree,
            "memory_total_mib": one.mtotal,
            "drained": one.drained,
            "offline": one.offline,
        }
        for one in Cluster.objects.order_by("id")
    }


def of_servers() -> Numbers:
    """Count servers by state, with what they hold."""
    living = Server.objects.filter(deleted=False).order_by()
    held = living.aggregate(cpu=Sum("flavor__cpu"), ram=Sum("flavor__ram"))
    disks = Volume.objects.filter(deleted=False).aggregate(size=Sum("size"))
    return {
        "total": living.count(),
        "by_state": dict(living.values_list("operstate").annotate(n=Count("id"))),
        "cpu": held["cpu"] or 0,
        "ram_mib": held["ram"] or 0,
        "disk_gib": disks["size"] or 0,
        "users": living.values("userid").distinct().count(),
    }


def of_ip_pools() -> Numbers:
    """Count the addresses of the public networks."""
    public = Network.objects.live().filter(public=True)
    counts = addresses.counts(public.values_list("id", flat=True))
    return {
        f"network {one.id} ({one.name})": {
            "free": counts.get(one.id, (0, 0))[0],
            "total": counts.get(one.id, (0, 0))[1],
            "floating_ip_pool": one.floating_ip_pool,
            "drained": one.drained,
        }
        for one in public
    }


def of_networks() -> Numbers:
    """Count networks by flavor and state."""
    living = Network.objects.live().order_by()
    return {
        "total": living.count(),
        "public": living.filter(public=True).count(),
        "by_flavor": dict(living.values_list("flavor").annotate(n=Count("id"))),
        "by_state": dict(living.values_list("state").annotate(n=Count("id"))),
        "floating_ips": IPAddress.objects.live().floating().count(),
    }


def of_images() -> Numbers:
    """Count servers by the image that they were made of, the most used first."""
    living = Server.objects.filter(deleted=False).order_by()
    used = living.values_list("imageid").annotate(n=Count("id")).order_by("-n", "imageid")
    return dict(used)
