"""What is ended when a cloud starts again."""

import os
import subprocess
import sys
from pathlib import Path

ASK = """
import os, sys
from pathlib import Path
from synnefo.webproject.up.supervise import end_orphans
run = Path(sys.argv[1])
(run / "up.pid").write_text(str(os.getpid()))
print(end_orphans(run, Path(os.environ["SYNNEFO_SETTINGS_DIR"])))
"""


def test_a_cloud_that_starts_does_not_end_itself_when_its_settings_are_exported(
    tmp_path: Path,
) -> None:
    environment = {**os.environ, "SYNNEFO_SETTINGS_DIR": str(tmp_path / "conf")}
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "[]")
