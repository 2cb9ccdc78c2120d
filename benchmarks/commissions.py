"""Commissions of 8 provisions against the ledger: issued and accepted, by several processes.

usage: python -m benchmarks.commissions [--seconds 5] [--processes 4] [--postgres HOST:PORT]

The peer is the same database in the same run, doing the least that keeping such a promise can
cost: one transaction that writes 8 rows in place. Printed as commissions a second and a ratio.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[1]
USERS = 64
RESOURCES = [f"bench.r{number}" for number in range(4)]
WANTED = {"postgres": 500.0, "sqlite": 50.0}


class Outcome(msgspec.Struct):
    """What one process did."""

    done: int
    seconds: float


def main() -> None:
    """Measure on SQLite, and on PostgreSQL where one is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--postgres", default=os.environ.get("SYNNEFO_TEST_POSTGRES", ""))
    options = parser.parse_args()
    for engine in ("sqlite", *(["postgres"] if options.postgres else [])):
        with tempfile.TemporaryDirectory(prefix="synnefo-bench-") as folder:
            measure(engine, Path(folder), options)


def measure(engine: str, folder: Path, options: argparse.Namespace) -> None:
    """Fill a database, then let the processes loose on it: ledger and peer in turn."""
    env = _prepare(engine, folder, options.postgres)
    try:
        _child(env, "fill").wait()
        peer = _rate(env, "peer", options)
        ours = _rate(env, "commission", options)
    finally:
        _child(env, "drop").wait()
    verdict = "ok" if ours >= WANTED[engine] else "TOO SLOW"
    print(
        f"commissions of 8 provisions, {engine:8}  {ours:8.0f}/s  plain write {peer:8.0f}/s  "
        f"ratio {ours / peer:4.2f}  wanted {WANTED[engine]:.0f}/s  {verdict}"
    )


def _prepare(engine: str, folder: Path, address: str) -> dict[str, str]:
    for name in ("conf", "db"):
        (folder / name).mkdir()
    text = f"SYNNEFO_DATA_DIR = {str(folder)!r}\nSECRET_KEY = 'bench'\n"
    if engine == "postgres":
        host, _, port = address.partition(":")
        database = f"bench_{os.getpid()}"
        entry = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": database,
            "USER": "synnefo",
            "HOST": host,
            "PORT": port,
        }
        text += f"DATABASES = {{'astakos': {entry!r}}}\n"
        text += f"BENCH_DATABASE = {database!r}\n"
    (folder / "conf" / "10-bench.conf").write_text(text)
    return {
        **os.environ,
        "SYNNEFO_SETTINGS_DIR": str(folder / "conf"),
        "DJANGO_SETTINGS_MODULE": "synnefo.webproject.django_settings",
        "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
    }


def _child(env: dict[str, str], part: str, *more: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "benchmarks.commissions_child", part, *more]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, cwd=ROOT)


def _rate(env: dict[str, str], part: str, options: argparse.Namespace) -> float:
    """Run the processes side by side and add up what each did in a second."""
    begin = str(time.time() + 3.0)
    children = [
        _child(env, part, begin, str(options.seconds), str(number))
        for number in range(options.processes)
    ]
    total = 0.0
    for child in children:
        out, _ = child.communicate()
        outcome = msgspec.json.decode(out, type=Outcome)
        total += outcome.done / outcome.seconds
    return total


if __name__ == "__main__":
    main()
