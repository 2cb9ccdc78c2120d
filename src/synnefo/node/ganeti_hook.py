"""`snf-ganeti-hook`: tells an instance's network cards from inside Ganeti's jobs.

Link it into /etc/ganeti/hooks/instance-{add,start,reboot,modify}-post.d. Spec: compute 11.3.
"""

import os
import socket
import sys
from collections.abc import Mapping

from synnefo.bus.port import Bus, BusUnreachable
from synnefo.kit import clock, conf
from synnefo.kit.logs import configure, get_logger
from synnefo.node.node_bus import NodeBusSettings, open_node_bus
from synnefo.node.solo.packet_rules import eui64, profile_of
from synnefo.wire import job_events
from synnefo.wire.job_events import NetStatus

log = get_logger(__name__)

Environ = Mapping[str, str]
TRIES = 2
"""How often each broker is tried: Ganeti's job waits for this program."""
_OURS = frozenset({"instance-add", "instance-start", "instance-reboot", "instance-modify"})


class BadEnvironment(Exception):
    """This is not what Ganeti calls a hook with."""


def message(environ: Environ) -> NetStatus | None:
    """Make the message of a hook's call; None where it is not for this node to tell."""
    path, phase = environ.get("GANETI_HOOKS_PATH"), environ.get("GANETI_HOOKS_PHASE")
    if path not in _OURS or phase != "post":
        return None
    if environ.get("GANETI_MASTER") != socket.gethostname():
        return None
    name = environ.get("GANETI_INSTANCE_NAME")
    if not name:
        raise BadEnvironment("GANETI_INSTANCE_NAME is not set.")
    return NetStatus(
        type="ganeti-net-status",
        instance=name,
        event_time=job_events.split_time(clock.now().timestamp()),
        nics=_nics(environ),
    )


def _nics(environ: Environ) -> list[dict[str, str | None]]:
    """Read the cards; Ganeti numbers them from 0 without gaps."""
    try:
        count = int(environ.get("GANETI_INSTANCE_NIC_COUNT", ""))
    except ValueError as error:
        raise BadEnvironment("GANETI_INSTANCE_NIC_COUNT is no number.") from error
    tags = environ.get("GANETI_INSTANCE_TAGS", "").split()
    for index in range(count):
        if f"GANETI_INSTANCE_NIC{index}_MAC" not in environ:
            raise BadEnvironment(f"There are {count} cards, but nothing of number {index}.")
    return [_nic(environ, index, tags) for index in range(count)]


def _nic(environ: Environ, index: int, tags: list[str]) -> dict[str, str | None]:
    def told(key: str) -> str | None:
        return environ.get(f"GANETI_INSTANCE_NIC{index}_{key}") or None

    mac, subnet6 = told("MAC") or "", told("NETWORK_SUBNET6")
    profile = profile_of(tags, [told("NAME") or "", told("UUID") or "", str(index)])
    return {
        "name": told("NAME"),
        "ip": told("IP"),
        "mac": mac,
        "link": told("BRIDGE") or told("LINK"),
        "network": told("NETWORK_NAME") or told("NETWORK"),
        "ipv6": eui64(subnet6, mac) if subnet6 and mac else None,
        "firewall": profile if profile != "unprotected" else None,
    }


def send(bus: Bus, status: NetStatus) -> None:
    """Publish a message; BusUnreachable when no broker takes it."""
    key = job_events.routing_key("net", job_events.prefix_of(status.instance))
    bus.publish(job_events.EXCHANGE, key, job_events.encode(status))


def main() -> int:
    """Run as Ganeti's hook: a failure is told to Ganeti's log and changes nothing."""
    configure("snf-ganeti-hook")
    try:
        status = message(os.environ)
        if status is None:
            return 0
        settings = conf.load().of(NodeBusSettings)
        bus = open_node_bus(settings, attempts=TRIES * len(settings.amqp_hosts))
        send(bus, status)
        bus.close()
    except (BadEnvironment, BusUnreachable, conf.SettingsError) as error:
        sys.stderr.write(f"snf-ganeti-hook: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
