"""Finding services in a catalogue. Spec: identity 19."""

from typing import Any

from astakosclient.errors import NoEndpoints

_IN_ENDPOINT = ("region", "versionId")


def parse_endpoints(  # noqa: PLR0917 - programs pass them by position
    response: dict[str, Any],
    ep_name: str | None = None,
    ep_type: str | None = None,
    ep_region: str | None = None,
    ep_version_id: str | None = None,
) -> list[dict[str, Any]]:
    """Answer the entries of a catalogue that fit, each with only the endpoints that fit.

    Raises NoEndpoints when nothing fits.
    """
    wanted = {"region": ep_region, "versionId": ep_version_id}
    found = []
    for entry in response.get("access", {}).get("serviceCatalog", []):
        if ep_name not in {None, entry.get("name")} or ep_type not in {None, entry.get("type")}:
            continue
        fitting = [each for each in entry.get("endpoints", []) if _fits(each, wanted)]
        if fitting:
            found.append({**entry, "endpoints": fitting})
    if not found:
        raise NoEndpoints(
            ep_name=ep_name, ep_type=ep_type, ep_region=ep_region, ep_version_id=ep_version_id
        )
    return found


def _fits(endpoint: dict[str, Any], wanted: dict[str, str | None]) -> bool:
    return all(wanted[key] in {None, endpoint.get(key)} for key in _IN_ENDPOINT)
