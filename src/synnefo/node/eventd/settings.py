"""Settings of `snf-ganeti-eventd`."""

import msgspec


class EventdSettings(msgspec.Struct, frozen=True, rename=str.upper):
    """Where Ganeti keeps its things on this node, and how news of it travel."""

    eventd_ganeti_dir: str = "/var/lib/ganeti"
    """Ganeti's data: its job queue and what it knows of the master."""

    eventd_query_socket: str = "/var/run/ganeti/socket/ganeti-query"
    """Ganeti's socket for questions about instances."""

    eventd_state: str = "/var/lib/snf-ganeti-eventd/told"
    """File that remembers up to when everything was told; its age is what a start makes up for."""

    eventd_catch_up: int = 900
    """Seconds whose jobs are told again by a node that becomes the master."""

    eventd_prefixes: tuple[str, ...] = ("snf",)
    """Name prefixes whose queues are declared, so that early news are kept."""
