"""The `openstack` command in a process of its own that runs one line after the other.

Starting the command takes a second or two, running it a tenth of that. One JSON list of arguments
comes in per line, one JSON list of exit code and outputs goes out.
"""

import io
import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout


class OpenStack:
    """Runs commands in that process."""

    def __init__(self) -> None:
        command = [sys.executable, "-W", "ignore", "-m", "tests.support.openstack_shell"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, arguments: list[str]) -> tuple[int, str, str]:
        """Run one command; answer its exit code and what it printed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(arguments) + "\n")
        self._process.stdin.flush()
        code, out, err = json.loads(self._process.stdout.readline())
        return code, out, err

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=30)


def main() -> None:
    """Run each command that comes in."""
    from openstackclient import shell

    for line in sys.stdin:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            try:
                code = shell.main(json.loads(line))
            except SystemExit as end:
                code = end.code
        print(json.dumps([code, out.getvalue(), err.getvalue()]), flush=True)


if __name__ == "__main__":
    main()
