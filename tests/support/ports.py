"""Free ports, and waiting for who shall listen there."""

import socket
import subprocess
import time


def free_port() -> int:
    """Answer a port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, process: "subprocess.Popen[bytes]", seconds: float = 30.0) -> None:
    """Wait until a process listens; fail at once when it ends instead."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise AssertionError(f"{process.args!r} ended with {process.returncode}.")
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"Nobody listens on port {port}.")
