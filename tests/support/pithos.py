"""Storage for tests: a quota service in memory, a block store in a folder, callers and bodies."""

import io
import threading
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from synnefo.clients.astakos import PendingCommission, QuotaExceeded, Resolved, Standing
from synnefo.kit.faults import ItemNotFound
from synnefo.serve.http.auth import Caller
from synnefo.serve.http.stream import BodySource
from synnefo.wire.provisions import Provision

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class MemoryQuota:
    """A quota service with one limit for every holding, right under concurrency."""

    def __init__(self, limit: int = 2**60) -> None:
        self.limit = limit
        self.usage: dict[tuple[str, str], int] = {}
        self.pending: dict[int, list[Provision]] = {}
        self.calls = 0
        self._lock = threading.Lock()
        self._next = 0

    def issue_commission(
        self,
        provisions: Sequence[Provision],
        *,
        name: str = "",
        force: bool = False,
        auto_accept: bool = False,
    ) -> int:
        """Promise what fits."""
        with self._lock:
            self.calls += 1
            for one in provisions:
                reach = self.most(one) + one.quantity
                if one.quantity > 0 and not force and reach > self.limit:
                    raise QuotaExceeded(
                        "over", provision=one, limit=self.limit, usage=self.most(one)
                    )
            self._next += 1
            self.pending[self._next] = list(provisions)
            serial = self._next
        if auto_accept:
            self.resolve_commissions(accept=[serial])
        return serial

    def most(self, one: Provision) -> int:
        """Tell what a holding may come to, were every promise accepted."""
        key = (one.holder, one.source or "")
        waiting = (p for known in self.pending.values() for p in known)
        promised = sum(
            p.quantity for p in waiting if (p.holder, p.source or "") == key and p.quantity > 0
        )
        return self.usage.get(key, 0) + promised

    def resolve_commissions(
        self, accept: Iterable[int] = (), reject: Iterable[int] = ()
    ) -> Resolved:
        """Settle promises."""
        accepted, rejected = [], []
        with self._lock:
            for serial in accept:
                for one in self.pending.pop(serial, []):
                    key = (one.holder, one.source or "")
                    self.usage[key] = self.usage.get(key, 0) + one.quantity
                accepted.append(serial)
            for serial in reject:
                self.pending.pop(serial, None)
                rejected.append(serial)
        return Resolved(accepted, rejected)

    def get_pending(self) -> list[int]:
        """List what waits."""
        return sorted(self.pending)

    def commission_info(self, serial: int) -> PendingCommission:
        """Show what waits."""
        if serial not in self.pending:
            raise ItemNotFound("gone")
        return PendingCommission(serial, LONG_AGO, "", self.pending[serial])

    def service_get_quotas(
        self, users: Sequence[str] = (), projects: Sequence[str] = ()
    ) -> dict[str, dict[str, dict[str, Standing]]]:
        """Tell how users stand."""
        found: dict[str, dict[str, dict[str, Standing]]] = {}
        for (holder, source), usage in self.usage.items():
            if holder.startswith("user:"):
                standing = Standing(limit=self.limit, usage=usage)
                place = found.setdefault(holder.removeprefix("user:"), {})
                place[source.removeprefix("project:")] = {"pithos.diskspace": standing}
        return found

    def used_by(self, user: str, project: str = "") -> int:
        """Tell a user's accepted usage."""
        return self.usage.get((f"user:{user}", f"project:{project or user}"), 0)


def a_caller(user_id: str, *, project: str = "", service: bool = False) -> Caller:
    """Make somebody who calls."""
    return Caller(
        user_id=user_id, user_name="ada@example.org", project_id=project, is_service=service
    )


def a_body(data: bytes, *, announced: int | None = -1) -> BodySource:
    """Make a request's body; `announced` None is chunked, another number lies."""
    meta: dict[str, object] = {"wsgi.input": io.BytesIO(data)}
    if announced is None:
        meta["HTTP_TRANSFER_ENCODING"] = "chunked"
    else:
        meta["CONTENT_LENGTH"] = str(len(data) if announced == -1 else announced)
    return BodySource(meta, limit=5 * 2**30)
