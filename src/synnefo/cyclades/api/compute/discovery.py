"""Which dialects there are. No token is needed. Spec: compute 4.17, openstack-api 2.2."""

from typing import Any

from synnefo.cyclades.api.compute import links, microversions
from synnefo.serve.http import Call

View = dict[str, Any]


def list_versions(_call: Call) -> View:
    """List both dialects."""
    return {"versions": [_legacy(), _nova()]}


def show_legacy(_call: Call) -> View:
    """Describe the older dialect."""
    return {"version": _described(_legacy())}


def show_nova(_call: Call) -> View:
    """Describe the newer dialect and its range of microversions."""
    return {"version": _described(_nova())}


def _legacy() -> View:
    return {
        "id": "v2.0",
        "status": "SUPPORTED",
        "version": "",
        "min_version": "",
        "updated": "2011-01-21T11:33:21Z",
        "links": [{"rel": "self", "href": f"{links.base(links.LEGACY)}/"}],
    }


def _nova() -> View:
    return {
        "id": "v2.1",
        "status": "CURRENT",
        "version": microversions.text(microversions.MAXIMUM),
        "min_version": microversions.text(microversions.MINIMUM),
        "updated": "2013-07-23T11:33:21Z",
        "links": [{"rel": "self", "href": f"{links.base(links.NOVA)}/"}],
    }


def _described(version: View) -> View:
    described = {
        "rel": "describedby",
        "type": "text/html",
        "href": "https://docs.openstack.org/api-ref/compute/",
    }
    kind = f"application/vnd.openstack.compute+json;version={version['id'][1:]}"
    return {
        **version,
        "links": [*version["links"], described],
        "media-types": [{"base": "application/json", "type": kind}],
    }
