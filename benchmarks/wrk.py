"""Load by wrk: many connections, little processor time of its own."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import msgspec


class Load(msgspec.Struct):
    """What came back: requests answered, seconds, and the times of answers in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        """Answer the requests of one second."""
        return self.requests / self.seconds


_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


def run(
    url: str,
    seconds: float,
    *,
    clients: int,
    script: Path | None = None,
    headers: Sequence[str] = (),
) -> Load:
    """Ask again and again; an answer that is no success fails the benchmark."""
    command = ["wrk", f"-t{clients if script else 1}", f"-c{clients}", f"-d{seconds:.0f}"]
    command += ["--latency", "--timeout", "30s"]
    for header in headers:
        command += ["-H", header]
    command += ["-s", str(script)] if script else []
    done = subprocess.run([*command, url], check=True, capture_output=True, text=True)
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError(f"{url}: {done.stdout}{done.stderr}")
    return _read(done.stdout)


def _read(text: str) -> Load:
    total = re.search(r"(\d+) requests in ([\d.]+)(us|ms|s|m)", text)
    if total is None:
        raise ValueError(text)
    return Load(
        int(total[1]),
        float(total[2]) * _UNITS[total[3]] / 1000,
        _percentile(text, "50%"),
        _percentile(text, "99%"),
    )


def _percentile(text: str, name: str) -> float:
    found = re.search(rf"{re.escape(name)}\s+([\d.]+)(us|ms|s|m)", text)
    if found is None:
        raise ValueError(text)
    return float(found[1]) * _UNITS[found[2]]
