"""Signing in, tokens and the catalogue: Astakos against Keystone, in the same run.

usage: python -m benchmarks.identity [--seconds 5] [--rounds 3] [--threads N]

Both serve Identity v3 with two worker processes from the same PostgreSQL server to the same
client. Keystone runs under uwsgi with fernet tokens and its caches on memcached. The hashes cost
the same: argon2 with our default here, PBKDF2 with as many rounds as take that time there.

Ratios are of processor time, database and caches included: both services share two processors
with their client and whatever else runs, and rates would tell more about that. Rates are printed.
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
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
PEOPLE = 32
GENEROUS = "".join(
    f"ASTAKOS_{name} = 10**9\n"
    for name in ("RATELIMIT_RETRIES_ALLOWED", "LOGIN_ACCOUNT_LIMIT", "LOGIN_ADDRESS_LIMIT")
)
"""Attempts are counted as always, but a benchmark may sign in as often as it likes."""
LUA = """
local bodies = {BODIES}
math.randomseed(os.time() + tonumber(tostring({}):sub(-6), 16))
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
request = function() return wrk.format(nil, nil, nil, bodies[math.random(#bodies)]) end
"""


Login = dict[str, Any]
"""What a client sends to sign in."""


class Identity:
    """One identity service under test."""

    def __init__(self, name: str, url: str, logins: list[Login], pids: list[int]) -> None:
        self.name = name
        self.url = url
        self.pids = pids
        self.logins = logins
        self.token = sign_in(url, logins[0])

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
        bodies = [json.dumps(json.dumps({"auth": wish})) for wish in self._wishes(kind)]
        script.write_text(LUA.replace("{BODIES}", "{" + ", ".join(bodies) + "}"))
        return wrk.run(address, seconds, clients=clients, script=script)

    def _wishes(self, kind: str) -> list[Login]:
        if kind == "password":
            return self.logins
        identity = {"methods": ["token"], "token": {"id": self.token}}
        return [{"identity": identity, "scope": self.logins[0]["scope"]}]


def sign_in(url: str, login: Login) -> str:
    """Get a token."""
    body = json.dumps({"auth": login}).encode()
    head = {"Content-Type": "application/json"}
    with urlopen(Request(f"{url}/auth/tokens", body, head)) as answer:
        return str(answer.headers["X-Subject-Token"])


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
        web = stack.enter_context(
            astakos_web.running(folder / "ours", database, settings=GENEROUS)
        )
        people = web.filled.people[:PEOPLE]
        logins = [login(person.email, person.uuid) for person in people]
        pids = [web.pid, database.pid]
        found = [Identity("astakos", f"{web.url}/identity/v3", logins, pids)]
        if keystone_peer.is_installable():
            size = {"workers": astakos_web.WORKERS, "threads": threads}
            peer = stack.enter_context(
                keystone_peer.running(folder / "keystone", database, **size)
            )
            names = _people_of(peer)
            place = {"name": peer.project, "domain": {"id": "default"}}
            logins = [_login(name, keystone_peer.PASSWORD, place) for name in names]
            pids = [*peer.pids, database.pid]
            found.append(Identity("keystone", peer.url, logins, pids))
        else:
            sys.stdout.write("  memcached is missing: no Keystone and no ratios in this run\n")
        yield found


def _people_of(peer: keystone_peer.Peer) -> list[str]:
    """Make as many people in Keystone, each with a role in one project; answer their names."""
    place = {"name": peer.project, "domain": {"id": "default"}}
    token = sign_in(peer.url, _login(peer.user, keystone_peer.PASSWORD, place))

    def call(method: str, path: str, body: object = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        head = {"X-Auth-Token": token, "Content-Type": "application/json"}
        with urlopen(Request(peer.url + path, data, head, method=method)) as answer:
            found: dict[str, Any] = json.loads(answer.read() or b"{}")
        return found

    project = call("GET", f"/projects?name={peer.project}")["projects"][0]["id"]
    role = call("GET", "/roles?name=member")["roles"][0]["id"]
    names = [f"someone{number}" for number in range(PEOPLE)]
    for name in names:
        wanted = {"name": name, "password": keystone_peer.PASSWORD, "domain_id": "default"}
        made = call("POST", "/users", {"user": wanted})["user"]["id"]
        call("PUT", f"/projects/{project}/users/{made}/roles/{role}")
    return names


def login(email: str, uuid: str) -> Login:
    """Make what one of our people sends to sign in to their own project."""
    return _login(email, astakos_web.PASSWORD, {"id": uuid})


def _login(name: str, password: str, project: dict[str, Any]) -> Login:
    user = {"name": name, "domain": {"id": "default"}, "password": password}
    identity = {"methods": ["password"], "password": {"user": user}}
    return {"identity": identity, "scope": {"project": project}}


def measure(one: Identity, into: Figures, folder: Path, seconds: float) -> None:
    """Measure one service once: every kind with a few clients, then with many."""
    for kind in RATIOS:
        before = cpu_seconds(*one.pids)
        load = one.load(kind, folder, seconds, CLIENTS)
        cost = (cpu_seconds(*one.pids) - before) / max(load.requests, 1) * 1000
        into.rate.setdefault(kind, []).append(max(load.rate, 0.01))
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
                cost["keystone"] / cost["astakos"],
                slowest["keystone"] / slowest["astakos"],
            )
            reached = ratio >= wanted and (calm >= SLOWER or kind == "password")
            met = met and reached
            told += f"  {ratio:.1f} times (wanted {wanted}; in requests a second"
            told += f" {rate['astakos'] / rate['keystone']:.1f}), p99 1/{calm:.1f} (wanted 1/3): "
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
