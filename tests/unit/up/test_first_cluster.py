"""The first cluster of a cloud on one machine."""

import argparse
from pathlib import Path
from typing import Any

from synnefo.webproject.up import demo
from synnefo.webproject.up.folder import Folder, Place


def test_a_password_that_begins_with_a_dash_is_no_option(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "cloud")
    folder.make()
    folder.rapi_password.write_text("-Fd3x\n")
    taken = []
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("--pass", dest="password")

    def manage(command: str, *arguments: str) -> str:
        if command == "backend-add":
            taken.append(parser.parse_known_args(arguments)[0].password)
        return ""

    def asked(command: str) -> list[dict[str, Any]]:
        if command == "backend-list":
            return [{"id": 1, "clustername": demo.CLUSTER}] if taken else []
        return [{"public": True}]

    assert demo.cluster(folder, Place("127.0.0.1", 8000, 5080, "id"), manage, asked)
    assert taken == ["-Fd3x"]
