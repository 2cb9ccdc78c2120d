"""A cloud on hosts of its own, installed by the playbook as an operator would."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tests.support.hosts import Lan

TOP = Path(__file__).resolve().parents[2]
PLAYBOOK = TOP / "deploy" / "ansible" / "site.yml"
ROLES = {
    "web": ["front1"],
    "astakos": ["identity1"],
    "pithos": ["files1"],
    "cyclades": ["compute1"],
    "database": ["db1"],
    "queue": ["mq1"],
    "cluster": ["node1"],
    "client": ["client1"],
}
NAME = "cloud.example.org"
WAIT = 120.0
_ASK = """
import json, sys, time, urllib.request
told = json.load(sys.stdin)
body = None if told["body"] is None else told["body"].encode()
request = urllib.request.Request(told["url"], body, told["headers"], method=told["method"])
began = time.monotonic()
try:
    with urllib.request.urlopen(request, timeout=60) as answer:
        found = [answer.status, dict(answer.headers.items()), answer.read().decode()]
except urllib.error.HTTPError as error:
    found = [error.code, dict(error.headers.items()), error.read().decode(errors="replace")]
print(json.dumps([*found, time.monotonic() - began]))
"""


class Said(NamedTuple):
    """What the cloud answered, and after how many seconds."""

    status: int
    headers: dict[str, str]
    body: str
    seconds: float


class HostCloud:
    """The hosts of a cloud, and what was said while it was installed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lan = Lan()
        shared = folder / "shared"
        shared.mkdir()
        with_blocks = {*ROLES["pithos"], *ROLES["cyclades"], *ROLES["cluster"]}
        for name in sorted({host for hosts in ROLES.values() for host in hosts}):
            binds = [(shared, "/srv/archip")] if name in with_blocks else []
            self.lan.add(name, shared=binds)
        self._key()
        for host in self.lan.hosts.values():
            host.await_boot()
            host.run(
                "mkdir -p -m 700 /root/.ssh; cat > /root/.ssh/authorized_keys", given=self.public
            )
            host.run("systemctl start ssh")
        self._inventory()

    def _key(self) -> None:
        key = self.folder / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        self.public = key.with_suffix(".pub").read_text()

    def _inventory(self) -> None:
        lines = ["[all]"]
        lines += [
            f"{host.name} ansible_host={host.address} address={host.address}"
            for host in self.lan.hosts.values()
        ]
        for role, names in ROLES.items():
            lines += ["", f"[{role}]", *names]
        lines += [
            "",
            "[all:vars]",
            "ansible_user=root",
            "ansible_python_interpreter=/usr/bin/python3",
            f"ansible_ssh_private_key_file={self.folder / 'key'}",
            f"cloud_name={NAME}",
            f"wheels={TOP / 'dist' / 'synnefo-wheels.tar'}",
            "web_workers=1",
            "hypervisor=fake",
            "public_subnet=10.99.0.0/24",
            "public_gateway=10.99.0.1",
        ]
        (self.folder / "inventory.ini").write_text("\n".join(lines) + "\n")

    def install(self) -> str:
        """Run the playbook from the client's place on the network; answers what it said."""
        environment = {
            **os.environ,
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_FORKS": "8",
            "ANSIBLE_HOME": str(self.folder / "ansible"),
            "ANSIBLE_HOST_KEY_CHECKING": "0",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_SSH_ARGS": "-o ControlMaster=auto -o ControlPersist=60 "
            "-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR",
        }
        done = subprocess.run(
            [
                *self.among_hosts(),
                str(Path(sys.executable).with_name("ansible-playbook")),
                *("-i", str(self.folder / "inventory.ini"), str(PLAYBOOK)),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
            timeout=900,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-6000:]
        return done.stdout

    def among_hosts(self) -> list[str]:
        """Answer the words that run a program of this machine in the client's place."""
        names = self.folder / "hosts"
        named = self.lan.names().replace(f" {ROLES['web'][0]}\n", f" {ROLES['web'][0]} {NAME}\n")
        names.write_text(f"127.0.0.1 localhost\n{named}")
        bound = f'mount --bind {names} /etc/hosts; exec "$@"'
        client = self.lan.hosts["client1"].pid
        return ["nsenter", "-t", str(client), "-n", "unshare", "-m", "sh", "-c", bound, "sh"]

    def openstack(self, *words: str) -> Any:
        """Run python-openstackclient against the cloud; answers what it printed as JSON."""
        authority = str(self.folder / "state" / "certificates" / "ca.pem")
        environment = {
            **{name: value for name, value in os.environ.items() if name[:3] != "OS_"},
            "OS_AUTH_URL": f"https://{NAME}/astakos/identity/v3",
            "OS_IDENTITY_API_VERSION": "3",
            "OS_USERNAME": f"admin@{NAME}",
            "OS_PASSWORD": self.secret("admin_password"),
            "OS_USER_DOMAIN_ID": "default",
            "OS_CACERT": authority,
            "REQUESTS_CA_BUNDLE": authority,
        }
        program = str(Path(sys.executable).with_name("openstack"))
        done = subprocess.run(
            [*self.among_hosts(), program, *words, "-f", "json"],
            capture_output=True,
            text=True,
            env=environment,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return json.loads(done.stdout) if done.stdout.strip() else None

    def ask(
        self, method: str, path: str, body: object = None, *, token: str = "", plain: bool = False
    ) -> Said:
        """Ask the cloud from the client's host, trusting what that host trusts."""
        headers = {"X-Auth-Token": token} if token else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        told = {
            "url": f"http{'' if plain else 's'}://{NAME}{path}",
            "method": method,
            "headers": headers,
            "body": body if body is None or isinstance(body, str) else json.dumps(body),
        }
        out = self.lan.hosts["client1"].run(["python3", "-c", _ASK], given=json.dumps(told))
        return Said(*json.loads(out))

    def token(self) -> Said:
        """Sign the administrator in."""
        person = {
            "name": f"admin@{NAME}",
            "domain": {"id": "default"},
            "password": self.secret("admin_password"),
        }
        auth = {"identity": {"methods": ["password"], "password": {"user": person}}}
        return self.ask("POST", "/astakos/identity/v3/auth/tokens", {"auth": auth})

    def await_well(self, path: str, token: str) -> Said:
        """Ask until it is answered well."""
        return self._await(lambda: self.ask("GET", path, token=token))

    def await_token(self) -> str:
        """Sign the administrator in as soon as that is possible."""
        return self._await(self.token).headers["X-Subject-Token"]

    @staticmethod
    def _await(asked: Callable[[], Said]) -> Said:
        deadline = time.monotonic() + WAIT
        while (said := asked()).status >= 300:
            assert time.monotonic() < deadline, said
            time.sleep(0.5)
        return said

    def manage(self, host: str, *words: str) -> str:
        """Run `snf-manage` on a host as its operator."""
        told = ["runuser", "-u", "synnefo", "--", "snf-manage", *words]
        return self.lan.hosts[host].run(told)

    def secret(self, name: str) -> str:
        """Answer what the playbook made up."""
        return (self.folder / "state" / "secrets" / name).read_text().strip()

    def close(self) -> None:
        """Take all hosts away."""
        self.lan.close()
