"""Astakos and the web interface as they run: two web workers, a worker for errands, real mail."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.ports import free_port, wait_for_port

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct horse battery"
WORKER = "synnefo.webproject.front.worker.FrontWorker"


def _pages(folder: Path) -> Path:
    """Copy the built interface, so that a build going on under it changes nothing here."""
    place = folder / "ui"
    shutil.copytree(ROOT / "web" / "dist", place, dirs_exist_ok=True)
    return place


class FrontDoor:
    """A running Astakos in a folder of its own, reached at `localhost`, where passkeys work."""

    def __init__(self, folder: Path, mail_port: int, settings: str = "") -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://localhost:{self.port}"
        for name in ("conf", "db", "run", "log"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        text = (
            f"SYNNEFO_DATA_DIR = {str(folder)!r}\n"
            "SECRET_KEY = 'tests'\nSECRET_ENCRYPTION_KEY = 'tests of the front door'\n"
            f"ASTAKOS_BASE_URL = '{self.url}/astakos'\n"
            f"EMAIL_HOST = '127.0.0.1'\nEMAIL_PORT = {mail_port}\n"
            f"UI_DIR = {str(_pages(folder))!r}\n{settings}"
        )
        (folder / "conf" / "10-test.conf").write_text(text)

    def environment(self) -> dict[str, str]:
        """Answer an environment in which our programs use this folder."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SYNNEFO_", "DJANGO_"))}
        return {
            **kept,
            "SYNNEFO_SETTINGS_DIR": str(self.folder / "conf"),
            "SYNNEFO_EXCLUDE_PACKAGES": "snf-pithos-app:snf-cyclades-app",
            "DJANGO_SETTINGS_MODULE": "synnefo.webproject.django_settings",
        }

    def manage(self, *arguments: str) -> str:
        """Run `snf-manage`; answers what it prints."""
        done = subprocess.run(
            [str(Path(sys.executable).with_name("snf-manage")), *arguments],
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def add_user(self, email: str, *options: str) -> None:
        """Let somebody in who signs in with PASSWORD."""
        self.manage("user-add", email, "Ada", "Example", "--password", PASSWORD, *options)
        self.manage("user-modify", email, "--verify", "--accept")

    @contextmanager
    def open(self) -> Iterator["FrontDoor"]:
        """Serve until left."""
        self.manage("migrate", "--database", "astakos")
        web = [
            *(sys.executable, "-m", "gunicorn", "--no-control-socket", "--preload"),
            *("-k", WORKER, "-w", "2", "--threads", "4", "--graceful-timeout", "2"),
            *("-b", f"localhost:{self.port}", "--log-level", "warning"),
            "synnefo.webproject.wsgi:application",
        ]
        worker = [str(Path(sys.executable).with_name("snf-worker"))]
        with (self.folder / "log" / "all.log").open("ab") as log:
            started = [
                subprocess.Popen(command, env=self.environment(), stdout=log, stderr=log)
                for command in (web, worker)
            ]
        try:
            wait_for_port(self.port, started[0])
            yield self
        finally:
            for process in started:
                process.terminate()
            for process in started:
                process.wait(20)
