"""The demonstration image in real machines."""

import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from synnefo.node import metadata
from synnefo.node.demo_image import build, default_cache
from synnefo.node.guest_config import GuestConfig, InjectedFile, Nic, documents, name_keys
from tests.e2e.guest.machine import MAC, Build, Machine, eventually

pytestmark = [pytest.mark.needs_qemu, pytest.mark.e2e, pytest.mark.timeout(400)]

PASSWORD = 'It\'s $HOME \\n "x"'
SCRIPT = b"#!/bin/sh\necho once >> /root/ran\n"
CLOUD_CONFIG = b"""#cloud-config
hostname: green
ssh_authorized_keys:
  - ssh-ed25519 AAAAextra someone@else
write_files:
  - path: /opt/app/settings
    owner: user:user
    permissions: '0640'
    content: |
      first = "1"
        second = 'two'
  - path: /opt/app/packed
    encoding: b64
    content: AAEC
runcmd:
  - echo "it's $(hostname)" > /root/said
  - [sh, -c, 'echo "$0" > /root/word', 'a "quoted" word']
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lab")
    build(folder / "demo.img", default_cache())
    key = str(folder / "key")
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "t", "-f", key], check=True
    )
    return folder


def a_guest(lab: Path, **more: object) -> GuestConfig:
    key = (lab / "key.pub").read_text().strip()
    plain = GuestConfig(
        "11111111-1111-4111-8111-111111111111",
        "blue.example.org",
        ssh_keys=name_keys([key]),
        networks=(Nic(MAC),),
    )
    return msgspec.structs.replace(plain, **more)


def a_machine(lab: Path, name: str, **more: object) -> Machine:
    folder = lab / name
    folder.mkdir(exist_ok=True)
    plain = Build(image=lab / "demo.img", folder=folder)
    return Machine(msgspec.structs.replace(plain, **more))


@pytest.fixture(scope="module")
def blue(lab: Path) -> Iterator[Machine]:
    """A machine with all that a config drive can say."""
    config = a_guest(
        lab,
        user_data=SCRIPT,
        admin_pass=PASSWORD,
        personality=(
            InjectedFile("/etc/app/secret", b"\x00\xff\n", owner="user", group="user", mode=0o600),
        ),
    )
    machine = a_machine(lab, "blue", config=config)
    machine.start()
    try:
        print(f"SSH answered after {machine.wait_for_ssh():.1f} s")
        machine.settled()
        yield machine
    finally:
        machine.kill()


def test_the_image_is_small_and_the_same_every_time(lab: Path) -> None:
    image = lab / "demo.img"
    assert image.stat().st_size <= 40_000_000
    build(lab / "again.img", default_cache())
    digests = {hashlib.sha256((lab / n).read_bytes()).digest() for n in ("demo.img", "again.img")}
    assert len(digests) == 1
    assert not [path for path in lab.iterdir() if path.name.startswith(".demo-image")]


def test_it_has_the_name_address_and_files_of_its_config_drive(blue: Machine) -> None:
    assert blue.ssh("hostname") == "blue\n"
    assert "127.0.1.1 blue.example.org blue" in blue.ssh("cat /etc/hosts")
    assert "inet 10.0.2.15/24" in blue.ssh("ip addr show eth0")
    assert "default via 10.0.2.2" in blue.ssh("ip route")
    assert "nameserver 10.0.2.3" in blue.ssh("cat /etc/resolv.conf")
    assert blue.ssh("hexdump -C /etc/app/secret").startswith("00000000  00 ff 0a")
    assert blue.ssh("stat -c '%U %G %a' /etc/app/secret") == "user user 600\n"


def test_root_and_user_enter_by_key(blue: Machine) -> None:
    assert blue.ssh("id -un") == "root\n"
    assert blue.ssh("id -un", user="user") == "user\n"


def test_its_root_fills_the_disk(blue: Machine) -> None:
    size_in_kib = int(blue.ssh("df -k / | tail -n 1 | awk '{print $2}'"))
    assert size_in_kib > 900_000
    assert "root file system fills /dev/vda2" in blue.ssh("cat /var/log/guest.log")


def test_user_data_ran_once(blue: Machine) -> None:
    assert blue.ssh("cat /root/ran") == "once\n"


def test_the_login_prompt_is_on_the_serial_console_and_on_the_screen(blue: Machine) -> None:
    assert "blue login:" in blue.console()
    assert "blue login:" in blue.screen()
    blue.qmp("screendump", filename=str(blue.folder / "screen.png"), format="png")
    assert (blue.folder / "screen.png").stat().st_size > 500


def test_the_password_opens_the_serial_console_and_a_wrong_one_does_not(blue: Machine) -> None:
    blue.type_at_console([("login:", "root"), ("Password:", "wrong")], "incorrect")
    entry = [("login:", "root"), ("Password:", PASSWORD), ("# ", "echo $((6 * 7)); exit")]
    blue.type_at_console(entry, "42")


def test_the_network_can_be_used_from_inside(blue: Machine) -> None:
    assert "SSH-2.0-dropbear" in blue.ssh("echo | nc -w 2 127.0.0.1 22 | head -n 1")
    assert "Usage: wget" in blue.ssh("wget --help 2>&1")


def test_a_card_and_a_disk_can_be_plugged_while_it_runs(blue: Machine) -> None:
    blue.qmp("netdev_add", type="user", id="n1", net="192.168.77.0/24", dhcpstart="192.168.77.9")
    blue.qmp("device_add", driver="virtio-net-pci", netdev="n1", id="card1")
    eventually(lambda: "192.168.77.9/24" in blue.ssh("ip addr show eth1", check=False))
    assert "dev eth0" in blue.ssh("ip route get 1.1.1.1")
    node = {"driver": "null-co", "size": 64 << 20, "node-name": "d1", "read-zeroes": True}
    blue.qmp("blockdev-add", **node)
    blue.qmp("device_add", driver="virtio-blk-pci", drive="d1", id="disk1")
    eventually(lambda: blue.ssh("cat /sys/block/vdc/size", check=False) == "131072\n")
    blue.qmp("device_del", id="disk1")
    eventually(lambda: "vdc" not in blue.ssh("ls /sys/block"))
    blue.qmp("device_del", id="card1")
    eventually(lambda: "eth1" not in blue.ssh("ls /sys/class/net"))


def test_a_second_start_keeps_what_it_is(lab: Path) -> None:
    machine = a_machine(lab, "again", config=a_guest(lab, user_data=SCRIPT))
    try:
        machine.start()
        machine.wait_for_ssh()
        machine.settled()
        before = machine.ssh("sha256sum /etc/dropbear/dropbear_ed25519_host_key")
        assert "root:*:" in machine.ssh("cat /etc/shadow")
        machine.ssh("echo kept > /root/kept; hostname renamed; echo renamed > /etc/hostname; sync")
        machine.kill()
        machine.start()
        machine.wait_for_ssh()
        machine.settled()
        assert machine.ssh("sha256sum /etc/dropbear/dropbear_ed25519_host_key") == before
        assert machine.ssh("cat /root/ran /root/kept; hostname") == "once\nkept\nrenamed\n"
        machine.power_off()
        machine.start(a_guest(lab, server_uuid="another", hostname="copy", user_data=SCRIPT))
        machine.wait_for_ssh()
        machine.settled()
        assert machine.ssh("sha256sum /etc/dropbear/dropbear_ed25519_host_key") != before
        assert machine.ssh("cat /root/ran; hostname") == "once\nonce\ncopy\n"
    finally:
        machine.kill()


def test_cloud_config_is_understood_on_q35(lab: Path) -> None:
    config = a_guest(lab, user_data=CLOUD_CONFIG)
    machine = a_machine(lab, "green", config=config, machine="q35")
    try:
        machine.start()
        machine.wait_for_ssh()
        machine.settled()
        assert machine.ssh("hostname") == "green\n"
        assert machine.ssh("cat /opt/app/settings") == "first = \"1\"\n  second = 'two'\n"
        assert machine.ssh("stat -c '%U %a' /opt/app/settings") == "user 640\n"
        assert "00 01 02" in machine.ssh("hexdump -C /opt/app/packed")
        assert machine.ssh("cat /root/said") == "it's green\n"
        assert machine.ssh("cat /root/word") == 'a "quoted" word\n'
        assert "AAAAextra" in machine.ssh("cat /home/user/.ssh/authorized_keys")
        eventually(lambda: "green login:" in machine.screen())
        machine.power_off()
    finally:
        machine.kill()


@pytest.fixture
def namespace() -> Iterator[str]:
    name = f"snf-test-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
    yield name
    subprocess.run(["ip", "netns", "delete", name], check=True)


@pytest.mark.needs_root
def test_without_a_config_drive_the_metadata_service_is_asked(lab: Path, namespace: str) -> None:
    file = InjectedFile("/root/from", b"far away")
    config = a_guest(lab, hostname="far", user_data=SCRIPT, personality=(file,))
    tree = documents(config)
    listener = metadata.listen_inside(namespace, "127.0.0.1")
    server = metadata.serve(listener, lambda _: tree)
    machine = a_machine(
        lab,
        "far",
        netdev=",net=169.254.169.0/24,host=169.254.169.254",
        inside=("ip", "netns", "exec", namespace),
    )
    try:
        machine.start()
        eventually(lambda: "far login:" in machine.screen())
        machine.settled()
        assert machine.ssh("hostname; cat /root/from /root/ran") == "far\nfar awayonce\n"
    finally:
        machine.kill()
        server.close()


def test_a_fixed_address_is_set_without_dhcp(lab: Path) -> None:
    nic = Nic(MAC, address="10.0.2.33/24", gateway="10.0.2.2", dns=("10.0.2.3",), dhcp=False)
    machine = a_machine(
        lab, "fixed", config=a_guest(lab, networks=(nic,)), netdev=",dhcpstart=10.0.2.33"
    )
    try:
        machine.start()
        machine.wait_for_ssh()
        assert "inet 10.0.2.33/24" in machine.ssh("ip addr show eth0")
        assert "default via 10.0.2.2" in machine.ssh("ip route")
        assert "udhcpc" not in machine.ssh("ps")
        assert "nameserver 10.0.2.3" in machine.ssh("cat /etc/resolv.conf")
    finally:
        machine.kill()


def test_what_was_synced_survives_a_power_cut(lab: Path) -> None:
    machine = a_machine(lab, "cut", config=a_guest(lab))
    try:
        machine.start()
        machine.wait_for_ssh()
        machine.settled()
        machine.ssh(
            "head -c 5000000 /dev/urandom > /root/data; sha256sum /root/data > /root/sum; sync"
        )
        machine.kill()
        machine.start()
        machine.wait_for_ssh()
        assert "OK" in machine.ssh("sha256sum -c /root/sum")
    finally:
        machine.kill()
