"""What Ganeti asks for, what is copied, and what the helper's words become."""

import json
from pathlib import Path
from typing import Any

import pytest

from synnefo.blocks.filed import FiledStore
from synnefo.blocks.hashing import BLOCK_SIZE
from synnefo.blocks.maps import MapStore
from synnefo.node.image_deploy import copying, deployment, helper_run, orders, sources, targets
from synnefo.node.image_deploy.failures import DeployFailed
from synnefo.node.image_deploy.helper_run import Dialogue
from synnefo.node.image_deploy.install import write_definition
from synnefo.node.image_deploy.monitor import Monitor
from synnefo.node.image_deploy.passwords import hash_password
from synnefo.node.image_deploy.settings import ImageSettings, load

PLAIN = {
    "INSTANCE_NAME": "snf-7",
    "HYPERVISOR": "kvm",
    "DISK_COUNT": "1",
    "DISK_0_URI": "nbd+unix:///vol?socket=/run/x",
    "NIC_COUNT": "1",
    "NIC_0_MAC": "aa:00:00:00:00:01",
    "NIC_0_IP": "10.0.0.2",
    "NIC_0_NETWORK_SUBNET": "10.0.0.0/24",
    "NIC_0_NETWORK_TAGS": "private nfdhcpd",
    "OSP_IMG_ID": "null",
    "OSP_IMG_FORMAT": "diskdump",
}
SETTINGS = ImageSettings()


def read(**more: str) -> orders.Order:
    return orders.read(PLAIN | more, SETTINGS)


def test_an_order_is_read_from_the_environment() -> None:
    order = read(
        OSP_IMG_PROPERTIES='{"osfamily": "linux", "users": "root"}',
        OSP_INST_PROPERTIES='{"USERS": "debian"}',
        OSP_AUTH_KEYS="ssh-rsa A a\nssh-rsa B b",
        OSP_IMG_PERSONALITY='[{"path": "/a", "contents": "aGk=", "owner": 0}]',
        OSP_IMG_PASSWD="secret",
    )
    assert order.properties == {"OSFAMILY": "linux", "USERS": "debian"}
    assert order.disks[0].place.startswith("nbd+unix")
    assert order.keys.splitlines() == ["ssh-rsa A a", "ssh-rsa B b"]
    assert order.gifts[0].owner == "0"
    assert order.cards[0].tags == ("private", "nfdhcpd")
    told = deployment.rules_of(order, SETTINGS)
    assert told.password_hash.startswith("$6$")
    assert told.hostname == "snf-7"


def test_the_words_of_cyclades_are_understood() -> None:
    order = read(
        OSP_ADMIN_PASS="x", OSP_HOSTNAME="web", OSP_SSH_KEYS='["ssh-rsa A"]',
        OSP_PERSONALITY='[{"path": "/a", "contents": ""}]', OSP_SERVER_UUID="u",
    )  # fmt: skip
    assert (order.password, order.hostname, order.keys, order.uuid) == (
        "x",
        "web",
        "ssh-rsa A",
        "u",
    )
    assert order.gifts[0].mode == 0o440


def test_dumps_of_file_systems_imply_their_properties() -> None:
    assert read(OSP_IMG_FORMAT="extdump").properties == {
        "OSFAMILY": "linux",
        "ROOT_PARTITION": "1",
    }


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"OSP_IMG_ID": ""}, "img_id is missing"),
        ({"OSP_IMG_FORMAT": "vmdk"}, "img_format is one of"),
        ({"OSP_IMG_PASSWD": "a", "OSP_IMG_PASSWD_HASH": "b"}, "not both"),
        ({"OSP_OS_PRODUCT_KEY": "short"}, "five groups"),
        ({"OSP_OS_ANSWER_FILE": "gopher://x"}, "address"),
        ({"OSP_IMG_PROPERTIES": "[]"}, "JSON object"),
        ({"OSP_IMG_PROPERTIES": "{"}, "no JSON"),
        ({"OSP_IMG_PERSONALITY": '[{"path": "/a"}]'}, "path and contents"),
        ({"DISK_COUNT": "0"}, "needs a disk"),
        ({"DISK_0_URI": ""}, "neither a path"),
        ({"NIC_COUNT": "many"}, "makes no sense"),
        ({"HYPERVISOR": "lxc"}, "not deployed for lxc"),
        ({"INSTANCE_NAME": ""}, "INSTANCE_NAME is missing"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(more: dict[str, str], sentence: str) -> None:
    with pytest.raises(DeployFailed, match=sentence):
        read(**more)


def test_a_configuration_can_be_fetched_and_direct_words_win(tmp_path: Path) -> None:
    file = tmp_path / "told.json"
    file.write_text(json.dumps({"img_id": "null", "img_format": "extdump", "img_passwd": "far"}))
    told = {"config_url": f"file://{file}", "img_passwd": "near"}
    found = orders.complete(told, SETTINGS)
    assert found == {"img_id": "null", "img_format": "extdump", "img_passwd": "near"}
    with pytest.raises(DeployFailed, match="cannot be fetched"):
        orders.complete({"config_url": f"file://{file}.gone"}, SETTINGS)


@pytest.mark.parametrize(
    ("method", "start"),
    [("", "$6$"), ("sha256", "$5$"), ("md5", "$1$"), ("blowfish", "$2b$"), ("sha1", "$sha1")],
)
def test_passwords_are_hashed_as_the_image_wants(method: str, start: str) -> None:
    first, second = (hash_password("päss", method) for _ in range(2))
    assert first.startswith(start)
    assert first != second
    with pytest.raises(DeployFailed, match="PASSWD_HASHING_METHOD"):
        hash_password("x", "rot13")


def test_settings_are_read_as_a_shell_would(tmp_path: Path) -> None:
    file = tmp_path / "snf-image"
    file.write_text('# no\nIMAGE_DIR="/srv/my images"  # yes\nexport HELPER_MEMORY=256\nOTHER=1\n')
    found = load((str(file),))
    assert (found.image_dir, found.helper_memory) == ("/srv/my images", 256)
    file.write_text("HELPER_MEMORY=much\n")
    with pytest.raises(DeployFailed, match="makes no sense"):
        load((str(file),))


def content(image: str, settings: ImageSettings, image_format: str = "diskdump") -> bytes:
    with sources.opened(image, image_format, settings) as source:
        data = b"".join(source.pieces)
        assert source.size in {len(data), None}
        return data


def test_local_images_stay_in_their_folder(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    (folder / "a.diskdump").write_bytes(b"image")
    (tmp_path / "secret").write_text("x")
    (folder / "link").symlink_to(tmp_path / "secret")
    settings = ImageSettings(image_dir=str(folder))
    for name in ("a", "local://a", "file://a", f"file://{folder}/a"):
        assert content(name, settings) == b"image"
    for name in ("link", "../secret", "local://../secret"):
        with pytest.raises(DeployFailed, match="outside"):
            content(name, settings)
    for name in ("none", "/etc/passwd", "gopher:x"):
        with pytest.raises(DeployFailed):
            content(name, settings)


def test_an_image_is_read_from_the_blocks_of_pithos(tmp_path: Path) -> None:
    store = FiledStore(tmp_path)
    names = [store.put(b"first"), store.put(b""), store.put(b"last")]
    size = 2 * BLOCK_SIZE + 10
    MapStore(tmp_path / "maps").put("my-map", names, size, store=store)
    settings = ImageSettings(pithos_data=str(tmp_path))
    data = content(f"pithosmap://my-map/{size}", settings)
    assert len(data) == size
    assert data.rstrip(b"\0").endswith(b"last")
    for bad in ("pithosmap://none/5", "pithosmap://my-map/x", f"pithosmap://my-map/{size + 1}"):
        with pytest.raises(DeployFailed):
            content(bad, settings)


class Memory:
    """A disk in memory."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.data = bytearray(size)

    def write(self, offset: int, data: bytes) -> None:
        self.data[offset : offset + len(data)] = data

    def flush(self) -> None:
        """Nothing to do."""


def copied(data: bytes, size: int | None, target: Memory, image_format: str = "diskdump") -> None:
    copying.copy(sources.Source(size, iter([data])), target, image_format, Monitor(None))


def test_the_dump_of_a_file_system_gets_a_partition_around_it() -> None:
    target = Memory(4 << 20)
    copied(b"ext" * 1000, 3000, target, "extdump")
    assert target.data[1 << 20 :].startswith(b"extext")
    assert target.data[446:447] == b"\x80"
    assert target.data[450] == 0x83
    assert target.data[510:512] == b"\x55\xaa"


@pytest.mark.parametrize(
    ("size", "room", "sentence"),
    [(5000, 4000, "the disk only"), (None, 4000, "larger than"), (6000, 9000, "ended before")],
)
def test_an_image_that_does_not_fit_is_refused(size: int | None, room: int, sentence: str) -> None:
    with pytest.raises(DeployFailed, match=sentence):
        copied(bytes(5000), size, Memory(room))


def test_only_files_and_block_devices_are_disks(tmp_path: Path) -> None:
    file = tmp_path / "disk"
    file.write_bytes(bytes(4096))
    with targets.opened(str(file), SETTINGS) as target:
        target.write(10, b"here")
        target.flush()
        assert target.size == 4096
    assert file.read_bytes()[10:14] == b"here"
    with pytest.raises(DeployFailed), targets.opened("/dev/null", SETTINGS):
        pass


class Heard(Monitor):
    """A monitor that remembers."""

    def __init__(self) -> None:
        super().__init__(None)
        self.told: list[dict[str, Any]] = []

    def _tell(self, kind: str, **facts: object) -> None:
        self.told.append({"type": kind, **facts})


def test_the_helpers_lines_become_messages() -> None:
    heard = Heard()
    dialogue = Dialogue(heard)
    dialogue.hear(b"TASK_START:AddSwap\nWARN")
    dialogue.hear(b"ING:odd\nSTDERR:2:first\nsecond\nERROR:no room\nTASK_END:AddSwap\n")
    assert [(one["subtype"], one.get("task")) for one in heard.told] == [
        ("task-start", "AddSwap"), ("warning", None), ("error", None), ("error", None),
        ("task-end", "AddSwap"),
    ]  # fmt: skip
    assert heard.told[2]["stderr"] == "first\nsecond"
    assert dialogue.reasons == ["no room"]


@pytest.mark.parametrize(
    "data",
    [b"x" * 600, b"HELLO:x\n", b"WARNING:" + b"x" * 600 + b"\n", b"WARNING:x\n" * 101,
     b"STDERR:99:x\n", b"STDERR:-1:x\n", b"\xff\xfe\n"],
)  # fmt: skip
def test_a_helper_that_babbles_is_not_listened_to(data: bytes) -> None:
    with pytest.raises(DeployFailed):
        Dialogue(Heard()).hear(data)


def test_the_helper_has_no_network_and_no_secret_in_its_command() -> None:
    disk = orders.Disk("nbd+unix:///vol?socket=/run/a,b")
    words = " ".join(helper_run.command(SETTINGS, [disk], "/tmp/rules", [5, 6, 7]))
    assert "-nodefaults" in words
    assert "-netdev" not in words
    assert "socket=/run/a,,b" in words
    assert "spawn=deny" in words


def test_the_definition_is_what_ganeti_looks_for(tmp_path: Path) -> None:
    write_definition(tmp_path)
    found = {path.name for path in tmp_path.iterdir()}
    assert found >= {"create", "import", "export", "rename", "verify", "ganeti_api_version"}
    assert (tmp_path / "ganeti_api_version").read_text() == "20\n"
    assert (tmp_path / "create").stat().st_mode & 0o111
    listed = [x.split()[0] for x in (tmp_path / "parameters.list").read_text().splitlines()]
    assert {"img_id", "img_format", "img_personality", "cloud_userdata"} <= set(listed)
