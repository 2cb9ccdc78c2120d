"""What Cyclades brings to the web project.

This module is read before Django is set up: modules are named as strings, never imported here.
"""

from synnefo.cyclades.image_settings import ImageSettings
from synnefo.cyclades.network_settings import NetworkSettings
from synnefo.cyclades.settings import CycladesSettings
from synnefo.kit.units import GIB

default_settings = [CycladesSettings, NetworkSettings, ImageSettings]
web_apps = ["synnefo.cyclades"]
urls = ["synnefo.cyclades.api.identity", "synnefo.cyclades.api.urls"]
jobs = [
    "synnefo.cyclades.jobs.submit",
    "synnefo.cyclades.jobs.settle",
    "synnefo.cyclades.jobs.networks",
    "synnefo.cyclades.jobs.images",
]
consumers = ["synnefo.cyclades.events.job_outcomes"]


def _platform(
    name: str, kind: str, prefix: str, version: str, *, shown: bool
) -> dict[str, object]:
    endpoint = {"versionId": version, "publicURL": None, "SNF:exposeVersion": shown}
    return {
        "name": name,
        "type": kind,
        "component": "cyclades",
        "prefix": prefix,
        "endpoints": [endpoint],
    }


def _openstack(name: str, kind: str, path: str, version: str) -> dict[str, object]:
    return {
        "name": name,
        "type": kind,
        "component": "cyclades",
        "catalog": "openstack",
        "path": path,
        "endpoints": [{"versionId": version}],
    }


services: list[dict[str, object]] = [
    _platform("cyclades_compute", "compute", "compute", "v2.0", shown=True),
    _platform("cyclades_plankton", "image", "image", "v1.0", shown=False),
    _platform("cyclades_network", "network", "network", "v2.0", shown=False),
    _openstack("nova", "compute", "compute/v2.1", "v2.1"),
    _openstack("glance", "image", "image", "v2"),
    _openstack("neutron", "network", "network", "v2.0"),
    _openstack("cinder", "block-storage", "volume/v3", "v3"),
    _openstack("cinderv3", "volumev3", "volume/v3", "v3"),
]


def _resource(
    name: str, desc: str, default: int, *, unit: str | None = None, shown: bool = True
) -> dict[str, object]:
    network = name in {"cyclades.network.private", "cyclades.floating_ip"}
    return {
        "name": name,
        "desc": desc,
        "service_type": "network" if network else "compute",
        "service_origin": "cyclades_network" if network else "cyclades_compute",
        "unit": unit,
        "ui_visible": shown,
        "api_visible": shown,
        "system_default": default,
    }


resources: list[dict[str, object]] = [
    _resource("cyclades.vm", "Machines", 10),
    _resource("cyclades.cpu", "Processors of running machines", 20),
    _resource("cyclades.total_cpu", "Processors of all machines", 40, shown=False),
    _resource("cyclades.ram", "Memory of running machines", 32 * GIB, unit="bytes"),
    _resource("cyclades.total_ram", "Memory of all machines", 64 * GIB, unit="bytes", shown=False),
    _resource("cyclades.disk", "Size of all disks", 500 * GIB, unit="bytes"),
    _resource("cyclades.network.private", "Private networks", 10),
    _resource("cyclades.floating_ip", "Public addresses", 5),
]
