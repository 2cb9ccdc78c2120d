"""Builds real Ganeti clusters on this machine, and takes them down. See `ganeti`."""

import secrets
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from tests.support.ganeti import PASSWORD, USER, Cluster, Node, ip, kill

HAIL = "/usr/local/lib/ganeti/iallocators/hail-tiny"
OS_FOLDER = "/srv/ganeti/os/tiny"
INIT = [
    *("gnt-cluster", "init", "--no-ssh-init", "--no-etc-hosts", "--master-netdev=eth0"),
    "--enabled-hypervisors=fake,kvm",
    "--enabled-disk-templates=diskless,file,sharedfile,ext",
    "--file-storage-dir=/srv/ganeti/file-storage",
    "--shared-file-storage-dir=/srv/ganeti/shared-file-storage",
    "--nic-parameters=mode=bridged,link=br0",
    "--ipolicy-std-specs=memory-size=128,disk-size=64,cpu-count=1,disk-count=1,nic-count=1,"
    "spindle-use=1",
    "--ipolicy-bounds-specs=min:disk-size=0,cpu-count=1,disk-count=0,memory-size=1,nic-count=0,"
    "spindle-use=0/max:disk-size=1048576,cpu-count=8,disk-count=16,memory-size=32768,"
    "nic-count=8,spindle-use=12",
    "--ipolicy-vcpu-ratio=256",
    "--ipolicy-spindle-ratio=1024",
    "-D",
    "ext:access=userspace",
    "-H",
    "kvm:kvm_flag=disabled,kvm_path=/usr/bin/qemu-system-x86_64,kernel_path=,"
    "serial_console=true,security_model=none,vhost_net=false,vnc_bind_address=0.0.0.0,"
    "kvm_extra=-accel tcg\\,tb-size=32",
    "--default-iallocator=hail-tiny",
]
"""Tiny guests, no KVM, no promise of spare memory."""
OS_CREATE = """#!/bin/sh
# Write the image file that the parameter img_id names, if it is one, to the first disk.
set -e
case "$OSP_IMG_ID" in /*) ;; *) exit 0 ;; esac
target=${DISK_0_PATH:-$DISK_0_URI}
exec qemu-img convert -n -O raw "$OSP_IMG_ID" "$target"
"""
OS_PARAMETERS = """img_id the image
img_format the image's format
img_properties what the image says of itself
img_passwd the administrator's password
config_url where the rest is
admin_pass the administrator's password
server_uuid the server
hostname the guest's name
ssh_keys the owner's keys
user_data the owner's word to the guest
personality files
meta metadata
project_id the project
"""


def start(folder: Path, sizes: tuple[int, ...] = (3, 1)) -> list[Cluster]:
    """Build clusters of so many nodes each, all at once."""
    if not Path("/usr/sbin/gnt-cluster").exists():
        sys.exit("Ganeti is not installed. Run: apt-get install --no-install-recommends ganeti")
    with ThreadPoolExecutor(len(sizes)) as pool:
        return list(pool.map(lambda size: build(folder, size), sizes))


def build(folder: Path, size: int, extra: tuple[str, ...] = ()) -> Cluster:
    """Build a cluster; `extra` are further words for `gnt-cluster init`."""
    cluster = _place(folder, size)
    with ThreadPoolExecutor(size) as pool:
        list(pool.map(_prepare, cluster.nodes))
    first, *others = cluster.nodes
    first.run(*INIT, *extra, cluster.fqdn)
    for node in cluster.nodes:
        _let_in(node)
    for node in others:
        first.run("gnt-node", "add", "--no-ssh-key-check", node.fqdn)
    return cluster


def _place(folder: Path, size: int) -> Cluster:
    """Find a name and a network that nobody has, and make room."""
    taken = subprocess.run(["ip", "route"], check=True, capture_output=True, text=True).stdout
    while True:
        number = secrets.randbelow(240 * 256)
        prefix = f"10.{8 + number // 256}.{number % 256}"
        if f" {prefix}." not in f" {taken}":
            break
    name = f"g{number:04x}"
    place = folder / name
    place.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "ganeti", str(place)], check=True)
    (place / "shared").mkdir()
    cluster = Cluster(name=name, prefix=prefix, size=size, folder=str(place))
    ip("link", "add", cluster.bridge, "type", "bridge")
    ip("addr", "add", f"{prefix}.254/24", "dev", cluster.bridge)
    ip("link", "set", cluster.bridge, "up")
    key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(place / "id")]
    subprocess.run(key, check=True)
    return cluster


def _prepare(node: Node) -> None:
    """Boot a node and write all that Ganeti wants to find."""
    cluster = node.cluster
    node.boot()
    known = [f"{one.address} {one.fqdn} {one.name}" for one in cluster.nodes]
    hosts = ["127.0.0.1 localhost", f"{cluster.address} {cluster.fqdn}", *known]
    node.put("/etc/hosts", "\n".join([*hosts, ""]))
    node.put("/etc/hostname", f"{node.fqdn}\n")
    node.put("/etc/default/ganeti", 'RAPI_ARGS="--require-authentication"\n')
    storage = ("/srv/ganeti/file-storage", "/srv/ganeti/shared-file-storage")
    node.put("/etc/ganeti/file-storage-paths", "\n".join([*storage, ""]))
    for place in ("/srv/ganeti/file-storage", "/var/log/ganeti/extstorage"):
        (node.root / place[1:]).mkdir(parents=True, exist_ok=True)
    (node.root / "usr/sbin/policy-rc.d").unlink(missing_ok=True)
    keys = Path(cluster.folder)
    shutil.rmtree(node.root / "root/.ssh", ignore_errors=True)
    node.put("/root/.ssh/id_ed25519", (keys / "id").read_bytes(), mode=0o600)
    node.put("/root/.ssh/authorized_keys", (keys / "id.pub").read_bytes(), mode=0o600)
    (node.root / "root/.ssh").chmod(0o700)
    node.put(HAIL, '#!/bin/sh\nexec /usr/lib/ganeti/iallocators/hail --no-capacity-checks "$@"\n')
    (node.root / HAIL[1:]).chmod(0o755)
    _put_os(node)
    node.run("/usr/sbin/sshd")


def _put_os(node: Node) -> None:
    """Install the OS definition `tiny`: it copies an image file, or nothing at all."""
    node.put(f"{OS_FOLDER}/create", OS_CREATE, mode=0o755)
    for script in ("import", "export", "rename", "verify"):
        node.put(f"{OS_FOLDER}/{script}", "#!/bin/sh\nexit 0\n", mode=0o755)
    node.put(f"{OS_FOLDER}/ganeti_api_version", "20\n")
    node.put(f"{OS_FOLDER}/variants.list", "default\n")
    node.put(f"{OS_FOLDER}/parameters.list", OS_PARAMETERS)


def _let_in(node: Node) -> None:
    """Tell the RAPI of a node who may speak to it."""
    users = "/var/lib/ganeti/rapi/users"
    node.put(f"{users}.new", f"{USER} {PASSWORD} write\nreader {PASSWORD}\n", mode=0o640)
    node.run("chown", "gnt-rapi:gnt-masterd", f"{users}.new")
    node.run("mv", f"{users}.new", users)


def stop(clusters: list[Cluster]) -> None:
    """Take clusters down: processes, namespaces, networks, mounts, files."""
    for cluster in clusters:
        for node in cluster.nodes:
            kill(node.pid)
            subprocess.run(["ip", "netns", "del", node.netns], check=False)
        subprocess.run(["ip", "link", "del", cluster.bridge], check=False)
        if subprocess.run(["umount", cluster.folder], check=False).returncode:
            subprocess.run(["umount", "-l", cluster.folder], check=False)
        shutil.rmtree(cluster.folder, ignore_errors=True)


def main() -> None:
    """Build or remove clusters by hand: `up FILE SIZE...` or `down FILE`."""
    verb, file, *sizes = sys.argv[1:]
    if verb == "up":
        place = Path(tempfile.mkdtemp(prefix="synnefo-gnt-"))
        built = start(place, tuple(map(int, sizes)))
        Path(file).write_bytes(msgspec.json.encode(built))
    else:
        stop(msgspec.json.decode(Path(file).read_bytes(), type=list[Cluster]))


if __name__ == "__main__":
    main()
