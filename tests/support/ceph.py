"""A private Ceph of one monitor and one OSD on free loopback ports, for tests.

Everything lies in one folder; it touches no cluster and no service of the system.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path

PATIENCE = 60.0
POOL = "blocks"
CONF = """[global]
fsid = {fsid}
mon_host = [v2:127.0.0.1:{first},v1:127.0.0.1:{second}]
mon_initial_members = a
ms_bind_port_min = 20000
ms_bind_port_max = 32000
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_ipv6 = false
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
auth_allow_insecure_global_id_reclaim = false
keyring = {folder}/keyring
run_dir = {folder}/run
admin_socket = {folder}/run/$name.asok
log_file = {folder}/log/$name.log
crash_dir = {folder}/log
mon_cluster_log_file = {folder}/log/cluster.log
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 8
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_allow_pool_delete = true
mon_warn_on_pool_no_redundancy = false
mon_data_avail_crit = 1
mon_data_avail_warn = 2
[mon]
mon_data = {folder}/mon
[osd]
osd_data = {folder}/osd$id
osd_objectstore = filestore
osd_journal = {folder}/osd$id/journal
osd_journal_size = 128
osd_max_object_name_len = 256
osd_max_object_namespace_len = 64
osd_heartbeat_grace = 4
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(*words: str, text: str = "") -> str:
    done = subprocess.run(words, check=False, capture_output=True, text=True, input=text)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stdout}{done.stderr}"
    return done.stdout


class Ceph:
    """A cluster in a folder; any process may come to it by the folder's path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.conf = str(folder / "ceph.conf")

    @property
    def is_on(self) -> bool:
        """Tell whether both daemons run."""
        files = [self.folder / "run" / f"{name}.pid" for name in ("mon.a", "osd.0")]
        return all(f.exists() and Path(f"/proc/{f.read_text()}").exists() for f in files)

    def start(self) -> None:
        """Make the cluster and one pool, and wait until something can be stored."""
        if shutil.which("ceph-osd") is None:
            sys.exit("Ceph is not installed. Run: apt-get install ceph-mon ceph-osd ceph-common")
        for name in ("mon", "run", "log", "osd0"):
            (self.folder / name).mkdir(parents=True)
        self._prepare_monitor()
        self._daemon("mon.a", "ceph-mon", "-i", "a")
        self._ask("mon", "stat")
        self._prepare_disk()
        self.start_osd()
        self._ask("osd", "pool", "create", POOL, "8", "8")
        _run("timeout", "60", "rados", "-c", self.conf, "-p", POOL, "put", "probe", "/dev/null")
        _run("timeout", "60", "rados", "-c", self.conf, "-p", POOL, "rm", "probe")

    def start_osd(self) -> None:
        """Start the only OSD."""
        self._daemon("osd.0", "ceph-osd", "-i", "0")

    def kill_osd(self) -> None:
        """End the only OSD as a power cut would."""
        self._end("osd.0")

    def stop(self) -> None:
        """End the daemons and remove their data."""
        for name in ("osd.0", "mon.a"):
            self._end(name)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _prepare_monitor(self) -> None:
        fsid = str(uuid.uuid4())
        first, second = _free_port(), _free_port()
        text = CONF.format(fsid=fsid, first=first, second=second, folder=self.folder)
        Path(self.conf).write_text(text)
        keyring, monmap = str(self.folder / "keyring"), str(self.folder / "monmap")
        _run("ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.")
        who = ("-n", "client.admin", "--cap", "mon", "allow *", "--cap", "osd", "allow *")
        _run("ceph-authtool", keyring, "--gen-key", *who)
        place = f"[v2:127.0.0.1:{first},v1:127.0.0.1:{second}]"
        made = ("--create", "--clobber", "--fsid", fsid, "--addv", "a", place)
        newest = ("--set-min-mon-release", "pacific", "--enable-all-features")
        _run("monmaptool", *made, *newest, monmap)
        files = ("--monmap", monmap, "--keyring", keyring)
        _run("ceph-mon", "--mkfs", "-i", "a", "-c", self.conf, *files)

    def _prepare_disk(self) -> None:
        identity = str(uuid.uuid4())
        key = _run("ceph-authtool", "--gen-print-key").strip()
        secret = f'{{"cephx_secret":"{key}"}}'
        self._ask("osd", "new", identity, "-i", "-", text=secret)
        keyring = str(self.folder / "osd0" / "keyring")
        _run("ceph-authtool", "--create-keyring", keyring, "--name", "osd.0", "--add-key", key)
        _run("ceph-osd", "-i", "0", "--mkfs", "-c", self.conf, "--osd-uuid", identity)

    def _ask(self, *words: str, text: str = "") -> str:
        return _run("ceph", "-c", self.conf, "--connect-timeout", "20", *words, text=text)

    def _daemon(self, name: str, *words: str) -> None:
        """Start a process that outlives this one."""
        command = [*words, "-f", "-c", self.conf]
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        log = (os.POSIX_SPAWN_OPEN, 1, str(self.folder / "log" / f"{name}.out"), flags, 0o600)
        actions = [log, (os.POSIX_SPAWN_DUP2, 1, 2)]
        pid = os.posix_spawnp(words[0], command, os.environ, file_actions=actions, setsid=True)
        (self.folder / "run" / f"{name}.pid").write_text(str(pid))

    def _end(self, name: str) -> None:
        file = self.folder / "run" / f"{name}.pid"
        if not file.exists():
            return
        pid = int(file.read_text())
        file.unlink()
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        _wait_until_gone(pid)


def _wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
        time.sleep(0.02)
