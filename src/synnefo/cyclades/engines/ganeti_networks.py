"""Networks over the RAPI of Ganeti or snf-solo. Spec: network 9, compute 10."""

from typing import Any
from urllib.parse import quote

from synnefo.cyclades.engines.networking import NetworkFacts, NetworkSpec
from synnefo.cyclades.engines.rapi import Rapi


class GanetiNetworks:
    """The networking door, on one cluster."""

    def __init__(self, rapi: Rapi) -> None:
        self._rapi = rapi

    def create_network(self, spec: NetworkSpec) -> int:
        """Queue the making of a network."""
        body: dict[str, Any] = {
            "network_name": spec.name,
            "network": spec.subnet,
            "gateway": spec.gateway,
            "network6": spec.subnet6,
            "gateway6": spec.gateway6,
            "mac_prefix": spec.mac_prefix,
            "tags": list(spec.tags),
            "conflicts_check": False,
        }
        told = {key: value for key, value in body.items() if value is not None}
        return self._rapi.submit("POST", "/networks", told)

    def connect_network(
        self, name: str, group: str, *, mode: str, link: str, after: tuple[int, ...] = ()
    ) -> int:
        """Queue its connection to a node group."""
        body: dict[str, Any] = {
            "group_name": group,
            "network_mode": mode,
            "network_link": link,
            "conflicts_check": False,
        }
        return self._rapi.submit("PUT", f"{_network(name)}/connect", {**body, **_after(after)})

    def disconnect_network(self, name: str, group: str) -> int:
        """Queue its disconnection from a node group."""
        return self._rapi.submit("PUT", f"{_network(name)}/disconnect", {"group_name": group})

    def delete_network(self, name: str, *, after: tuple[int, ...] = ()) -> int:
        """Queue its removal."""
        return self._rapi.submit("DELETE", _network(name), _after(after))

    def guard(self, instance: str, nic: str, tag: str | None) -> int:
        """Queue another firewall tag for a card; a change of nothing then brings news of it."""
        place = f"/instances/{quote(instance, safe='')}"
        old = [
            one for one in self._rapi.get(f"{place}/tags") or [] if one.startswith(_tags_of(nic))
        ]
        jobs = [self._rapi.submit("DELETE", f"{place}/tags", None, {"tag": one}) for one in old]
        if tag is not None:
            jobs.append(self._rapi.submit("PUT", f"{place}/tags", None, {"tag": tag}))
        known = self._rapi.get(place) or {}
        body = {"os_name": known.get("os"), "depends": [[job, _ANY_END] for job in jobs]}
        return self._rapi.submit("PUT", f"{place}/modify", body)

    def groups(self) -> list[str]:
        """Answer the names of the node groups."""
        found = self._rapi.get("/groups") or []
        return [one["name"] if isinstance(one, dict) else str(one) for one in found]

    def network(self, name: str) -> NetworkFacts | None:
        """Answer one network."""
        body = self._rapi.get(_network(name))
        return None if body is None else _facts(body)

    def networks(self) -> list[NetworkFacts]:
        """Answer every network of the cluster."""
        return [_facts(body) for body in self._rapi.get("/networks", {"bulk": "1"}) or []]


_ANY_END = ["success", "error", "canceled"]


def _tags_of(nic: str) -> str:
    """Tell how all firewall tags of a card begin. Spec: network 12."""
    return f"synnefo:network:{nic}:"


def _network(name: str) -> str:
    return f"/networks/{quote(name, safe='')}"


def _after(jobs: tuple[int, ...]) -> dict[str, Any]:
    return {"depends": [[job, ["success"]] for job in jobs]} if jobs else {}


def _facts(body: dict[str, Any]) -> NetworkFacts:
    groups = body.get("group_list") or []
    return NetworkFacts(
        name=body["name"],
        subnet=body.get("network"),
        groups=tuple(one[0] if isinstance(one, list) else str(one) for one in groups),
        tags=tuple(body.get("tags") or ()),
        map=body.get("map") or "",
        external_reservations=body.get("external_reservations") or "",
    )
