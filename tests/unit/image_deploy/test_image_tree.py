"""No path of an image leads out of it."""

import os
import stat
from pathlib import Path

import pytest

from synnefo.node.image_deploy.helper.report import Refused
from synnefo.node.image_deploy.helper.tree import Tree

OWN = (os.getuid(), os.getgid())


@pytest.fixture
def top(tmp_path: Path) -> Path:
    top = tmp_path / "image"
    (top / "etc").mkdir(parents=True)
    (tmp_path / "secret").write_text("the host's")
    return top


def test_an_absolute_link_means_a_place_in_the_image(top: Path) -> None:
    (top / "usr/etc").mkdir(parents=True)
    (top / "usr/etc/shadow").write_text("inside")
    (top / "etc/shadow").symlink_to("/usr/etc/shadow")
    tree = Tree(top, OWN)
    assert tree.read("/etc/shadow") == "inside"
    tree.write("/etc/shadow", "changed")
    assert (top / "usr/etc/shadow").read_text() == "changed"
    assert (top / "etc/shadow").is_symlink()


@pytest.mark.parametrize("target", ["../../secret", "../../../../../etc/passwd"])
def test_a_link_that_climbs_out_is_refused(top: Path, target: str) -> None:
    (top / "etc/shadow").symlink_to(target)
    with pytest.raises(Refused, match="points out"):
        Tree(top, OWN).write("/etc/shadow", "root::")
    assert (top.parent / "secret").read_text() == "the host's"


def test_a_folder_that_is_a_link_to_the_host_is_the_images_own(top: Path) -> None:
    (top / "home").symlink_to(top.parent)
    tree = Tree(top, OWN)
    tree.write("/home/secret", "mine")
    assert (top.parent / "secret").read_text() == "the host's"
    assert (top / str(top.parent).lstrip("/") / "secret").read_text() == "mine"


def test_links_in_a_circle_are_refused(top: Path) -> None:
    (top / "etc/a").symlink_to("b")
    (top / "etc/b").symlink_to("a")
    with pytest.raises(Refused, match="never ends"):
        Tree(top, OWN).read("/etc/a")


def test_only_plain_files_are_read_and_written(top: Path) -> None:
    os.mkfifo(top / "etc/shadow")
    for act in (lambda t: t.read("/etc/shadow"), lambda t: t.write("/etc/shadow", "")):
        with pytest.raises(Refused, match="no plain file"):
            act(Tree(top, OWN))
    with (top / "etc/huge").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(Refused, match="larger"):
        Tree(top, OWN).read("/etc/huge")


def test_what_is_no_text_survives(top: Path) -> None:
    (top / "etc/passwd").write_bytes(b"m\xfcller:x:1:1::/:\n")
    tree = Tree(top, OWN)
    tree.write("/etc/passwd", tree.read("/etc/passwd") + "more\n")
    assert (top / "etc/passwd").read_bytes() == b"m\xfcller:x:1:1::/:\nmore\n"


def test_a_file_keeps_its_mode_and_a_new_one_gets_the_wanted(top: Path) -> None:
    (top / "etc/old").write_text("")
    (top / "etc/old").chmod(0o640)
    tree = Tree(top, OWN)
    tree.write("/etc/old", "x", mode=0o777)
    tree.write("/a/b/new", "x", mode=0o600)
    assert stat.S_IMODE((top / "etc/old").stat().st_mode) == 0o640
    assert stat.S_IMODE((top / "a/b/new").stat().st_mode) == 0o600


def test_removing_takes_the_link_and_not_what_it_means(top: Path) -> None:
    (top / "etc/kept").write_text("x")
    (top / "etc/link").symlink_to("kept")
    tree = Tree(top, OWN)
    tree.remove("/etc/link")
    tree.remove("/etc/none")
    assert not (top / "etc/link").is_symlink()
    assert (top / "etc/kept").exists()
