"""Commissions of 8 provisions over HTTP: issued by one call, accepted by another, 8 clients.

usage: python -m benchmarks.commissions [--seconds 5] [--rounds 3] [--engine sqlite|postgres]

Four resources are charged to a user and to the project. Each round measures people at random and
then one hot project that all clients charge. The processor time is that of the web server and of
the database together, for one commission.
"""

import argparse
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks import astakos_web, postgres, wrk
from benchmarks.astakos_web import RESOURCES
from benchmarks.processes import cpu_seconds

CLIENTS = 8
WANTED = {
    "postgres": {"many": 500.0, "hot": 150.0, "ms of processor": 2.5},
    "sqlite": {"many": 100.0},
}
LUA = """
local number, waiting, serial = 0, false, nil
local holders = {HOLDERS}
local resources = {RESOURCES}
math.randomseed(os.time() + tonumber(tostring({}):sub(-6), 16))
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
request = function()
  if serial then
    local path = PATH .. "/" .. serial .. "/action"
    serial = nil
    return wrk.format(nil, path, nil, '{"accept": ""}')
  end
  local one = holders[math.random(#holders)]
  local parts = {}
  for _, resource in ipairs(resources) do
    parts[#parts + 1] = string.format(
      '{"holder": "user:%s", "source": "project:%s", "resource": "%s", "quantity": 1}',
      one, one, resource)
    parts[#parts + 1] = string.format(
      '{"holder": "project:%s", "source": null, "resource": "%s", "quantity": 1}', one, resource)
  end
  return wrk.format(nil, PATH, nil, '{"provisions": [' .. table.concat(parts, ",") .. ']}')
end
response = function(status, headers, body)
  if status == 201 then serial = body:match('"serial":%s*(%d+)') end
end
"""


def main() -> int:
    """Measure on both databases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engine", choices=tuple(WANTED), action="append")
    options = parser.parse_args()
    met = [measure(engine, options) for engine in options.engine or WANTED]
    return 0 if all(met) else 1


def measure(engine: str, options: argparse.Namespace) -> bool:
    """Start a server, let the clients loose on it, and print what came out."""
    rows: dict[str, list[float]] = {"many": [], "hot": [], "ms of processor": []}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        database = stack.enter_context(postgres.running()) if engine == "postgres" else None
        web = stack.enter_context(astakos_web.running(folder, database))
        pids = [web.pid, *([database.pid] if database else [])]
        everybody = [person.uuid for person in web.filled.people]
        load(web, everybody, 1.0)
        for _ in range(options.rounds):
            before = cpu_seconds(*pids)
            many = load(web, everybody, options.seconds)
            rows["ms of processor"].append((cpu_seconds(*pids) - before) / many.requests * 2000)
            rows["many"].append(many.rate / 2)
            rows["hot"].append(load(web, everybody[:1], options.seconds).rate / 2)
    return show(engine, {name: statistics.median(values) for name, values in rows.items()})


def load(web: astakos_web.Web, people: list[str], seconds: float) -> wrk.Load:
    """Issue and accept until the time is up."""
    script = web.folder / "commissions.lua"
    words = {
        "{HOLDERS}": "{" + ", ".join(f'"{uuid}"' for uuid in people) + "}",
        "{RESOURCES}": "{" + ", ".join(f'"{name}"' for name in RESOURCES) + "}",
        "PATH": '"/astakos/account/v1.0/commissions"',
    }
    text = LUA
    for word, value in words.items():
        text = text.replace(word, value)
    script.write_text(text)
    token = f"X-Auth-Token: {web.filled.component_token}"
    return wrk.run(web.url, seconds, clients=CLIENTS, script=script, headers=[token])


def show(engine: str, found: dict[str, float]) -> bool:
    """Print the figures beside the wanted ones; tell whether all are reached."""
    met = True
    for name, value in found.items():
        wanted = WANTED[engine].get(name)
        told = f"  {engine:8}  {name:16} {value:8.1f}"
        if wanted is not None:
            reached = value <= wanted if name.startswith("ms") else value >= wanted
            met = met and reached
            told += f"   wanted {wanted:6.1f}   {'met' if reached else 'MISSED'}"
        sys.stdout.write(told + "\n")
    sys.stdout.flush()
    return met


if __name__ == "__main__":
    sys.exit(main())
