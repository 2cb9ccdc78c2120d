"""The programs of a one-machine cloud and how each is started."""

import sys
from pathlib import Path

from synnefo.webproject.up.folder import Folder, Place
from synnefo.webproject.up.supervise import Program


def program(name: str) -> str:
    """Find a program that is installed beside this interpreter."""
    return str(Path(sys.executable).with_name(name))


def cluster(folder: Folder, place: Place) -> list[Program]:
    """Describe the one-machine cluster, its volumes and its consoles."""
    return [
        Program("archipelago", [program("archipelago"), "supervise"]),
        Program(
            "solo",
            [
                program("snf-solo"),
                "--data",
                str(folder.root),
                "--listen",
                f"127.0.0.1:{place.rapi_port}",
                "--user",
                "synnefo",
                "--password-file",
                str(folder.rapi_password),
                "--cloud-id",
                place.cloud_id,
            ],
        ),
        Program("vnc-gateway", [program("snf-vnc-gateway"), "--run", str(folder.run)]),
    ]


def web(place: Place) -> Program:
    """Describe the web server: every brick, on one port."""
    settings = "python:synnefo.webproject.gunicorn_settings"
    address = f"{place.host}:{place.port}"
    application = "synnefo.webproject.wsgi:application"
    return Program(
        "web", [program("gunicorn"), "--config", settings, "--bind", address, application]
    )


def background() -> list[Program]:
    """Describe what works behind the web server."""
    return [
        Program("worker", [program("snf-worker")]),
        Program("dispatcher", [program("snf-dispatcher")]),
    ]
