"""QEMU's command line, packet rules, leases, and what storage providers are told."""

import base64
from pathlib import Path

import msgspec
import pytest

from synnefo.node import config_drive
from synnefo.node.solo import guests, leases, packet_rules, qemu_command, serial_logs
from synnefo.node.solo.disks import DiskSource, RealStorage, read_attachment
from synnefo.node.solo.failures import JobFailure
from synnefo.node.solo.machines import Cable, StartPlan
from synnefo.node.solo.opcodes import Params
from synnefo.node.solo.packet_rules import Port
from synnefo.node.solo.qemu_command import Chassis
from synnefo.node.solo.records import Disk, Instance, Network, Nic
from synnefo.node.solo.wiring import user_options

PROVIDER = """#!/bin/sh
echo "$(basename $0) $VOL_NAME $VOL_CNAME $VOL_SIZE $VOL_NEW_SIZE $EXTP_ORIGIN" >> {log}
[ "$(basename $0)" = attach ] && printf '\\nkvm:nbd+unix:///vol?socket=/run/x.sock\\n'
[ "$VOL_CNAME" = bad ] && {{ echo "no room left" >&2; exit 1; }}
exit 0
"""


def an_owner(disk_template: str = "ext", **changes: object) -> Instance:
    values: dict[str, object] = {
        "name": "snf-1",
        "uuid": "4386ec0f-5095-4515-9630-692fba6c1ce8",
        "hypervisor": "kvm",
        "os": "",
        "disk_template": disk_template,
        "beparams": {"maxmem": 128, "minmem": 128, "vcpus": 2},
        **changes,
    }
    return Instance(**values)  # type: ignore[arg-type] # checked by the struct


def a_disk(name: str = "snf-vol-1", size: int = 32, slot: int = 0) -> Disk:
    params = {"provider": "shed", "origin": "a-map"}
    return Disk("0f0f0f0f-1111-4222-8333-444455556666", name, size, dict(params), slot)


def a_nic(**changes: object) -> Nic:
    values: dict[str, object] = {
        "uuid": "9d431b4b-3bc2-5f3b-a4d8-97305aa3cf5b",
        "name": "snf-nic-1",
        "mac": "aa:00:00:11:22:33",
        "ip": "10.9.0.7",
        "slot": 1,
        **changes,
    }
    return Nic(**values)  # type: ignore[arg-type] # checked by the struct


def a_net(**changes: object) -> Network:
    values: dict[str, object] = {
        "name": "snf-net-1",
        "uuid": "u",
        "network": "10.9.0.0/24",
        "number": 3,
        "gateway": "10.9.0.1",
        "tags": ["nfdhcpd", "public"],
        **changes,
    }
    return Network(**values)  # type: ignore[arg-type] # checked by the struct


@pytest.fixture
def providers(tmp_path: Path) -> Path:
    folder = tmp_path / "providers" / "shed"
    folder.mkdir(parents=True)
    for verb in ("create", "attach", "detach", "remove", "grow", "open", "close", "setinfo"):
        (folder / verb).write_text(PROVIDER.format(log=tmp_path / "calls"))
        (folder / verb).chmod(0o755)
    return folder.parent


def test_a_provider_is_told_what_ganeti_tells_it(tmp_path: Path, providers: Path) -> None:
    storage = RealStorage(tmp_path, providers, tmp_path / "storage.log")
    owner, disk = an_owner(), a_disk()
    storage.create(owner, disk, again=False)
    source = storage.attach(owner, disk)
    assert (source.nbd_socket, source.nbd_export) == ("/run/x.sock", "vol")
    storage.grow(owner, disk, 40)
    storage.detach(owner, disk)
    storage.remove(owner, disk)
    calls = [line.split() for line in (tmp_path / "calls").read_text().splitlines()]
    assert [call[0] for call in calls] == [
        "create", "setinfo", "attach", "open", "grow", "close", "detach", "remove",
    ]  # fmt: skip
    assert calls[0][1:] == [f"{disk.uuid}.ext.disk0", "snf-vol-1", "32", "a-map"]
    assert calls[4][1:] == [f"{disk.uuid}.ext.disk0", "snf-vol-1", "32", "40", "a-map"]


def test_a_provider_that_fails_says_why(tmp_path: Path, providers: Path) -> None:
    storage = RealStorage(tmp_path, providers, tmp_path / "storage.log")
    with pytest.raises(JobFailure, match="no room left"):
        storage.create(an_owner(), a_disk("bad"), again=False)


def test_a_provider_that_is_missing_is_named(tmp_path: Path) -> None:
    storage = RealStorage(tmp_path, tmp_path, tmp_path / "storage.log")
    with pytest.raises(JobFailure, match="'shed' has no 'create'"):
        storage.create(an_owner(), a_disk(), again=False)


def test_a_plain_disk_is_a_sparse_copy_of_its_origin(tmp_path: Path) -> None:
    origin = tmp_path / "image"
    origin.write_bytes(b"boot" * 1024)
    storage, owner, disk = (
        RealStorage(tmp_path, tmp_path, tmp_path / "l"),
        an_owner("file"),
        a_disk(),
    )
    disk.params["origin"] = str(origin)
    storage.create(owner, disk, again=False)
    made = Path(storage.attach(owner, disk).path)
    assert made.read_bytes()[:4096] == origin.read_bytes()
    assert (made.stat().st_size, made.stat().st_blocks < 100) == (32 * 1024 * 1024, True)
    storage.remove(owner, disk)
    storage.remove(owner, disk)
    assert not made.exists()


@pytest.mark.parametrize(
    ("printed", "wanted"),
    [
        ("/dev/loop3\n", DiskSource(path="/dev/loop3")),
        ("\nfake:x\nkvm:nbd://h:1/e\n", DiskSource(nbd_host="h", nbd_port="1", nbd_export="e")),
        ("\nkvm:file:///a%20b\n", DiskSource(path="/a b")),
    ],
)
def test_attachments_are_devices_or_uris(printed: str, wanted: DiskSource) -> None:
    assert read_attachment(printed) == wanted


def test_an_attachment_that_says_nothing_is_an_error() -> None:
    with pytest.raises(JobFailure, match="answered nothing"):
        read_attachment("\n\n")


def command_for(
    machine: str = "pc", accel: str = "tcg", hvparams: Params | None = None
) -> list[str]:
    plan = StartPlan(
        an_owner(hvparams=hvparams or {}),
        [(a_disk(), DiskSource(nbd_socket="/run/x.sock", nbd_export="vol"))],
        [(a_nic(), Cable(tap="t1"))],
        "/c/config.iso",
        lambda: None,
    )
    return qemu_command.command(Chassis("qemu", machine, accel), plan, Path("/run/snf-1"))


def test_qemu_starts_paused_and_daemonised_with_all_its_devices() -> None:
    command = command_for()
    assert {"-S", "-daemonize"} <= set(command)
    assert command[command.index("-accel") + 1].startswith("tcg")
    blockdevs = [
        msgspec.json.decode(command[at + 1])
        for at, word in enumerate(command)
        if word == "-blockdev"
    ]
    assert blockdevs[0]["server"] == {"type": "unix", "path": "/run/x.sock"}
    assert blockdevs[0]["reconnect-delay"] > 0
    assert blockdevs[1]["read-only"] is True


def test_only_kvm_gets_the_host_processor() -> None:
    assert "host" not in command_for()
    assert "host" in command_for(accel="kvm")
    named = command_for(accel="kvm", hvparams={"cpu_type": "Nehalem"})
    assert named[named.index("-cpu") + 1] == "Nehalem"


def test_devices_of_a_q35_sit_in_root_ports() -> None:
    command = command_for("q35")
    assert sum("pcie-root-port" in word for word in command) == qemu_command.SLOTS + 1
    assert any('"bus":"rp1"' in word for word in command)


def test_a_rescue_disc_boots_first_when_asked() -> None:
    command = command_for(hvparams={"cdrom_image_path": "/i.iso", "boot_order": "cdrom"})
    (device,) = [word for word in command if "ide-cd" in word]
    assert msgspec.json.decode(device)["bootindex"] == 0


def test_a_guest_in_user_mode_gets_its_own_address() -> None:
    options = user_options(a_nic(), a_net())
    assert (options["net"], options["dhcpstart"]) == ("10.9.0.0/24", "10.9.0.7")
    assert (options["host"], options["restrict"]) == ("10.9.0.1", "off")
    assert len({options["host"], options["dns"], options["dhcpstart"]}) == 3
    private = user_options(a_nic(), a_net(tags=["private"], gateway=None))
    assert private["restrict"] == "on"


def test_a_nic_may_only_send_as_itself() -> None:
    text = packet_rules.bridge_table(
        [Port("t1", "aa:00:00:11:22:33", "10.9.0.7", "2001:db8::/64")]
    )
    assert "ether saddr != aa:00:00:11:22:33 drop" in text
    assert "ip saddr != 10.9.0.7 drop" in text
    assert "2001:db8::a800:ff:fe11:2233" in text
    assert '"t1" : jump in_t1' in text


def test_firewall_profiles_follow_the_instance_tags() -> None:
    tags = ["synnefo:network:snf-nic-1:limited", "synnefo:network:odd", "other"]
    assert packet_rules.profile_of(tags, ["snf-nic-1", "uuid", "0"]) == "limited"
    assert packet_rules.profile_of(tags, ["snf-nic-2", "uuid2", "1"]) == "unprotected"
    port = Port("t1", "aa:00:00:11:22:33", None, profile="limited")
    assert '"t1" : jump fw_limited' in packet_rules.bridge_table([port])


def test_a_routed_network_gets_router_and_names_and_an_isolated_one_does_not() -> None:
    routed = leases.configuration(a_net(), Path("/n"), ["9.9.9.9"])
    assert "option:router,10.9.0.1" in routed
    assert "server=9.9.9.9" in routed
    isolated = leases.configuration(a_net(tags=["nfdhcpd"], gateway=None), Path("/n"), ["9.9.9.9"])
    assert "port=0" in isolated
    assert "9.9.9.9" not in isolated
    assert "169.254.169.254/32" in isolated


def test_a_config_drive_tells_what_the_parameters_say(tmp_path: Path) -> None:
    told = {
        "server_uuid": "11111111-2222-4333-8444-555555555555",
        "hostname": "hello",
        "ssh_keys": '["ssh-ed25519 AAAA me@x"]',
        "user_data": base64.b64encode(b"#!/bin/sh\n").decode(),
        "admin_pass": "s3cret",
        "personality": '[{"path": "/etc/motd", "contents": "aGk="}]',
        "meta": '{"role": "web"}',
    }
    owner = an_owner(nics=[a_nic()])
    guests.write_drive(owner, told, tmp_path, lambda _: a_net())
    drive = tmp_path / "config.iso"
    assert oct(drive.stat().st_mode & 0o777) == "0o600"
    documents = config_drive.read(drive)
    shown = msgspec.json.decode(documents["openstack/latest/meta_data.json"])
    assert (shown["uuid"], shown["hostname"]) == (told["server_uuid"], "hello")
    assert shown["meta"] == {"role": "web"}
    assert shown["public_keys"] == {"me@x": "ssh-ed25519 AAAA me@x"}
    assert documents["openstack/latest/user_data"] == b"#!/bin/sh\n"
    assert documents["openstack/content/0000"] == b"hi"


def test_parameters_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(JobFailure, match="cannot be read"):
        guests.write_drive(an_owner(), {"meta": "[1"}, tmp_path, lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_a_serial_log_is_bounded_and_read_from_its_end(tmp_path: Path) -> None:
    log = tmp_path / serial_logs.NAME
    with log.open("ab") as guest:
        for number in range(100):
            guest.write(f"line {number:05d}\n".encode())
            guest.flush()
            serial_logs.trim(tmp_path, 200)
    kept = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert kept <= 220
    assert serial_logs.tail(tmp_path, 22) == b"line 00098\nline 00099\n"
    assert len(serial_logs.tail(tmp_path, 110)) == 110
    assert serial_logs.tail(tmp_path, 0) == b""
