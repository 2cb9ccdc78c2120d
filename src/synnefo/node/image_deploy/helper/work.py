"""What the tasks of one deployment share."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from synnefo.node.image_deploy.helper.report import Refused, Report
from synnefo.node.image_deploy.helper.rules import Rules
from synnefo.node.image_deploy.helper.tree import Tree

PATIENCE = 600


@dataclass(frozen=True)
class Ran:
    """How a program ended and what it said."""

    code: int
    words: str


Programs = Callable[..., Ran]
"""Runs a program by its words; the words that it says come back."""


def run(*words: str) -> Ran:
    """Run a program of the helper."""
    done = subprocess.run(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=PATIENCE,
        check=False,
        env={"PATH": "/sbin:/bin", "LC_ALL": "C"},
    )
    return Ran(done.returncode, done.stdout.decode(errors="replace"))


@dataclass
class Work:
    """One image on one disk, and how far we are with it."""

    rules: Rules
    report: Report
    disks: list[Path]
    """The machine's disks in order; the image is on the first."""
    top: Path
    """Where the image's root file system is mounted."""
    programs: Programs = run
    mounts: list[Path] = field(default_factory=list)
    owner: tuple[int, int] = (0, 0)
    """Whose the files are that no account of the image asked for."""
    swaps: list[Path] = field(default_factory=list)
    """Partitions and disks that are to be swap."""

    @property
    def disk(self) -> Path:
        """Tell the disk with the image."""
        return self.disks[0]

    @property
    def tree(self) -> Tree:
        """Give the files of the image."""
        if not self.mounts:
            raise Refused("The root file system of the image is not mounted.")
        return Tree(self.top, self.owner)

    def partition(self, number: int) -> Path:
        """Tell the device of a partition of the first disk."""
        return self.disk.with_name(f"{self.disk.name}{number}")

    @property
    def root(self) -> Path:
        """Tell the device of the root file system; Refused when nobody says which it is."""
        text = self.rules.text("ROOT_PARTITION")
        if not text.isdigit() or not 0 < int(text) < 1000:
            raise Refused(
                "The image does not say which partition is its root: set ROOT_PARTITION."
            )
        return self.partition(int(text))

    def must(self, sentence: str, *words: str, good: tuple[int, ...] = (0,)) -> str:
        """Run a program that has to succeed; its last words go with the refusal."""
        ran = self.programs(*words)
        if ran.code not in good:
            self.report.quote(ran.words)
            raise Refused(sentence)
        return ran.words

    @property
    def is_linux(self) -> bool:
        """Tell whether the image is of a Linux system."""
        return self.rules.family == "linux"


_DISTROS = (
    ("/etc/debian_version", "debian"),
    ("/etc/redhat-release", "redhat"),
    ("/etc/slackware-version", "slackware"),
    ("/etc/SuSE-release", "suse"),
    ("/etc/gentoo-release", "gentoo"),
    ("/etc/arch-release", "arch"),
    ("/etc/freebsd-update.conf", "freebsd"),
)
_LIKE = {
    "debian": "debian",
    "ubuntu": "debian",
    "fedora": "redhat",
    "rhel": "redhat",
    "centos": "redhat",
    "suse": "suse",
    "arch": "arch",
    "gentoo": "gentoo",
    "slackware": "slackware",
}


def distribution(tree: Tree) -> str:
    """Tell which family of distributions an image is of; empty when nothing says so.

    Spec: images-and-nodes 1.13.
    """
    if "coreos" in tree.read_if_any("/etc/os-release").lower():
        return "coreos"
    for path, name in _DISTROS:
        if tree.exists(path):
            return name
    told = dict(
        line.split("=", 1)
        for line in tree.read_if_any("/etc/os-release").splitlines()
        if "=" in line
    )
    words = f"{told.get('ID', '')} {told.get('ID_LIKE', '')}".replace('"', "").split()
    return next((_LIKE[word] for word in words if word in _LIKE), "")
