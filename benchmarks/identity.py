"""Signing in, tokens and the catalogue: Astakos against Keystone, in the same run.

usage: python -m benchmarks.identity [--seconds 5] [--rounds 3] [--threads N]

Both serve Identity v3 with two worker processes from the same PostgreSQL server to the same
client. Keystone runs under uwsgi with fernet tokens and its caches on memcached. The hashes cost
the same: bcrypt with 8 rounds there, argon2 with our default here, which takes a little longer.
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import msgspec

from benchmarks import astakos_web, keystone_peer, postgres, wrk
from benchmarks.processes import cpu_seconds

RATIOS = {"password": 1.5, "token": 5.0, "check": 10.0, "catalogue": 10.0}
WORDS = {
    "password": "token from a password",
    "token": "token from a token",
    "check": "token check",
    "catalogue": "catalogue",
}
CROWD = 32
CLIENTS = 8
SLOWER = 3.0
"""How many times our slowest hundredth of answers Keystone's must take."""
LUA = """
wrk.method = METHOD
wrk.headers["Content-Type"] = "application/json"
wrk.body = BODY
"""


class Identity:
    """One identity service under test."""

    def __init__(self, name: str, url: str, login: dict[str, object], pids: list[int]) -> None:
        self.name = name
        self.url = url
        self.pids = pids
        self.login = login
        body = json.dumps({"auth": login}).encode()
        head = {"Content-Type": "application/json"}
        with urlopen(Request(f"{url}/auth/tokens", body, head)) as answer:
            self.token = answer.headers["X-Subject-Token"]

    def load(self, kind: str, folder: Path, seconds: float, clients: int) -> wrk.Load:
        """Ask for one kind of thing again and again."""
        token = f"X-Auth-Token: {self.token}"
        if kind == "catalogue":
            return wrk.run(f"{self.url}/auth/catalog", seconds, clients=clients, headers=[token])
        address = f"{self.url}/auth/tokens"
        if kind == "check":
            both = [token, f"X-Subject-Token: {self.token}"]
            return wrk.run(address, seconds, clients=clients, headers=both)
        script = folder / f"{self.name}-{kind}.lua"
        body = json.dumps({"auth": self._wish(kind)})
        script.write_text(LUA.replace("METHOD", '"POST"').replace("BODY", json.dumps(body)))
        return wrk.run(address, seconds, clients=clients, script=script)

    def _wish(self, kind: str) -> dict[str, object]:
        if kind == "password":
            return self.login
        identity = {"methods": ["token"], "token": {"id": self.token}}
        return {"identity": identity, "scope": self.login["scope"]}


class Figures(msgspec.Struct):
    """What was measured of one service: requests a second, ms of processor, p99 in a crowd."""

    rate: dict[str, list[float]] = msgspec.field(default_factory=dict)
    cost: dict[str, list[float]] = msgspec.field(default_factory=dict)
    slowest: dict[str, list[float]] = msgspec.field(default_factory=dict)


@contextmanager
def services(folder: Path, threads: int) -> Iterator[list[Identity]]:
    """Start both on one PostgreSQL; without memcached ours runs alone."""
    with ExitStack() as stack:
        database = stack.enter_context(postgres.running())
        web = stack.enter_context(astakos_web.running(folder / "ours", database))
        person = web.filled.people[0]
        login = _login(person.email, astakos_web.PASSWORD, {"id": person.uuid})
        pids = [web.pid, database.pid]
        found = [Identity("astakos", f"{web.url}/identity/v3", login, pids)]
        if keystone_peer.is_installable():
            size = {"workers": astakos_web.WORKERS, "threads": threads}
            peer = stack.enter_context(
                keystone_peer.running(folder / "keystone", database, **size)
            )
            project = {"name": peer.project, "domain": {"id": "default"}}
            login = _login(peer.user, keystone_peer.PASSWORD, project)
            pids = [*peer.pids, database.pid]
            found.append(Identity("keystone", peer.url, login, pids))
        else:
            sys.stdout.write("  memcached is missing: no Keystone and no ratios in this run\n")
        yield found


def _login(name: str, password: str, project: dict[str, object]) -> dict[str, object]:
    user = {"name": name, "domain": {"id": "default"}, "password": password}
    identity = {"methods": ["password"], "password": {"user": user}}
    return {"identity": identity, "scope": {"project": project}}


def measure(one: Identity, into: Figures, folder: Path, seconds: float) -> None:
    """Measure one service once: every kind with a few clients, then with many."""
    for kind in RATIOS:
        before = cpu_seconds(*one.pids)
        load = one.load(kind, folder, seconds, CLIENTS)
        cost = (cpu_seconds(*one.pids) - before) / load.requests * 1000
        into.rate.setdefault(kind, []).append(load.rate)
        into.cost.setdefault(kind, []).append(cost)
        crowd = one.load(kind, folder, seconds, CROWD)
        into.slowest.setdefault(kind, []).append(crowd.p99)


def show(figures: dict[str, Figures]) -> bool:
    """Print medians and ratios; tell whether all that is wanted is reached."""
    met = True
    for kind, wanted in RATIOS.items():
        rate, cost, slowest = (
            {
                name: statistics.median(getattr(found, what)[kind])
                for name, found in figures.items()
            }
            for what in ("rate", "cost", "slowest")
        )
        told = f"  {WORDS[kind]:22}" + _told(rate, "/s") + _told(cost, "ms processor")
        told += _told(slowest, "ms p99")
        if "keystone" in rate:
            ratio, calm = (
                rate["astakos"] / rate["keystone"],
                slowest["keystone"] / slowest["astakos"],
            )
            reached = ratio >= wanted and (calm >= SLOWER or kind == "password")
            met = met and reached
            told += f"  {ratio:.1f} times (wanted {wanted}), p99 1/{calm:.1f} (wanted 1/3): "
            told += "met" if reached else "MISSED"
        sys.stdout.write(told + "\n")
    sys.stdout.flush()
    return met


def _told(values: dict[str, float], unit: str) -> str:
    return "  " + " : ".join(f"{value:.3g}" for value in values.values()) + f" {unit}"


def main() -> int:
    """Measure in interleaved rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--threads", type=int, default=1, help="threads of each of uwsgi's workers"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        folder = Path(made)
        folder.chmod(0o755)
        with services(folder, options.threads) as found:
            figures = {one.name: Figures() for one in found}
            for one in found:
                one.load("check", folder, 1.0, CLIENTS)
            for _ in range(options.rounds):
                for one in found:
                    measure(one, figures[one.name], folder, options.seconds)
            return 0 if show(figures) else 1


if __name__ == "__main__":
    sys.exit(main())
