"""The settings files of a one-machine cloud; an operator adds `99-local.conf`."""

import json
import secrets

from synnefo.webproject.up.folder import Folder, Place, read_json, write_private

SECRETS = ("SECRET_KEY", "SECRET_ENCRYPTION_KEY")
"""Settings that are made once for each cloud and never change."""


def write(folder: Folder, place: Place) -> None:
    """Write what this program decides; secrets are made once and kept."""
    secret_file = folder.conf / "secrets.json"
    kept = read_json(secret_file)
    fresh = {name: kept.get(name) or secrets.token_urlsafe(48) for name in SECRETS}
    if fresh != kept:
        write_private(secret_file, json.dumps(fresh))
    if not folder.rapi_password.exists():
        write_private(folder.rapi_password, secrets.token_urlsafe(24))
    write_private(folder.conf / "10-up.conf", _settings(folder, place, fresh))
    write_private(folder.conf / "archipelago.ini", _archipelago(folder))


def _settings(folder: Folder, place: Place, kept: dict[str, str]) -> str:
    values: dict[str, object] = {
        **kept,
        "SYNNEFO_DATA_DIR": str(folder.root),
        "LOG_DIR": str(folder.log),
        "ASTAKOS_BASE_URL": f"{place.url}/astakos",
        "ASTAKOS_AUTH_URL": f"{place.url}/astakos/identity/v2.0",
        "PITHOS_BASE_URL": f"{place.url}/pithos",
        "CYCLADES_BASE_URL": f"{place.url}/cyclades",
        "CYCLADES_PUBLIC_ADDRESSES_FOR_ALL": True,
        "CYCLADES_DEFAULT_SERVER_NETWORKS": ["SNF:ANY_PUBLIC_IPV4"],
        "PITHOS_BACKEND_BLOCK_PATH": str(folder.blocks),
        "PITHOS_S3_ENABLED": True,
        "EMAIL_TRANSPORT": "file",
        "CYCLADES_IMAGE_WORK_DIR": str(folder.root / "work"),
    }
    head = "# Written by `synnefo up` at each start. Put your own settings into 99-local.conf.\n"
    return head + "".join(f"{name} = {value!r}\n" for name, value in values.items())


def _archipelago(folder: Folder) -> str:
    return (
        "# Written by `synnefo up` at each start.\n"
        "[ARCHIPELAGO]\n"
        f"BLOCKS_DIR = {folder.blocks}\n"
        f"VOLUMES_DIR = {folder.volumes}\n"
        f"RUN_DIR = {folder.run / 'volumes'}\n"
        f"LOG_DIR = {folder.log}\n"
        "# Owner of the locks: this folder is one node, whatever its host is called today.\n"
        "UNIQUE_STR = solo\n"
    )
