"""The helper's only program: read the rules, do the tasks, tell the host."""

import sys
from pathlib import Path

from synnefo.node.image_deploy.helper import order, rules
from synnefo.node.image_deploy.helper.report import Report
from synnefo.node.image_deploy.helper.work import Work

RULES = "rules"
RESULT = Path("/dev/ttyS1")
MONITOR = Path("/dev/ttyS2")
TARGET = Path("/target")


def disks() -> dict[str, Path]:
    """Find the disks by the serial numbers that the host gave them."""
    found = {}
    for entry in Path("/sys/block").iterdir():
        serial = entry / "serial"
        if serial.exists():
            found[serial.read_text().strip("\0\n ")] = Path("/dev") / entry.name
    return found


def main() -> int:
    """Deploy; the host learns by one word on a line of its own whether all went well."""
    found = disks()
    told = rules.decode(found.pop(RULES).read_bytes())
    ordered = [found[f"disk{number}"] for number in range(len(found))]
    with MONITOR.open("w", buffering=1, encoding="utf-8", errors="replace") as line:
        done = order.attempt(Work(told, Report(line.write), ordered, TARGET))
    RESULT.write_text("SUCCESS\n" if done else "FAILURE\n")
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main())
