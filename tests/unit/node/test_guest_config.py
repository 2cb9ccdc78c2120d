"""What a guest is told, on the config drive and by the metadata service."""

import base64
import contextlib
import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from synnefo.node import config_drive, metadata
from synnefo.node.guest_config import (
    GuestConfig,
    InjectedFile,
    Nic,
    documents,
    from_os_parameters,
    name_keys,
)

KEY = "ssh-ed25519 AAAAC3Nz alice@laptop"
MAC = "52:54:00:00:00:01"


def a_guest(**more: object) -> GuestConfig:
    plain = GuestConfig("uuid-1", "blue", ssh_keys=name_keys([KEY]))
    return msgspec.structs.replace(plain, **more)


def shown(config: GuestConfig, path: str) -> dict[str, object]:
    return dict(json.loads(documents(config)[path]))


def test_every_version_shows_the_same() -> None:
    tree = documents(a_guest(user_data=b"#!/bin/sh\n"))
    for name in ("meta_data.json", "network_data.json", "vendor_data.json", "user_data"):
        assert tree[f"openstack/2012-08-10/{name}"] == tree[f"openstack/latest/{name}"]
        assert tree[f"openstack/2018-08-27/{name}"] == tree[f"openstack/latest/{name}"]


def test_meta_data_names_the_server_and_its_keys() -> None:
    facts = shown(a_guest(meta={"role": "web"}), "openstack/latest/meta_data.json")
    assert (facts["uuid"], facts["hostname"], facts["meta"]) == ("uuid-1", "blue", {"role": "web"})
    assert facts["public_keys"] == {"alice@laptop": KEY}
    assert facts["keys"] == [{"name": "alice@laptop", "type": "ssh", "data": KEY}]
    assert "admin_pass" not in facts


def test_absent_user_data_is_absent_and_empty_user_data_is_there() -> None:
    assert "openstack/latest/user_data" not in documents(a_guest())
    assert documents(a_guest(user_data=b""))["openstack/latest/user_data"] == b""


def test_personality_files_keep_bytes_owner_and_mode() -> None:
    secret = InjectedFile("/etc/a", b"\x00\xff", owner="root", group="adm", mode=0o640)
    config = a_guest(personality=(secret,))
    (entry,) = shown(config, "openstack/latest/meta_data.json")["files"]  # type: ignore[misc]
    assert entry["path"] == "/etc/a"
    assert documents(config)["openstack" + entry["content_path"]] == b"\x00\xff"
    vendor = str(shown(config, "openstack/latest/vendor_data.json")["cloud-init"])
    wishes = json.loads(vendor.removeprefix("#cloud-config\n"))
    assert wishes["write_files"] == [
        {
            "path": "/etc/a",
            "encoding": "b64",
            "content": base64.b64encode(b"\x00\xff").decode(),
            "owner": "root:adm",
            "permissions": "0640",
        }
    ]


def test_a_password_reaches_cloud_init_too() -> None:
    config = a_guest(admin_pass="Secret'1")
    vendor = str(shown(config, "openstack/latest/vendor_data.json")["cloud-init"])
    assert json.loads(vendor.partition("\n")[2])["chpasswd"]["list"] == "root:Secret'1\n"
    assert shown(config, "openstack/latest/meta_data.json")["admin_pass"] == "Secret'1"


def test_a_card_without_dhcp_gets_its_address_and_route() -> None:
    nic = Nic(MAC, address="10.0.0.5/24", gateway="10.0.0.1", dns=("9.9.9.9",), dhcp=False)
    facts = shown(a_guest(networks=(nic,)), "openstack/latest/network_data.json")
    (network,) = facts["networks"]  # type: ignore[misc]
    assert (network["type"], network["ip_address"]) == ("ipv4", "10.0.0.5")
    assert network["netmask"] == "255.255.255.0"
    assert network["routes"][0]["gateway"] == "10.0.0.1"
    assert facts["links"][0]["ethernet_mac_address"] == MAC  # type: ignore[index]
    assert facts["services"] == [{"type": "dns", "address": "9.9.9.9"}]


def test_a_card_with_dhcp_says_so_and_may_have_a_fixed_ipv6_address() -> None:
    nic = Nic(MAC, address="10.0.0.5/24", address6="fd00::5/64", gateway6="fd00::1")
    facts = shown(a_guest(networks=(nic,)), "openstack/latest/network_data.json")
    assert [one["type"] for one in facts["networks"]] == ["ipv4_dhcp", "ipv6"]  # type: ignore[attr-defined]


def test_a_card_with_neither_has_a_link_and_no_network() -> None:
    facts = shown(a_guest(networks=(Nic(MAC, dhcp=False),)), "openstack/latest/network_data.json")
    assert facts["networks"] == []
    assert len(facts["links"]) == 1  # type: ignore[arg-type]


def test_os_parameters_become_a_guest() -> None:
    files = [{"path": "/root/x", "contents": "YQ==", "mode": 384, "owner": 0}]
    config = from_os_parameters(
        "uuid-2",
        "red",
        {
            "auth_keys": f"{KEY}\n\n# old\nssh-rsa BBBB\n",
            "cloud_userdata": base64.b64encode(b"#!/bin/sh").decode(),
            "img_passwd": "pw",
            "img_personality": json.dumps(files),
            "img_id": "null",
        },
        [],
    )
    assert config.ssh_keys == (("alice@laptop", KEY), ("key-1", "ssh-rsa BBBB"))
    assert (config.user_data, config.admin_pass) == (b"#!/bin/sh", "pw")
    assert config.personality == (InjectedFile("/root/x", b"a", owner="0", mode=0o600),)


def test_the_same_comment_twice_names_two_keys() -> None:
    names = [name for name, _ in name_keys([KEY, KEY.replace("AAAAC3Nz", "BBBB")])]
    assert names == ["alice@laptop", "key-1"]


def test_a_guest_survives_being_kept_as_json() -> None:
    config = a_guest(user_data=b"\xff\x00", personality=(InjectedFile("/a", b"\x00"),))
    assert msgspec.json.decode(msgspec.json.encode(config), type=GuestConfig) == config


def test_the_drive_is_private_labelled_and_reads_back_whole(tmp_path: Path) -> None:
    config = a_guest(
        user_data=b"x" * 60_000,
        personality=(InjectedFile("/a", b"\x00" * 5000), InjectedFile("/empty", b"")),
    )
    target = tmp_path / "config.iso"
    config_drive.write(config, target)
    assert target.stat().st_mode & 0o777 == 0o600
    assert target.read_bytes()[32768 + 40 : 32768 + 48] == b"config-2"
    assert config_drive.read(target) == documents(config)
    assert [path.name for path in tmp_path.iterdir()] == ["config.iso"]


DOCUMENTS = documents(a_guest(user_data=b"#!", personality=(InjectedFile("/a", b"in a"),)))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", b"latest\nopenstack"),
        ("/latest", b"meta-data/\nuser-data"),
        ("/2009-04-04/user-data", b"#!"),
        ("/latest/meta-data/instance-id", b"uuid-1"),
        ("/latest/meta-data/public-keys/", b"0=alice@laptop"),
        ("/latest/meta-data/public-keys/0", b"openssh-key"),
        ("/latest/meta-data/public-keys/0/openssh-key", KEY.encode()),
        ("/latest/meta-data/placement/availability-zone", b"nova"),
        ("/openstack", b"2012-08-10\n2018-08-27\nlatest"),
        ("/openstack/latest/user_data", b"#!"),
        ("/openstack/2016-06-30/user_data", b"#!"),
        ("/openstack/content/0000", b"in a"),
        ("/openstack/latest/nothing", None),
        ("/latest/api/token", None),
        ("/latest/meta-data/hostname/deeper", None),
        ("/nonsense", None),
    ],
)
def test_the_service_shows_both_styles(path: str, expected: bytes | None) -> None:
    assert metadata.answer(DOCUMENTS, path) == expected


def test_the_lists_of_the_service_lead_on() -> None:
    names = (metadata.answer(DOCUMENTS, "/openstack/latest/") or b"").decode().split("\n")
    assert "meta_data.json" in names
    assert all(metadata.answer(DOCUMENTS, f"/openstack/latest/{name}") for name in names)
    for name in (metadata.answer(DOCUMENTS, "/latest/meta-data/") or b"").decode().split("\n"):
        assert metadata.answer(DOCUMENTS, f"/latest/meta-data/{name}") is not None


def bind(folder: Path, instance: str, ip: str, bridge: str) -> None:
    binding = {"instance": instance, "ip": ip, "bridge": bridge, "mac": MAC, "network": "n"}
    (folder / "bindings" / f"{instance}.json").write_text(json.dumps(binding))
    (folder / "vm" / instance).mkdir()
    config_drive.write(a_guest(server_uuid=instance), folder / "vm" / instance / "config.iso")


@pytest.fixture
def guests(tmp_path: Path) -> metadata.Guests:
    (tmp_path / "bindings").mkdir()
    (tmp_path / "vm").mkdir()
    bind(tmp_path, "one", "10.0.0.5", "br1")
    bind(tmp_path, "two", "10.0.0.5", "br2")
    (tmp_path / "bindings" / "broken.json").write_text("{")
    return metadata.Guests(tmp_path / "bindings", tmp_path / "vm")


def test_equal_addresses_on_two_bridges_are_two_guests(guests: metadata.Guests) -> None:
    for bridge, instance in (("br1", b"one"), ("br2", b"two")):
        found = guests.on(bridge)("10.0.0.5")
        assert found is not None
        assert metadata.answer(found, "/latest/meta-data/instance-id") == instance
    assert guests.on("br3")("10.0.0.5") is None
    assert guests.find("10.0.0.6") is None


def test_a_new_drive_is_seen_at_once(guests: metadata.Guests, tmp_path: Path) -> None:
    assert guests.find("10.0.0.5", "br1") is not None
    config_drive.write(a_guest(server_uuid="new"), tmp_path / "vm" / "one" / "config.iso")
    found = guests.find("10.0.0.5", "br1")
    assert found is not None
    assert metadata.answer(found, "/latest/meta-data/instance-id") == b"new"


@pytest.fixture
def service() -> Iterator[str]:
    known = {"127.0.0.1": DOCUMENTS}
    server = metadata.serve(metadata.listen("127.0.0.1", 0), known.get)
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.close()


def test_the_service_speaks_http(service: str) -> None:
    with urllib.request.urlopen(f"{service}/openstack/latest/meta_data.json") as reply:
        assert reply.headers["Content-Type"] == "application/json"
        assert json.loads(reply.read())["uuid"] == "uuid-1"
    head = urllib.request.Request(f"{service}/latest/user-data", method="HEAD")
    with urllib.request.urlopen(head) as reply:
        assert reply.headers["Content-Length"] == "2"


def test_the_service_knows_only_its_guests_and_only_reads(service: str) -> None:
    for request in (
        urllib.request.Request(f"{service}/no/such"),
        urllib.request.Request(f"{service}/latest/meta-data/", method="PUT"),
    ):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request)
        with caught.value as error:
            assert error.code in {404, 501}


def test_many_guests_at_once_are_served(service: str) -> None:
    answers: list[bytes] = []

    def ask() -> None:
        with urllib.request.urlopen(f"{service}/latest/meta-data/hostname") as reply:
            answers.append(reply.read())

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [b"blue"] * 20


def test_a_guest_that_holds_many_connections_gets_no_more(service: str) -> None:
    port = int(service.rpartition(":")[2])
    held = [socket.create_connection(("127.0.0.1", port)) for _ in range(metadata.MOST_OF_ONE)]
    with socket.create_connection(("127.0.0.1", port), timeout=10) as one_more:
        assert one_more.recv(1) == b""
    for connection in held:
        connection.close()
    for _ in range(200):
        with contextlib.suppress(OSError, urllib.error.URLError):
            reply = urllib.request.urlopen(f"{service}/latest/meta-data/hostname")
            break
        time.sleep(0.05)
    with reply:
        assert reply.read() == b"blue"
