"""Clusters, flavors, images and servers for tests, with good defaults."""

import itertools
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from synnefo.blocks.filed import FiledStore
from synnefo.clients.astakos import PendingCommission, QuotaExceeded, Resolved, Standing
from synnefo.cyclades.domain.images import ShelfItem
from synnefo.cyclades.domain.server_plan import ServerOrder
from synnefo.cyclades.engines import choose
from synnefo.cyclades.engines.memory_shelf import MemoryShelf, MemoryWorld
from synnefo.cyclades.engines.simulated import World
from synnefo.cyclades.events import job_outcomes
from synnefo.cyclades.image_settings import ImageSettings
from synnefo.cyclades.jobs import settle, submit
from synnefo.cyclades.models import Cluster, Flavor, Server
from synnefo.cyclades.usecases import commissions, flavors, image_shelves
from synnefo.kit import clock, conf
from synnefo.kit.faults import ItemNotFound, OverLimit
from synnefo.kit.ids import new_uuid
from synnefo.serve import errands
from synnefo.serve.http import Caller
from synnefo.wire.job_events import JobEvent, encode
from synnefo.wire.provisions import INF, Provision

DB = "cyclades"
IMAGE = "11111111-2222-4333-8444-555555555555"
JOBS = (submit, settle)


class MemoryQuota:
    """A quota service in memory: limits of users, promises, verdicts."""

    def __init__(self, limits: dict[str, int] | None = None) -> None:
        self.limits = limits or {}
        self.used: dict[tuple[str, str], int] = {}
        self.books: dict[tuple[str, str | None, str], int] = {}
        self.waiting: dict[int, list[Provision]] = {}
        self.refuses = False
        """Whether every promise is refused, as when an undecided release is in the way."""
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def issue_commission(
        self,
        provisions: Sequence[Provision],
        *,
        name: str = "",
        force: bool = False,
        auto_accept: bool = False,
    ) -> int:
        if self.refuses:
            raise OverLimit("There is not that much to release.")
        with self._lock:
            for one in provisions:
                if one.quantity > 0 and not force:
                    self._check(one)
            serial = next(self._numbers)
            self.waiting[serial] = list(provisions)
            if auto_accept:
                self._accept(serial)
            return serial

    def _check(self, one: Provision) -> None:
        limit = self.limits.get(one.resource)
        if limit is None or not one.holder.startswith("user:"):
            return
        promised = sum(
            p.quantity
            for held in self.waiting.values()
            for p in held
            if (p.holder, p.resource) == (one.holder, one.resource) and p.quantity > 0
        )
        usage = self.used.get((one.holder, one.resource), 0) + promised
        if usage + one.quantity > limit:
            text = f"The limit of {one.resource} is {limit}."
            raise QuotaExceeded(text, provision=one, limit=limit, usage=usage)

    def _accept(self, serial: int) -> None:
        for one in self.waiting.pop(serial):
            key = (one.holder, one.resource)
            self.used[key] = self.used.get(key, 0) + one.quantity
            place = (one.holder, one.source, one.resource)
            self.books[place] = self.books.get(place, 0) + one.quantity

    def resolve_commissions(
        self, accept: Iterable[int] = (), reject: Iterable[int] = ()
    ) -> Resolved:
        done = Resolved()
        with self._lock:
            for serial in accept:
                if serial in self.waiting:
                    self._accept(serial)
                    done.accepted.append(serial)
            for serial in reject:
                if self.waiting.pop(serial, None) is not None:
                    done.rejected.append(serial)
        return done

    def get_pending(self) -> list[int]:
        return list(self.waiting)

    def commission_info(self, serial: int) -> PendingCommission:
        if serial not in self.waiting:
            raise ItemNotFound("It waits no more.")
        moment = clock.from_timestamp(0)
        return PendingCommission(serial, moment, "", self.waiting[serial])

    def service_get_quotas(
        self, users: Sequence[str] = (), projects: Sequence[str] = ()
    ) -> dict[str, dict[str, dict[str, Standing]]]:
        told: dict[str, dict[str, dict[str, Standing]]] = {}
        for (holder, source, resource), usage in self.books.items():
            user, project = holder.removeprefix("user:"), (source or "").removeprefix("project:")
            if source is None or (users and user not in users):
                continue
            if not projects or project in projects:
                standing = Standing(
                    limit=self.limits.get(resource, INF),
                    usage=usage,
                    pending=self._pending(holder, source, resource),
                )
                told.setdefault(user, {}).setdefault(project, {})[resource] = standing
        return told

    def service_get_project_quotas(
        self, projects: Sequence[str] = ()
    ) -> dict[str, dict[str, Standing]]:
        told: dict[str, dict[str, Standing]] = {}
        for (holder, source, resource), usage in self.books.items():
            project = holder.removeprefix("project:")
            if source is None and (not projects or project in projects):
                pending = self._pending(holder, None, resource)
                standing = Standing(
                    project_limit=INF, project_usage=usage, project_pending=pending
                )
                told.setdefault(project, {})[resource] = standing
        return told

    def _pending(self, holder: str, source: str | None, resource: str) -> int:
        waiting = [one for held in self.waiting.values() for one in held]
        place = (holder, source, resource)
        return sum(
            one.quantity for one in waiting if (one.holder, one.source, one.resource) == place
        )

    def of(self, user: str) -> dict[str, int]:
        """Answer what a user holds, without what is zero."""
        held = {r: q for (holder, r), q in self.used.items() if holder == f"user:{user}"}
        return {resource: quantity for resource, quantity in held.items() if quantity}


def a_caller(name: str = "ada", *, admin: bool = False) -> Caller:
    """Make somebody who calls."""
    return Caller(user_id=name, user_name=name, project_id=name, is_admin=admin, token=name)


def a_cluster(name: str = "simulated.example.org", **fields: object) -> Cluster:
    """Make a cluster with plenty of room."""
    room = 1_000_000_000
    values: dict[str, object] = {
        "clustername": name,
        "index": Cluster.objects.count(),
        "disk_templates": ["ext"],
        "mfree": room,
        "mtotal": room,
        "dfree": room,
        "dtotal": room,
        "ctotal": 100_000,
        "refreshed": clock.now(),
    }
    return Cluster.objects.create(**{**values, **fields})


def a_flavor(cpu: int = 1, ram: int = 512, disk: int = 5, **fields: object) -> Flavor:
    """Make a flavor on Archipelago."""
    kind = flavors.volume_type_of("ext_archipelago")
    return Flavor.objects.create(cpu=cpu, ram=ram, disk=disk, volume_type=kind, **fields)


def an_image(world: MemoryWorld, *, owner: str = "ada", image: str = IMAGE) -> str:
    """Put a bootable image on the shelf."""
    item = ShelfItem(
        id=image,
        owner=owner,
        container="images",
        path=f"{image}.raw",
        size=0,
        etag="",
        merkle="",
        version=0,
        changed=0,
        read=("*",) if owner == "*" else (),
        metadata={
            "plankton:name": "debian",
            "plankton:status": "ACTIVE",
            "plankton:disk_format": "diskdump",
            "plankton:container_format": "bare",
        },
    )
    world.put(item, bytes(7000))
    return image


class Stage:
    """A cloud in memory around a real database."""

    def __init__(self, blocks: Path, limits: dict[str, int] | None = None) -> None:
        self.quota = MemoryQuota(limits)
        self.shelf = MemoryWorld()
        self.world = World()
        self.cluster = a_cluster()
        self.flavor = a_flavor()
        self.image = an_image(self.shelf)
        self.blocks = blocks
        FiledStore(blocks)

    def order(self, **changes: object) -> ServerOrder:
        """Order a server of one processor."""
        values: dict[str, object] = {
            "name": "web",
            "flavor": str(self.flavor.id),
            "image": self.image,
            "networks": (),
        }
        return ServerOrder(**{**values, **changes})  # type: ignore[arg-type] # fields by name

    def run_errands(self) -> None:
        """Carry out what is queued, sweeps not."""
        for _round in range(10):
            if not errands.run_due(DB):
                return

    def run(self) -> list[JobEvent]:
        """Carry out errands, run the cluster's jobs, and hand the events in."""
        told: list[JobEvent] = []
        for _round in range(10):
            self.run_errands()
            events = self.world.run_jobs()
            if not events:
                return told
            for event in events:
                self.tell(event)
            told += events
        return told

    def tell(self, event: JobEvent) -> None:
        """Hand an event to the consumer that takes it."""
        body = encode(event)
        if event.network:
            job_outcomes.take_network_news(body)
        else:
            job_outcomes.take_server_news(body)


@contextmanager
def a_stage(blocks: Path, limits: dict[str, int] | None = None) -> Iterator[Stage]:
    """Set a stage, and clear it away."""
    stage = Stage(blocks, limits)
    commissions.install(stage.quota)
    image_shelves.install(lambda user: MemoryShelf(stage.shelf, user))
    choose.install(stage.cluster.clustername, stage.world.engine())
    with conf.override(ImageSettings, pithos_backend_block_path=str(blocks)):
        try:
            yield stage
        finally:
            commissions.install(None)
            image_shelves.install(None)
            choose.forget(stage.cluster.clustername)


def fresh(server: Server) -> Server:
    """Read a server anew."""
    return Server.objects.get(id=server.id)


def a_uuid() -> str:
    """Make an id that nothing has."""
    return new_uuid()
