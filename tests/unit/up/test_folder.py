"""The data folder: where it may be."""

from pathlib import Path

from click.testing import CliRunner

from synnefo.webproject.up.command import main
from synnefo.webproject.up.folder import SOCKET_PATH_MAX, Folder


def test_a_path_that_is_too_long_for_sockets_is_refused_before_anything_is_made(
    tmp_path: Path,
) -> None:
    root = tmp_path / ("x" * SOCKET_PATH_MAX)
    done = CliRunner().invoke(main, ["up", "--background", "--data", str(root)])
    assert done.exit_code == 1
    assert "characters too long for sockets. Choose a shorter one" in done.output
    assert not root.exists()


def test_a_path_of_usual_length_is_fine() -> None:
    assert Folder(Path("/home/somebody/.local/share/synnefo")).too_long_by == 0
