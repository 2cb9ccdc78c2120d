"""The task that lets the owner in: password and keys. Spec: images-and-nodes 1.9."""

from dataclasses import dataclass

from synnefo.node.image_deploy.helper import cloud
from synnefo.node.image_deploy.helper.report import Refused
from synnefo.node.image_deploy.helper.tree import Tree
from synnefo.node.image_deploy.helper.work import Work

_AGES = "15103:0:99999:7:::"


@dataclass(frozen=True)
class Account:
    """A line of /etc/passwd."""

    name: str
    uid: int
    gid: int
    home: str


def accounts(tree: Tree) -> dict[str, Account]:
    """Read who there is in the image."""
    found = {}
    for line in tree.read_if_any("/etc/passwd").splitlines():
        fields = line.split(":")
        if len(fields) >= 7 and fields[2].isdigit() and fields[3].isdigit():
            account = Account(fields[0], int(fields[2]), int(fields[3]), fields[5])
            found[account.name] = account
    return found


def groups(tree: Tree) -> dict[str, int]:
    """Read the groups of the image."""
    lines = (line.split(":") for line in tree.read_if_any("/etc/group").splitlines())
    return {one[0]: int(one[2]) for one in lines if len(one) >= 3 and one[2].isdigit()}


def change_password(work: Work) -> None:
    """Set the password and add the keys of those who may come in."""
    rules = work.rules
    if not rules.password_hash and not rules.keys.strip():
        work.report.warn("There is neither a password nor a key: nobody is let in anew.")
        return
    if rules.is_cloud_init:
        cloud.let_in(work)
        return
    known = accounts(work.tree)
    for name in rules.users:
        if name not in known:
            raise Refused(f"USERS names {name}, who is not in the image.")
        if rules.password_hash:
            set_password(work.tree, name, rules.password_hash)
        if rules.keys.strip():
            add_keys(work, known[name])


def set_password(tree: Tree, name: str, hashed: str) -> None:
    """Replace one line of the shadow file."""
    lines = tree.read("/etc/shadow").splitlines()
    places = [at for at, line in enumerate(lines) if line.split(":")[0] == name]
    if not places:
        raise Refused(f"{name} has no line in the image's /etc/shadow.")
    for at in places:
        lines[at] = f"{name}:{hashed}:{_AGES}"
    tree.write("/etc/shadow", "\n".join([*lines, ""]), mode=0o600)


def add_keys(work: Work, account: Account) -> None:
    """Append the keys to the file that the image's SSH server reads."""
    path = keys_path(work.tree, account)
    if not path:
        work.report.warn(f"The image's SSH server takes no keys of {account.name}.")
        return
    tree, owner = work.tree, (account.uid, account.gid)
    tree.make_folder(path.rpartition("/")[0], mode=0o700, owner=owner)
    before = tree.read_if_any(path)
    before += "" if not before or before.endswith("\n") else "\n"
    tree.write(path, f"{before}{work.rules.keys.strip()}\n", mode=0o600, owner=owner)


def keys_path(tree: Tree, account: Account) -> str:
    """Tell where an account's keys belong; empty when there is no such place."""
    pattern = "%h/.ssh/authorized_keys"
    for line in tree.read_if_any("/etc/ssh/sshd_config").splitlines():
        words = line.split()
        if words and words[0].lower() == "match":
            break
        if len(words) > 1 and words[0].lower() == "authorizedkeysfile":
            pattern = words[1]
            break
    if pattern.lower() == "none":
        return ""
    home = account.home or "/"
    for sign, value in (("%%", "\0"), ("%h", home), ("%u", account.name), ("\0", "%")):
        pattern = pattern.replace(sign, value)
    return pattern if pattern.startswith("/") else f"{home.rstrip('/')}/{pattern}"
