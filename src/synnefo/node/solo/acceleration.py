"""Which accelerator to use: KVM only where a machine really ran on it. Labs: ganeti 1.1."""

import os
import subprocess
import tempfile
from pathlib import Path

from synnefo.kit.logs import get_logger

log = get_logger(__name__)

_BOOT_CODE = bytes.fromhex(
    "fa31c08ed80f0116547c0f20c06683c8010f22c0ea197c0800b8100000008ed8b980841e00ff0500900000e2f8"
    "b810000000baf4000000eef4ebfd900000000000000000ffff0000009acf00ffff00000092cf0017003c7c0000"
)
"""Enters protected mode, counts to two million in memory, writes 0x10 to port 0xf4."""
_WORKED = 33
"""The exit status of `isa-debug-exit` for 0x10."""
_DEADLINE = 3.0


def choose(wanted: str, qemu: str, *, device: Path = Path("/dev/kvm")) -> str:
    """Answer `kvm` or `tcg`; `auto` tries."""
    if wanted != "auto":
        return wanted
    if not os.access(device, os.R_OK | os.W_OK):
        return "tcg"
    found = "kvm" if boots(qemu, "kvm", cpu="host") else "tcg"
    log.info("probed KVM", works=found == "kvm")
    return found


def boots(qemu: str, accel: str, *, cpu: str) -> bool:
    """Boot a sector that does some work; a hang, a crash or slowness is a no."""
    with tempfile.TemporaryDirectory(prefix="snf-probe-") as folder:
        image = Path(folder, "boot.img")
        image.write_bytes(_BOOT_CODE.ljust(510, b"\0") + b"\x55\xaa")
        try:
            done = subprocess.run(
                [
                    *(qemu, "-accel", accel, "-cpu", cpu, "-m", "16", "-nodefaults"),
                    *("-display", "none", "-no-reboot"),
                    *("-device", "isa-debug-exit,iobase=0xf4,iosize=1"),
                    *("-drive", f"file={image},format=raw,if=ide"),
                ],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_DEADLINE,
                check=False,
            )
        except (subprocess.TimeoutExpired, OSError):
            return False
    return done.returncode == _WORKED
