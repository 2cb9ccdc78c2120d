"""The door to the networks of a cluster. Adapters: `ganeti`, `simulated`."""

from typing import Protocol

import msgspec


class NetworkSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A network as a cluster needs it."""

    name: str
    subnet: str
    gateway: str | None = None
    subnet6: str | None = None
    gateway6: str | None = None
    mac_prefix: str | None = None
    tags: tuple[str, ...] = ()


class NetworkFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A network as its cluster reports it; `groups` are the node groups it is connected to."""

    name: str
    subnet: str | None = None
    groups: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    map: str = ""
    external_reservations: str = ""


class NetworkEngine(Protocol):
    """What a cluster can do with networks; changes answer the number of a job.

    Every method may raise `EngineUnreachable` (try again) or `EngineRefused` (for good). A job
    that creates a network which exists fails with `already_exists`: a success for the caller.
    """

    def create_network(self, spec: NetworkSpec) -> int:
        """Queue the making of a network."""
        ...

    def connect_network(
        self, name: str, group: str, *, mode: str, link: str, after: tuple[int, ...] = ()
    ) -> int:
        """Queue its connection to a node group, once the jobs `after` have succeeded."""
        ...

    def disconnect_network(self, name: str, group: str) -> int:
        """Queue its disconnection from a node group."""
        ...

    def delete_network(self, name: str, *, after: tuple[int, ...] = ()) -> int:
        """Queue its removal, once the jobs `after` have succeeded."""
        ...

    def guard(self, instance: str, nic: str, tag: str | None) -> int:
        """Queue another firewall tag for a card, or none, and news about its instance."""
        ...

    def groups(self) -> list[str]:
        """Answer the names of the cluster's node groups."""
        ...

    def network(self, name: str) -> NetworkFacts | None:
        """Answer one network; None when there is none."""
        ...

    def networks(self) -> list[NetworkFacts]:
        """Answer every network of the cluster."""
        ...
