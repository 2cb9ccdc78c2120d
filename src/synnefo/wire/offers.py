"""What the standard components offer, as the identity service registers it.

Identity must know it without them: it registers components of other hosts. Bricks name their
part in `brick.py`, which is read before Django is set up, so this module imports no rooms but
`kit`. Spec: identity 16.11, 17.1; object-storage 2.1.
"""

from typing import Any, NamedTuple

from synnefo.kit.units import GIB

Definitions = list[dict[str, Any]]


class Offer(NamedTuple):
    """A component's services, and those of its resources that no service holds."""

    services: Definitions
    resources: Definitions


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


ASTAKOS = Offer(
    services=[
        {
            "name": "astakos_account",
            "type": "account",
            "component": "astakos",
            "prefix": "account",
            "endpoints": [{"versionId": "v1.0", "publicURL": None, "SNF:exposeVersion": True}],
        },
        {
            "name": "astakos_identity",
            "type": "identity",
            "component": "astakos",
            "prefix": "identity",
            "endpoints": [{"versionId": "v2.0", "publicURL": None, "SNF:exposeVersion": True}],
        },
        {
            "name": "astakos_weblogin",
            "type": "astakos_weblogin",
            "component": "astakos",
            "prefix": "weblogin",
            "endpoints": [{"versionId": "", "publicURL": None, "SNF:exposeVersion": False}],
        },
        {
            "name": "astakos_oauth2",
            "type": "astakos_auth",
            "component": "astakos",
            "prefix": "oauth2",
            "endpoints": [{"versionId": "", "publicURL": None, "SNF:exposeVersion": False}],
        },
        {
            "name": "astakos_ui",
            "type": "astakos_ui",
            "component": "astakos",
            "prefix": "ui",
            "public": False,
            "endpoints": [{"versionId": "", "publicURL": None, "SNF:exposeVersion": False}],
        },
        {
            "name": "keystone",
            "type": "identity",
            "component": "astakos",
            "catalog": "openstack",
            "path": "identity/v3",
            "endpoints": [{"versionId": "v3"}],
        },
    ],
    resources=[
        {
            "name": "astakos.pending_app",
            "desc": "Project applications that wait for an answer",
            "service_type": "account",
            "service_origin": "astakos_account",
            "unit": None,
            "ui_visible": False,
            "api_visible": False,
        },
    ],
)

PITHOS = Offer(
    services=[
        {
            "name": "pithos_object-store",
            "type": "object-store",
            "component": "pithos",
            "prefix": "object-store",
            "endpoints": [{"versionId": "v1", "publicURL": None, "SNF:exposeVersion": True}],
            "resources": {
                "diskspace": {
                    "name": "pithos.diskspace",
                    "desc": "Disk space of files in object storage",
                    "service_type": "object-store",
                    "service_origin": "pithos_object-store",
                    "unit": "bytes",
                    "system_default": 50 * GIB,
                }
            },
        },
        {
            "name": "pithos_public",
            "type": "pithos_public",
            "component": "pithos",
            "prefix": "public",
            "public": False,
            "endpoints": [{"versionId": "", "publicURL": None, "SNF:exposeVersion": False}],
        },
        {
            "name": "pithos_ui",
            "type": "pithos_ui",
            "component": "pithos",
            "prefix": "ui",
            "public": False,
            "endpoints": [{"versionId": "", "publicURL": None, "SNF:exposeVersion": False}],
        },
        {
            "name": "swift",
            "type": "object-store",
            "component": "pithos",
            "catalog": "openstack",
            "path": "v1/AUTH_%(project_id)s",
            "endpoints": [{"versionId": "v1"}],
        },
    ],
    resources=[],
)

CYCLADES = Offer(
    services=[
        _platform("cyclades_compute", "compute", "compute", "v2.0", shown=True),
        _platform("cyclades_plankton", "image", "image", "v1.0", shown=False),
        _platform("cyclades_network", "network", "network", "v2.0", shown=False),
        _openstack("nova", "compute", "compute/v2.1", "v2.1"),
        _openstack("glance", "image", "image", "v2"),
        _openstack("neutron", "network", "network", "v2.0"),
        _openstack("cinder", "block-storage", "volume/v3", "v3"),
        _openstack("cinderv3", "volumev3", "volume/v3", "v3"),
    ],
    resources=[
        _resource("cyclades.vm", "Machines", 10),
        _resource("cyclades.cpu", "Processors of running machines", 20),
        _resource("cyclades.total_cpu", "Processors of all machines", 40, shown=False),
        _resource("cyclades.ram", "Memory of running machines", 32 * GIB, unit="bytes"),
        _resource(
            "cyclades.total_ram", "Memory of all machines", 64 * GIB, unit="bytes", shown=False
        ),
        _resource("cyclades.disk", "Size of all disks", 500 * GIB, unit="bytes"),
        _resource("cyclades.network.private", "Private networks", 10),
        _resource("cyclades.floating_ip", "Public addresses", 5),
    ],
)

OFFERS = {"astakos": ASTAKOS, "cyclades": CYCLADES, "pithos": PITHOS}
