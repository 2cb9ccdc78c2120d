"""Tasks that make a machine of an image a machine of its own. Spec: images-and-nodes 1.9."""

import base64
import binascii
import os
import re

from synnefo.node.image_deploy.helper import cloud
from synnefo.node.image_deploy.helper.accounts import accounts, groups
from synnefo.node.image_deploy.helper.report import Refused
from synnefo.node.image_deploy.helper.rules import Gift
from synnefo.node.image_deploy.helper.work import Work, distribution

_HOST_KEY = re.compile(r"ssh_host_\w+_key(\.pub)?\Z")
_RUN_FOLDERS = ("/dev", "/proc", "/sys")


def assign_hostname(work: Work) -> None:
    """Give the machine its name."""
    name, tree = work.rules.hostname, work.tree
    if work.rules.is_cloud_init:
        cloud.tell(work, **{"local-hostname": name})
        return
    kind = distribution(tree)
    before = tree.read_if_any("/etc/hostname").strip()
    if kind in {"slackware", "suse"}:
        tree.write("/etc/HOSTNAME", f"{name}\n")
    elif kind == "gentoo":
        tree.write("/etc/conf.d/hostname", f'hostname="{name}"\n')
    if kind == "redhat" and tree.exists("/etc/sysconfig/network"):
        _set_line(work, "/etc/sysconfig/network", "HOSTNAME", name)
    if kind == "arch" and tree.exists("/etc/rc.conf"):
        _set_line(work, "/etc/rc.conf", "HOSTNAME", name)
    if kind not in {"slackware", "gentoo"}:
        tree.write("/etc/hostname", f"{name}\n")
    _fix_hosts(work, before)


def _set_line(work: Work, path: str, key: str, value: str) -> None:
    """Set KEY=VALUE in a file of such lines."""
    lines = [x for x in work.tree.read(path).splitlines() if not x.startswith(f"{key}=")]
    work.tree.write(path, "\n".join([*lines, f"{key}={value}", ""]))


def _fix_hosts(work: Work, before: str) -> None:
    """Let 127.0.1.1 mean the machine, and drop the name that the image had."""
    lines = work.tree.read_if_any("/etc/hosts").splitlines()
    kept = [line for line in lines if line.split()[:1] != ["127.0.1.1"]]
    if before and before != "localhost":
        kept = [_without(line, before) for line in kept]
    work.tree.write("/etc/hosts", "\n".join([*kept, f"127.0.1.1 {work.rules.hostname}", ""]))


def _without(line: str, name: str) -> str:
    words = line.split()
    if not words or words[0].startswith("#") or name not in words[1:]:
        return line
    return " ".join([words[0], *[word for word in words[1:] if word != name]])


def change_machine_id(work: Work) -> None:
    """Give a Linux system an id that no other has."""
    if not work.is_linux:
        return
    new = os.urandom(16).hex()
    if work.tree.exists("/etc/machine-id"):
        work.tree.write("/etc/machine-id", f"{new}\n", mode=0o444)
    if work.tree.is_file("/var/lib/dbus/machine-id"):
        work.tree.write("/var/lib/dbus/machine-id", f"{new}\n", mode=0o444)


def relabel(work: Work) -> None:
    """Have a system with SELinux look at all its files anew."""
    if work.is_linux and distribution(work.tree) == "redhat":
        work.tree.write("/.autorelabel", "")


def delete_host_keys(work: Work) -> None:
    """Take away the keys that the image's machine was known by; have new ones made."""
    if work.rules.is_cloud_init:
        cloud.configure(work, "host-keys", {"ssh_deletekeys": True})
        return
    tree = work.tree
    keys = [f"/etc/ssh/{name}" for name in tree.names("/etc/ssh") if _HOST_KEY.match(name)]
    keys += [f"/etc/dropbear/{x}" for x in tree.names("/etc/dropbear") if x.endswith("_host_key")]
    for line in tree.read_if_any("/etc/ssh/sshd_config").splitlines():
        words = line.split()
        if len(words) == 2 and words[0].lower() == "hostkey":
            keys += [words[1], f"{words[1]}.pub"]
    for key in keys:
        tree.remove(key)
    if distribution(tree) == "debian" and tree.is_file("/usr/bin/ssh-keygen"):
        _make_host_keys(work)


def _make_host_keys(work: Work) -> None:
    """Make keys with the image's own program, which only the helper lets run."""
    ran = work.programs("chroot", str(work.top), "/usr/bin/ssh-keygen", "-A")
    if ran.code:
        work.report.quote(ran.words)
        work.report.warn("New SSH host keys were not made: the machine has to do so itself.")


def enforce_personality(work: Work) -> None:
    """Put the owner's files into the image."""
    gifts = work.rules.gifts
    if not gifts:
        work.report.warn("There are no files to put into the image.")
        return
    if work.rules.is_cloud_init:
        cloud.give(work, gifts)
        return
    for gift in gifts:
        _give(work, gift)


def _give(work: Work, gift: Gift) -> None:
    if not gift.path.startswith("/") or gift.path.endswith("/"):
        raise Refused(f"{gift.path} is no path of a file.")
    try:
        data = base64.b64decode(gift.contents, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(f"The contents of {gift.path} are not base64.") from None
    owner = _owner(work, gift)
    work.tree.make_folder(gift.path.rpartition("/")[0] or "/", mode=0o750, owner=owner)
    work.tree.set_aside(gift.path)
    work.tree.write(gift.path, data, mode=gift.mode & 0o7777, owner=owner)


def _owner(work: Work, gift: Gift) -> tuple[int, int]:
    """Look up names in the image; a number stands for itself."""
    known = accounts(work.tree)
    if gift.owner.isdigit():
        uid = int(gift.owner)
    elif gift.owner in known:
        uid = known[gift.owner].uid
    else:
        raise Refused(f"{gift.path} was to belong to {gift.owner}, who is not in the image.")
    named = groups(work.tree)
    if gift.group.isdigit():
        return uid, int(gift.group)
    if gift.group not in named:
        raise Refused(f"{gift.path} was to belong to the group {gift.group}, which is not there.")
    return uid, named[gift.group]


def run_custom_task(work: Work) -> None:
    """Run the script that the image's owner wrote; it runs in the helper only."""
    script = work.rules.text("CUSTOM_TASK")
    if not script:
        return
    try:
        data = base64.b64decode(script, validate=True)
    except (binascii.Error, ValueError):
        raise Refused("CUSTOM_TASK is not base64.") from None
    place = work.top.parent / "custom-task"
    place.write_bytes(data)
    place.chmod(0o700)
    work.must("The image's CUSTOM_TASK failed.", str(place), str(work.top))
