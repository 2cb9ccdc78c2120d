"""Images that cloud-init sets up at their first start: its data is laid where it looks.

Spec: images-and-nodes 1.9.
"""

import base64
import json

from synnefo.node.image_deploy.helper.rules import Gift
from synnefo.node.image_deploy.helper.work import Work

SEED = "/var/lib/cloud/seed/nocloud"
CONFIG = "/etc/cloud/cloud.cfg.d"
PER_ONCE = "/var/lib/cloud/scripts/per-once"


def initialize_datasource(work: Work) -> None:
    """Point cloud-init to a seed inside the image."""
    rules, tree = work.rules, work.tree
    if not rules.is_cloud_init:
        return
    tree.write(f"{CONFIG}/98-snf-image-datasource.cfg", "datasource_list: [ NoCloud ]\n")
    tree.make_folder(SEED)
    facts = {"instance-id": rules.instance}
    tree.write(f"{SEED}/meta-data", json.dumps(facts) + "\n")
    words = base64.b64decode(rules.user_data) if rules.user_data else b"#cloud-config\n{}\n"
    tree.write(f"{SEED}/user-data", words, mode=0o600)
    forget = f"#!/bin/sh\n: > {SEED}/user-data\nrm -f {SEED}/user-data.bak\n"
    tree.write(f"{PER_ONCE}/snf-image-clear-user-data", forget, mode=0o755)
    if rules.cloud_init_debug:
        tree.write(f"{CONFIG}/98-snf-image-debug.cfg", "debug:\n  verbose: true\n")


def tell(work: Work, **facts: object) -> None:
    """Add facts to what the machine is told of itself."""
    path = f"{SEED}/meta-data"
    told = json.loads(work.tree.read_if_any(path) or "{}")
    work.tree.write(path, json.dumps(told | facts) + "\n")


def configure(work: Work, name: str, wishes: dict[str, object], *, mode: int = 0o644) -> None:
    """Write a piece of cloud-init's configuration; JSON is YAML."""
    work.tree.write(f"{CONFIG}/98-snf-image-{name}.cfg", json.dumps(wishes) + "\n", mode=mode)


def let_in(work: Work) -> None:
    """Have the password and the keys set."""
    rules = work.rules
    if rules.keys.strip():
        tell(work, **{"public-keys": [k for k in rules.keys.splitlines() if k.strip()]})
    if rules.password_hash:
        lines = "".join(f"{user}:{rules.password_hash}\n" for user in rules.users)
        wishes = {
            "ssh_pwauth": True,
            "disable_root": "root" not in rules.users,
            "chpasswd": {"expire": False, "list": lines},
        }
        configure(work, "password", wishes, mode=0o600)


def give(work: Work, gifts: tuple[Gift, ...]) -> None:
    """Have files put in place by a script that runs once."""
    lines = ["#!/bin/sh", "set -e"]
    for gift in gifts:
        path, folder = _quoted(gift.path), _quoted(gift.path.rpartition("/")[0] or "/")
        owner = _quoted(f"{gift.owner}:{gift.group}")
        lines += [
            f"mkdir -p -m 750 {folder}",
            f"base64 -d > {path} <<'END'",
            *[gift.contents[at : at + 76] for at in range(0, len(gift.contents), 76)],
            "END",
            f"chown {owner} {path}",
            f"chmod {gift.mode:04o} {path}",
        ]
    lines.append('rm -f "$0"')
    work.tree.write(f"{PER_ONCE}/snf-image-personality", "\n".join([*lines, ""]), mode=0o700)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
