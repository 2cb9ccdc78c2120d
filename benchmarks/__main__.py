"""Every benchmark, each against a peer in the same run where it has one.

python -m benchmarks [NAME ...]
"""

import subprocess
import sys
import time

ALL = {
    "volumes": "clone and snapshot, 1 and 10 GiB",
    "migration": "what a migrating machine waits for its disk",
    "nbd": "volumes over NBD against qemu-nbd on a raw file",
    "objects": "object storage against Swift",
    "resync": "files uploaded again, known and changed",
    "commissions": "the quota ledger over HTTP, on PostgreSQL and SQLite",
    "identity": "signing in, tokens and the catalogue against Keystone",
    "large_cloud": "100,000 people and 20,000 projects against an empty cloud",
    "large_compute": "100,000 servers on 64 clusters against 1000 servers",
    "servers": "servers accepted, listed and built with the hypervisor fake",
    "added_delay": "what we add to a cluster: POST to RAPI, last event to ACTIVE",
    "dispatcher": "job events taken in a second, over RabbitMQ and PostgreSQL",
    "whole_cloud": "memory when idle, second start, from POST to SSH",
}


def main() -> int:
    """Run those that are named, or all; exit 1 when one missed what it should reach."""
    names = sys.argv[1:] or list(ALL)
    unknown = [name for name in names if name not in ALL]
    if unknown:
        print(f"No benchmark named {', '.join(unknown)}. There are: {', '.join(ALL)}.")
        return 2
    failed = []
    for name in names:
        print(f"\n== {name}: {ALL[name]}", flush=True)
        started = time.monotonic()
        code = subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode
        print(f"   {time.monotonic() - started:.0f} s", flush=True)
        if code:
            failed.append(name)
    if failed:
        print(f"\nNot all figures were reached: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
