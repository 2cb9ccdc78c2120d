"""Fills a cloud's database of servers, quicker than its API could; run beside the cloud.

usage: python -m benchmarks.cyclades_fill < WISH

WISH is JSON: `servers`, the `users` that own them in turn, the `clusters` that they lie on, the
`image` that they were made of, and `serials`: with one for each server, every server is stopped
and waits for a job of its own number that starts it. It tells the ids of the first and the last.
"""

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import django
import msgspec

django.setup()

from synnefo.cyclades.domain.ports import PortState  # noqa: E402 - the tables come after set-up
from synnefo.cyclades.domain.server_states import Action, State, Task  # noqa: E402
from synnefo.cyclades.models import (  # noqa: E402
    Cluster,
    Flavor,
    Network,
    Port,
    QuotaHolderSerial,
    Server,
    Volume,
)
from synnefo.kit import clock, ids  # noqa: E402

BATCH = 5000
EPOCH = datetime.fromtimestamp(0, UTC)


class Wish(msgspec.Struct):
    """What to make."""

    servers: int
    users: list[str]
    clusters: list[int] = []
    image: str = ""
    serials: list[int] = []


def fill(wish: Wish) -> tuple[int, int]:
    """Make servers, each with a volume and a card on its owner's network."""
    moment = clock.now()
    QuotaHolderSerial.objects.bulk_create(
        (QuotaHolderSerial(serial=serial, issued=moment) for serial in wish.serials), BATCH
    )
    networks = _networks(wish.users)
    found: list[int] = []
    for first in range(0, wish.servers, BATCH):
        numbers = range(first, min(first + BATCH, wish.servers))
        made = Server.objects.bulk_create(_servers(wish, numbers))
        Volume.objects.bulk_create(_volumes(made))
        Port.objects.bulk_create(_port(server, networks[server.userid]) for server in made)
        found += [made[0].id, made[-1].id]
    return found[0], found[-1]


def _networks(users: Sequence[str]) -> dict[str, Network]:
    made = Network.objects.bulk_create(
        Network(
            name="bench",
            userid=user,
            project=user,
            flavor="CUSTOM",
            mac_prefix="aa:00",
            state="ACTIVE",
            charged=True,
        )
        for user in users
    )
    return dict(zip(users, made, strict=True))


def _servers(wish: Wish, numbers: Sequence[int]) -> Iterator[Server]:
    flavor = Flavor.objects.select_related("volume_type").order_by("id")[0]
    clusters = wish.clusters or list(Cluster.objects.values_list("id", flat=True))
    moment = clock.now()
    for number in numbers:
        user = wish.users[number % len(wish.users)]
        waits = bool(wish.serials)
        yield Server(
            uuid=ids.new_uuid(),
            name=f"bench-{number}",
            userid=user,
            project=user,
            cluster_id=clusters[number % len(clusters)],
            flavor=flavor,
            imageid=wish.image,
            created=moment,
            updated=moment,
            launched=moment,
            backendtime=EPOCH,
            buildpercentage=100,
            operstate=State.STOPPED if waits else State.STARTED,
            action=Action.START if waits else Action.CREATE,
            task=Task.START if waits else None,
            task_since=moment if waits else None,
            serial_id=wish.serials[number] if waits else None,
        )


def _volumes(servers: Sequence[Server]) -> Iterator[Volume]:
    for server in servers:
        yield Volume(
            uuid=ids.new_uuid(),
            userid=server.userid,
            project=server.project,
            size=server.flavor.disk,
            volume_type=server.flavor.volume_type,
            status="IN_USE",
            server=server,
            index=0,
            backendjobid=1,
            created=server.created,
            updated=server.created,
        )


def _port(server: Server, network: Network) -> Port:
    return Port(
        userid=server.userid,
        server=server,
        network=network,
        index=0,
        mac=mac(server.id),
        state=PortState.ACTIVE,
        device_owner="vm",
    )


def mac(number: int) -> str:
    """Make the address of a server's card."""
    return ":".join(f"{byte:02x}" for byte in b"\xaa\x00" + number.to_bytes(4, "big"))


def main() -> int:
    """Read the wish, fill, tell the first and the last id."""
    first, last = fill(msgspec.json.decode(sys.stdin.buffer.read(), type=Wish))
    sys.stdout.write(msgspec.json.encode({"first": first, "last": last}).decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
