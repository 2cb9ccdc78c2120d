"""What Ganeti's environment asks the OS definition to do. Spec: images-and-nodes 1.1, 1.2."""

import json
import re
import subprocess
from collections.abc import Mapping
from typing import Any

import msgspec

from synnefo.node.image_deploy.failures import DeployFailed
from synnefo.node.image_deploy.helper.rules import Card, Gift
from synnefo.node.image_deploy.settings import ImageSettings

FORMATS = ("diskdump", "extdump", "ntfsdump")
IMPLIED = {
    "extdump": {"OSFAMILY": "linux", "ROOT_PARTITION": "1"},
    "ntfsdump": {"OSFAMILY": "windows", "ROOT_PARTITION": "1"},
}
PARAMETERS = {
    "img_id": "URI of the image: pithosmap://MAP/SIZE, http://..., local://NAME, null",
    "img_format": "diskdump, extdump or ntfsdump",
    "img_passwd": "the password of the image's users",
    "img_passwd_hash": "the hash of that password",
    "auth_keys": "OpenSSH public keys, one on a line",
    "img_properties": "JSON object of the image's properties",
    "inst_properties": "JSON object of properties that win over the image's",
    "img_personality": "JSON array of files to put into the image",
    "config_url": "address of a JSON object with any of the others",
    "os_product_key": "product key of Windows",
    "os_answer_file": "address of an answer file of Windows",
    "cloud_userdata": "user-data of cloud-init in base64",
    "admin_pass": "the password, where it travels as a secret",
    "server_uuid": "what the cloud calls the machine",
    "hostname": "what the machine calls itself",
    "ssh_keys": "JSON array of OpenSSH public keys",
    "user_data": "user-data in base64",
    "personality": "JSON array of files to put into the image",
    "meta": "JSON object of the machine's metadata",
    "project_id": "the project of the machine",
}
_PRODUCT_KEY = re.compile(r"([A-Za-z0-9]{5}-){4}[A-Za-z0-9]{5}\Z")
_ANSWER_FILE = re.compile(r"(https?|ftps?|file)://\S+\Z")
_HYPERVISORS = frozenset({"kvm", "xen-hvm", "xen-pvm", "fake"})
_DISKS_MAX = 64
_CONFIG_MAX = 16 * 1024 * 1024


class Disk(msgspec.Struct, frozen=True):
    """A disk of the machine: a path here, or an address that QEMU understands."""

    place: str
    name: str = ""
    frontend: str = "paravirtual"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One machine to be made."""

    instance: str
    uuid: str
    hostname: str
    image: str
    image_format: str
    properties: dict[str, str]
    """Names in capitals; those of the machine win over those of the image."""
    password: str = ""
    password_hash: str = ""
    keys: str = ""
    gifts: tuple[Gift, ...] = ()
    user_data: str = ""
    meta: dict[str, str] = {}
    project: str = ""
    disks: tuple[Disk, ...] = ()
    cards: tuple[Card, ...] = ()


def parameters(environment: Mapping[str, str]) -> dict[str, str]:
    """Take the parameters out of the environment; what is empty but set stays."""
    prefix = "OSP_"
    return {
        key.removeprefix(prefix).lower(): value
        for key, value in environment.items()
        if key.startswith(prefix)
    }


def check(told: Mapping[str, str]) -> None:
    """Refuse parameters that no machine can be made of; `config_url` may bring all of them."""
    if told.get("config_url"):
        return
    for name in ("img_id", "img_format"):
        if not told.get(name):
            raise DeployFailed(f"The parameter {name} is missing.")
    if told["img_format"] not in FORMATS:
        raise DeployFailed(f"img_format is one of {', '.join(FORMATS)}, not {told['img_format']}.")
    if told.get("img_passwd") and told.get("img_passwd_hash"):
        raise DeployFailed("Give img_passwd or img_passwd_hash, not both.")
    if told.get("os_product_key") and not _PRODUCT_KEY.match(told["os_product_key"]):
        raise DeployFailed("os_product_key is five groups of five letters and digits.")
    if told.get("os_answer_file") and not _ANSWER_FILE.match(told["os_answer_file"]):
        raise DeployFailed("os_answer_file is an address: http, https, ftp, ftps or file.")


def complete(told: Mapping[str, str], settings: ImageSettings) -> dict[str, str]:
    """Add what `config_url` has; what was given directly wins."""
    url = told.get("config_url")
    if not url:
        return dict(told)
    done = subprocess.run(
        [*settings.curl.split(), "--max-filesize", str(_CONFIG_MAX), "--max-time", "60", url],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        words = done.stderr.decode(errors="replace").strip()
        raise DeployFailed(f"The machine's configuration cannot be fetched: {words}")
    fetched = _json(done.stdout, dict, "config_url")
    texts = {key: value if isinstance(value, str) else json.dumps(value)
             for key, value in fetched.items() if value is not None}  # fmt: skip
    return texts | {key: value for key, value in told.items() if key != "config_url"}


def read(environment: Mapping[str, str], settings: ImageSettings) -> Order:
    """Read a whole order; DeployFailed says what is missing or makes no sense."""
    for name in ("INSTANCE_NAME", "HYPERVISOR", "DISK_COUNT"):
        if not environment.get(name):
            raise DeployFailed(f"The environment variable {name} is missing.")
    if environment["HYPERVISOR"] not in _HYPERVISORS:
        raise DeployFailed(f"Images are not deployed for {environment['HYPERVISOR']}.")
    told = complete(parameters(environment), settings)
    check(told)
    image = _json(told.get("img_properties") or "{}", dict, "img_properties")
    own = _json(told.get("inst_properties") or "{}", dict, "inst_properties")
    properties = IMPLIED.get(told["img_format"], {}) | _capitals(image) | _capitals(own)
    instance = environment["INSTANCE_NAME"]
    return Order(
        instance=instance,
        uuid=told.get("server_uuid") or environment.get("INSTANCE_UUID") or instance,
        hostname=told.get("hostname") or instance,
        image=told["img_id"],
        image_format=told["img_format"],
        properties=properties,
        password=told.get("admin_pass") or told.get("img_passwd", ""),
        password_hash=told.get("img_passwd_hash", ""),
        keys=_keys(told),
        gifts=_gifts(told.get("personality") or told.get("img_personality") or "[]"),
        user_data=told.get("user_data") or told.get("cloud_userdata", ""),
        meta=_json(told.get("meta") or "{}", dict, "meta"),
        project=told.get("project_id", ""),
        disks=_disks(environment),
        cards=_cards(environment),
    )


def _capitals(told: Mapping[str, Any]) -> dict[str, str]:
    return {str(key).upper(): str(value) for key, value in told.items() if value is not None}


def _keys(told: Mapping[str, str]) -> str:
    more = _json(told.get("ssh_keys") or "[]", list, "ssh_keys")
    return "\n".join([*told.get("auth_keys", "").splitlines(), *map(str, more)])


def _gifts(text: str) -> tuple[Gift, ...]:
    made = []
    for entry in _json(text, list, "img_personality"):
        if not isinstance(entry, dict) or not entry.get("path") or "contents" not in entry:
            raise DeployFailed("Every file of img_personality needs a path and contents.")
        owner, group = entry.get("owner", "root"), entry.get("group", "root")
        mode = entry.get("mode", 0o440)
        if not isinstance(mode, int):
            raise DeployFailed(f"The mode of {entry['path']} is no number.")
        made.append(Gift(str(entry["path"]), str(entry["contents"]), str(owner), str(group), mode))
    return tuple(made)


def _json(text: str | bytes, kind: type, name: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        raise DeployFailed(f"{name} is no JSON.") from None
    if not isinstance(value, kind):
        raise DeployFailed(f"{name} is a JSON {'object' if kind is dict else 'array'}.")
    return value


def _count(environment: Mapping[str, str], name: str) -> int:
    text = environment.get(name) or "0"
    if not text.isdigit() or int(text) > _DISKS_MAX:
        raise DeployFailed(f"{name} is {text}, which makes no sense.")
    return int(text)


def _disks(environment: Mapping[str, str]) -> tuple[Disk, ...]:
    count = _count(environment, "DISK_COUNT")
    if not count:
        raise DeployFailed("A machine of an image needs a disk.")
    made = []
    for number in range(count):
        at = f"DISK_{number}_"
        place = environment.get(f"{at}PATH") or environment.get(f"{at}URI") or ""
        if not place:
            raise DeployFailed(f"Ganeti says neither a path nor an address of disk {number}.")
        frontend = environment.get(f"{at}FRONTEND_TYPE") or "paravirtual"
        made.append(Disk(place, environment.get(f"{at}NAME") or "", frontend))
    return tuple(made)


def _cards(environment: Mapping[str, str]) -> tuple[Card, ...]:
    made = []
    for number in range(_count(environment, "NIC_COUNT")):

        def of(name: str, number: int = number) -> str:
            return environment.get(f"NIC_{number}_{name}") or ""

        made.append(
            Card(
                index=number,
                mac=of("MAC"),
                ip=of("IP"),
                subnet=of("NETWORK_SUBNET"),
                gateway=of("NETWORK_GATEWAY"),
                subnet6=of("NETWORK_SUBNET6"),
                gateway6=of("NETWORK_GATEWAY6"),
                tags=tuple(of("NETWORK_TAGS").split()),
            )
        )
    return tuple(made)
