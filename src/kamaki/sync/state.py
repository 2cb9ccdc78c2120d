"""What both sides had when they were last the same, kept inside the local folder."""

import fcntl
import os
import shutil
import sqlite3
import threading
from pathlib import Path

import msgspec

from kamaki.errors import KamakiError

PLACE = ".kamaki-sync"
_TABLES = """
CREATE TABLE IF NOT EXISTS pair (local TEXT, remote TEXT);
CREATE TABLE IF NOT EXISTS known (
    path TEXT PRIMARY KEY, content TEXT NOT NULL, mark TEXT NOT NULL
);
"""


class Known(msgspec.Struct, frozen=True):
    """A path's content, and what told then that the local file is untouched."""

    content: str
    mark: str


class State:
    """The memory of one pair of folders; one program at a time."""

    def __init__(self, folder: Path, remote: str) -> None:
        """Open or begin the memory of a folder; refuse another remote folder than before."""
        self.place = folder / PLACE
        self.place.mkdir(exist_ok=True)
        self._lock_file = os.open(self.place / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock_file)
            raise KamakiError(f"{folder} is being synchronised by another program") from error
        self._lock = threading.Lock()
        self._rows = sqlite3.connect(self.place / "state", check_same_thread=False)
        self._rows.executescript(_TABLES)
        try:
            self._require(folder, remote)
        except KamakiError:
            self.close()
            raise

    def _require(self, folder: Path, remote: str) -> None:
        row = self._rows.execute("SELECT remote FROM pair").fetchone()
        if row is None:
            self._rows.execute("INSERT INTO pair VALUES (?, ?)", (str(folder), remote))
            self._rows.commit()
        elif row[0] != remote:
            raise KamakiError(
                f"{folder} is synchronised with {row[0]}, not with {remote}",
                details=[f"To forget that, with nothing deleted: rm -r {self.place}"],
            )

    @property
    def incoming(self) -> Path:
        """Answer where files are made before they take their places."""
        return _made(self.place / "incoming")

    @property
    def trash(self) -> Path:
        """Answer where local files go that were deleted there."""
        return _made(self.place / "trash")

    def tidy(self) -> None:
        """Remove what never took its place, when nothing is left to do."""
        shutil.rmtree(self.place / "incoming", ignore_errors=True)

    def all(self) -> dict[str, Known]:
        """Tell what is known of every path."""
        rows = self._rows.execute("SELECT path, content, mark FROM known")
        return {path: Known(content, mark) for path, content, mark in rows}

    def note(self, path: str, content: str, mark: str) -> None:
        """Remember that both sides have the same."""
        with self._lock:
            self._rows.execute(
                "INSERT OR REPLACE INTO known VALUES (?, ?, ?)", (path, content, mark)
            )
            self._rows.commit()

    def forget(self, path: str) -> None:
        """Remember nothing of a path."""
        with self._lock:
            self._rows.execute("DELETE FROM known WHERE path = ?", (path,))
            self._rows.commit()

    def close(self) -> None:
        """Let another program have the folder."""
        self._rows.close()
        os.close(self._lock_file)


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder
