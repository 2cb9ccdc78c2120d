"""The programs that building leans on."""

import os
import shutil
import subprocess
from pathlib import Path

EPOCH = 1767225600
"""The moment that every file in the image bears, so that equal inputs make equal images."""

PACKAGES = {
    "apt-get": "apt",
    "apt-cache": "apt",
    "dpkg-deb": "dpkg",
    "mkfs.vfat": "dosfstools",
    "mcopy": "mtools",
    "syslinux": "syslinux",
    "mke2fs": "e2fsprogs",
    "debugfs": "e2fsprogs",
}


class BuildFailed(Exception):
    """The image cannot be built; the message tells the person what to do."""


def tool(name: str) -> str:
    """Find a program, also where only root looks."""
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
    found = shutil.which(name, path=path)
    if not found:
        package = PACKAGES.get(name, name)
        raise BuildFailed(f"The program {name} is missing. Install it: apt-get install {package}")
    return found


def run(name: str, *arguments: str, folder: Path | None = None, text: str = "") -> str:
    """Run a program to its end and answer what it printed; its complaint becomes the failure."""
    done = subprocess.run(
        [tool(name), *arguments],
        cwd=folder,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | _calm(),
    )
    if done.returncode:
        complaint = done.stderr.strip() or done.stdout.strip() or "no reason given"
        raise BuildFailed(f"{name} failed ({done.returncode}): {complaint}")
    return done.stdout


def _calm() -> dict[str, str]:
    """Fix what would make two runs differ: clock, time zone, language."""
    moment = str(EPOCH)
    return {
        "SOURCE_DATE_EPOCH": moment,
        "E2FSPROGS_FAKE_TIME": moment,
        "MTOOLS_SKIP_CHECK": "1",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
    }
