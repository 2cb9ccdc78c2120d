"""The tasks of a deployment, each on a folder that looks like a mounted image."""

import base64
import json
import stat
from pathlib import Path

import pytest

from synnefo.node.image_deploy.helper import (
    accounts,
    cloud,
    identity,
    mounting,
    network,
    order,
    storage,
)
from synnefo.node.image_deploy.helper.report import Refused
from synnefo.node.image_deploy.helper.rules import Card, Gift, Rules, decode, encode
from synnefo.node.image_deploy.helper.work import distribution
from tests.unit.image_deploy.images import GID, UID, Patient, a_root, rules

KEY = "ssh-ed25519 AAAA me@home"


def a_patient(top: Path, files: dict[str, str] | None = None, **more: object) -> Patient:
    return Patient(a_root(top, files), rules(**more))


def test_rules_travel_unchanged() -> None:
    told = rules(
        keys=KEY,
        gifts=(Gift("/a", "aGk="),),
        cards=(Card(0, "aa:00", ip="10.0.0.2", tags=("dhcp",)),),
        SWAP="2:10",
    )
    assert decode(encode(told) + bytes(100)) == told


def test_the_hostname_is_written_and_the_old_one_forgotten(tmp_path: Path) -> None:
    patient = a_patient(tmp_path)
    identity.assign_hostname(patient.work)
    assert patient.read("/etc/hostname") == "my-server\n"
    assert patient.read("/etc/hosts") == "127.0.0.1 localhost\n127.0.1.1 my-server\n"


@pytest.mark.parametrize(
    ("files", "path", "line"),
    [
        ({"/etc/redhat-release": "x", "/etc/sysconfig/network": "HOSTNAME=old\nA=1\n"},
         "/etc/sysconfig/network", "A=1\nHOSTNAME=my-server\n"),
        ({"/etc/SuSE-release": "x"}, "/etc/HOSTNAME", "my-server\n"),
        ({"/etc/gentoo-release": "x"}, "/etc/conf.d/hostname", 'hostname="my-server"\n'),
        ({"/etc/slackware-version": "x"}, "/etc/HOSTNAME", "my-server\n"),
    ],
)  # fmt: skip
def test_each_distribution_keeps_its_name_elsewhere(
    tmp_path: Path, files: dict[str, str], path: str, line: str
) -> None:
    patient = a_patient(tmp_path, files)
    (tmp_path / "etc/debian_version").unlink()
    identity.assign_hostname(patient.work)
    assert patient.read(path) == line


def test_every_user_that_is_named_gets_the_password_and_the_keys(tmp_path: Path) -> None:
    patient = a_patient(tmp_path, password_hash="$6$x", keys=KEY, USERS="root user")
    accounts.change_password(patient.work)
    assert patient.read("/etc/shadow") == (
        "root:$6$x:15103:0:99999:7:::\nuser:$6$x:15103:0:99999:7:::\n"
    )
    for home in ("root", "home/user"):
        assert patient.read(f"{home}/.ssh/authorized_keys") == f"{KEY}\n"
        assert stat.S_IMODE((tmp_path / home / ".ssh").stat().st_mode) == 0o700
        keys = tmp_path / home / ".ssh/authorized_keys"
        assert stat.S_IMODE(keys.stat().st_mode) == 0o600


def test_keys_go_where_the_server_of_the_image_looks(tmp_path: Path) -> None:
    config = "# AuthorizedKeysFile no\nAuthorizedKeysFile /etc/keys/%u more\n"
    patient = a_patient(tmp_path, {"/etc/ssh/sshd_config": config}, keys=KEY)
    accounts.change_password(patient.work)
    assert patient.read("/etc/keys/root") == f"{KEY}\n"
    assert "root:*:1" in patient.read("/etc/shadow")


def test_a_server_that_takes_no_keys_gets_none(tmp_path: Path) -> None:
    config = {"/etc/ssh/sshd_config": "AuthorizedKeysFile none\n"}
    patient = a_patient(tmp_path, config, keys=KEY)
    accounts.change_password(patient.work)
    assert "takes no keys" in patient.warnings()[0]


def test_nobody_is_let_in_without_password_and_key(tmp_path: Path) -> None:
    patient = a_patient(tmp_path)
    accounts.change_password(patient.work)
    assert "nobody is let in" in patient.warnings()[0]


def test_a_user_who_is_not_in_the_image_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="mallory"):
        accounts.change_password(a_patient(tmp_path, keys=KEY, USERS="mallory").work)


def test_a_shadow_that_leads_elsewhere_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("root:*:::\n")
    patient = a_patient(tmp_path / "image", password_hash="$6$x")
    shadow = tmp_path / "image/etc/shadow"
    shadow.unlink()
    shadow.symlink_to("../../outside")
    with pytest.raises(Refused, match="points out"):
        accounts.change_password(patient.work)
    assert outside.read_text() == "root:*:::\n"


def test_files_come_with_owner_group_and_mode(tmp_path: Path) -> None:
    data = base64.b64encode(b"hello\0").decode()
    gifts = (
        Gift("/etc/app/secret", data, "user", "users", 0o640),
        Gift("/opt/x", data, str(UID), str(GID)),
        Gift("/etc/hostname", data),
    )
    patient = a_patient(tmp_path, gifts=gifts)
    identity.enforce_personality(patient.work)
    place = tmp_path / "etc/app/secret"
    assert place.read_bytes() == b"hello\0"
    assert stat.S_IMODE(place.stat().st_mode) == 0o640
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o750
    assert stat.S_IMODE((tmp_path / "opt/x").stat().st_mode) == 0o440
    assert [p.read_text() for p in (tmp_path / "etc").glob("hostname.bak.*")] == ["old\n"]


@pytest.mark.parametrize(
    "gift",
    [
        Gift("/a", "aGk=", "mallory"),
        Gift("/a", "aGk=", "root", "mallory"),
        Gift("/a", "no base64!"),
        Gift("a/b", "aGk="),
        Gift("/../../a", "aGk="),
    ],
)
def test_files_that_cannot_be_are_refused(tmp_path: Path, gift: Gift) -> None:
    with pytest.raises(Refused):
        identity.enforce_personality(a_patient(tmp_path, gifts=(gift,)).work)


def test_the_machine_gets_an_id_and_host_keys_of_its_own(tmp_path: Path) -> None:
    files = {
        "/etc/ssh/ssh_host_rsa_key": "old",
        "/etc/ssh/ssh_host_rsa_key.pub": "old",
        "/etc/ssh/sshd_config": "HostKey /etc/other\n",
        "/etc/other": "old",
        "/etc/dropbear/dropbear_rsa_host_key": "old",
        "/usr/bin/ssh-keygen": "",
    }
    patient = a_patient(tmp_path, files)
    identity.change_machine_id(patient.work)
    identity.delete_host_keys(patient.work)
    assert len(patient.read("/etc/machine-id").strip()) == 32
    assert patient.read("/etc/machine-id") != "0" * 32 + "\n"
    left = [x for x in files if (tmp_path / x.lstrip("/")).exists()]
    assert left == ["/etc/ssh/sshd_config", "/usr/bin/ssh-keygen"]
    assert patient.ran == [("chroot", str(tmp_path), "/usr/bin/ssh-keygen", "-A")]


def test_a_system_with_selinux_is_relabelled(tmp_path: Path) -> None:
    patient = a_patient(tmp_path, {"/etc/redhat-release": "x"})
    (tmp_path / "etc/debian_version").unlink()
    identity.relabel(patient.work)
    assert (tmp_path / ".autorelabel").exists()


def test_swap_is_made_and_mounted(tmp_path: Path) -> None:
    patient = a_patient(tmp_path, {"/etc/fstab": "/dev/vda1 / ext4 rw 0 1"}, SWAP="b")
    for name in ("vda", "vdb"):
        (tmp_path / name).write_bytes(bytes(1 << 20))
    patient.work.disks = [tmp_path / "vda", tmp_path / "vdb"]
    storage.add_swap(patient.work)
    first, second = patient.read("/etc/fstab").splitlines()
    assert first == "/dev/vda1 / ext4 rw 0 1"
    assert second.startswith("UUID=")
    assert second.endswith(" none swap sw 0 0")


@pytest.mark.parametrize("letter", ["a", "c", "zz", "9"])
def test_swap_on_a_disk_that_is_not_there_is_refused(tmp_path: Path, letter: str) -> None:
    with pytest.raises(Refused, match="does not have"):
        storage.add_swap(a_patient(tmp_path, SWAP=letter).work)


def test_fstab_entries_on_foreign_disks_and_odd_places_are_left_out(tmp_path: Path) -> None:
    fstab = (
        "/dev/vda1 / ext4 rw 0 1\nUUID=AB-12 /boot vfat rw 0 2\n/dev/vdz1 /data ext4 rw 0 2\n"
        "UUID=$(reboot) /etc ext4 rw 0 0\n/dev/vda2 /../.. ext4 rw\n/dev/mem /boot ext4 rw\n"
        "proc /proc proc x\n"
    )
    patient = a_patient(tmp_path, {"/etc/fstab": fstab, "/boot/x": ""})
    for line in fstab.splitlines():
        mounting._mount_entry(patient.work, line.split())
    assert patient.ran == [("findfs", "UUID=AB-12")]
    assert len(patient.warnings()) == 4


def test_a_task_can_be_left_out(tmp_path: Path) -> None:
    def names(**more: object) -> set[str]:
        return {task.name for task in order.wanted(a_patient(tmp_path, **more).work)}

    assert len(names()) == len(order.TASKS)
    assert "AssignHostname" not in names(EXCLUDE_TASK_ASSIGNHOSTNAME="yes")
    assert names(EXCLUDE_MOUNTED_TASKS="on") == {"FixPartitionTable", "FilesystemResizeUnmounted"}
    assert not {x for x in names(EXCLUDE_FILESYSTEMRESIZE_TASKS="1") if "Resize" in x}
    assert names(EXCLUDE_ALL_TASKS="true") == set()
    assert "FixPartitionTable" not in names(CLOUD_INIT="yes")
    assert "FixPartitionTable" in names(CLOUD_INIT="off")


def test_a_task_that_fails_ends_it_with_a_reason(tmp_path: Path) -> None:
    patient = a_patient(tmp_path, USERS="mallory", keys=KEY, EXCLUDE_TASK_FIXPARTITIONTABLE="y",
                        EXCLUDE_FILESYSTEMRESIZE_TASKS="y", EXCLUDE_TASK_ADDSWAP="y")  # fmt: skip
    patient.work.rules.properties["OSFAMILY"] = "linux"
    (tmp_path / "disk1").write_bytes(bytes(2048))
    assert order.attempt(patient.work) is False
    assert any(line.startswith("ERROR:") for line in patient.said)


def test_cloud_images_find_all_in_their_seed(tmp_path: Path) -> None:
    gifts = (Gift("/etc/it's", "aGVsbG8="),)
    card = Card(0, "aa:00:00:00:00:01", ip="10.0.0.2", subnet="10.0.0.0/24", gateway="10.0.0.1")
    patient = a_patient(
        tmp_path, CLOUD_INIT="yes", USERS="debian", keys=KEY, password_hash="$6$x", gifts=gifts,
        user_data=base64.b64encode(b"#!/bin/sh\n").decode(), cards=(card,), SWAP="2:64",
    )  # fmt: skip
    (tmp_path / "etc/debian_version").unlink()
    for task in (
        cloud.initialize_datasource,
        identity.assign_hostname,
        accounts.change_password,
        identity.enforce_personality,
        identity.delete_host_keys,
        network.configure_network,
        storage.add_swap,
    ):
        task(patient.work)
    seed = "/var/lib/cloud/seed/nocloud"
    facts = json.loads(patient.read(f"{seed}/meta-data"))
    assert facts == {"instance-id": "snf-1", "local-hostname": "my-server", "public-keys": [KEY]}
    assert patient.read(f"{seed}/user-data") == "#!/bin/sh\n"
    config = tmp_path / "etc/cloud/cloud.cfg.d"
    told = {p.name: p.read_text() for p in config.iterdir()}
    assert told["98-snf-image-datasource.cfg"] == "datasource_list: [ NoCloud ]\n"
    assert json.loads(told["98-snf-image-password.cfg"])["chpasswd"]["list"] == "debian:$6$x\n"
    assert json.loads(told["98-snf-image-host-keys.cfg"]) == {"ssh_deletekeys": True}
    ethernets = json.loads(told["98-snf-image-network.cfg"])["network"]["ethernets"]
    assert ethernets["eth0"]["addresses"] == ["10.0.0.2/24"]
    assert "64M" in told["98-snf-image-swap.cfg"]
    script = patient.read("/var/lib/cloud/scripts/per-once/snf-image-personality")
    assert "'/etc/it'\\''s'" in script


CARDS = (
    Card(0, "aa:1", ip="10.0.0.2", subnet="10.0.0.0/24", gateway="10.0.0.1"),
    Card(1, "aa:2", ip="10.1.0.2", subnet="10.1.0.0/24", tags=("nfdhcpd",), gateway6="fe80::1"),
    Card(2, "aa:3", gateway6="fe80::1", tags=("stateful_dhcpv6",)),
)


def test_how_each_card_comes_to_its_addresses() -> None:
    told = [(plan.v4, plan.v6) for plan in network.plans(rules(cards=CARDS))]
    assert told == [("static", ""), ("dhcp", "slaac_dhcp"), ("", "dhcp")]


@pytest.mark.parametrize(
    ("wish", "expected"),
    [("", ("", "")), ("dhcp", ("dhcp", "")), ("slaac", ("", "slaac")),
     ("dhcp+dhcpv6", ("dhcp", "dhcp")), ("dhcp+slaac_dhcp", ("dhcp", "slaac_dhcp"))],
)  # fmt: skip
def test_a_lone_card_without_facts_does_as_the_operator_says(
    wish: str, expected: tuple[str, str]
) -> None:
    (plan,) = network.plans(Rules("i", "h", cards=(Card(0),), default_card=wish))
    assert (plan.v4, plan.v6) == expected


def test_debian_gets_interfaces(tmp_path: Path) -> None:
    patient = a_patient(tmp_path, {"/etc/cloud/x": ""}, cards=CARDS)
    network.configure_network(patient.work)
    text = patient.read("/etc/network/interfaces")
    assert "iface eth0 inet static\n\taddress 10.0.0.2/24\n\tgateway 10.0.0.1\n" in text
    assert "iface eth1 inet dhcp\niface eth1 inet6 auto\n\tdhcp 1\n" in text
    assert "iface eth2 inet6 dhcp\n" in text
    assert list((tmp_path / "etc/network").glob("interfaces.bak.*"))
    assert "disabled" in patient.read("/etc/cloud/cloud.cfg.d/98-snf-image-network.cfg")


def test_redhat_gets_one_file_for_each_card(tmp_path: Path) -> None:
    folder = "/etc/sysconfig/network-scripts"
    patient = a_patient(
        tmp_path, {"/etc/redhat-release": "x", f"{folder}/ifcfg-ens3": "old"}, cards=CARDS
    )
    (tmp_path / "etc/debian_version").unlink()
    network.configure_network(patient.work)
    assert "IPADDR=10.0.0.2\nNETMASK=255.255.255.0\n" in patient.read(f"{folder}/ifcfg-eth0")
    assert "DHCPV6C=yes" in patient.read(f"{folder}/ifcfg-eth2")
    assert not (tmp_path / folder.lstrip("/") / "ifcfg-ens3").exists()


def test_other_tools_are_configured_too(tmp_path: Path) -> None:
    patient = a_patient(tmp_path / "a", cards=CARDS, NM_NETWORKING="yes")
    network.configure_network(patient.work)
    place = "etc/NetworkManager/system-connections/snf-eth0.nmconnection"
    assert "address1=10.0.0.2/24,10.0.0.1" in patient.read(place)
    patient = a_patient(tmp_path / "b", {"/etc/systemd/network/x": ""}, cards=CARDS)
    (tmp_path / "b/etc/debian_version").unlink()
    network.configure_network(patient.work)
    assert "Address=10.0.0.2/24" in patient.read("etc/systemd/network/10-snf-eth0.network")
    patient = a_patient(tmp_path / "c", cards=CARDS)
    (tmp_path / "c/etc/debian_version").unlink()
    network.configure_network(patient.work)
    assert "Nothing that we know" in patient.warnings()[0]


def test_distributions_are_told_apart(tmp_path: Path) -> None:
    patient = a_patient(tmp_path, {"/etc/os-release": 'ID="rocky"\nID_LIKE="rhel fedora"\n'})
    assert distribution(patient.work.tree) == "debian"
    (tmp_path / "etc/debian_version").unlink()
    assert distribution(patient.work.tree) == "redhat"


def test_a_custom_task_runs_with_the_root_of_the_image(tmp_path: Path) -> None:
    script = base64.b64encode(b"#!/bin/sh\n").decode()
    patient = a_patient(tmp_path / "image", CUSTOM_TASK=script)
    identity.run_custom_task(patient.work)
    assert patient.ran == [(str(tmp_path / "custom-task"), str(tmp_path / "image"))]
    with pytest.raises(Refused, match="base64"):
        identity.run_custom_task(a_patient(tmp_path / "b", CUSTOM_TASK="!!").work)


def test_a_reports_lines_stay_lines() -> None:
    said: list[str] = []
    from synnefo.node.image_deploy.helper.report import Report

    report = Report(said.append)
    report.fail("two\nlines \x1b[31m" + "x" * 2000)
    report.quote("a\nb\n\n" + "c\n" * 20)
    assert said[0].startswith("ERROR:two?lines ?[31m")
    assert all(len(line) <= 512 and line.count("\n") == 1 for line in said)
    assert said[1] == "STDERR:10:c\n"
