"""The services that Pithos offers, as the registry wants to know them.

Spec: object-storage 2.1. Read before Django is set up, so it imports nothing.
"""

from typing import Any

SERVICES: list[dict[str, Any]] = [
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
                "system_default": 50 * 2**30,
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
]
