"""A running cloud for whole journeys: started once, in a data folder of its own."""

import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import msgspec
import pytest

UP_SECONDS = 240


class Cloud(msgspec.Struct, frozen=True):
    """Where a running cloud is and who may enter."""

    url: str
    data: Path
    user: str
    password: str
    admin: str
    admin_password: str

    def environment(self, cloud: str = "synnefo") -> dict[str, str]:
        """Answer an environment in which OpenStack clients find this cloud."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("OS_")}
        return {
            **kept,
            "OS_CLIENT_CONFIG_FILE": str(self.data / "clouds.yaml"),
            "OS_CLOUD": cloud,
            "KAMAKI_CONFIG": str(self.data / "kamakirc"),
        }

    def synnefo(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run the `synnefo` command on this cloud."""
        command = [program("synnefo"), *arguments, "--data", str(self.data)]
        return subprocess.run(command, check=False, capture_output=True, text=True)

    def manage(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run `snf-manage` on this cloud."""
        environment = {**os.environ, "SYNNEFO_SETTINGS_DIR": str(self.data / "conf")}
        return subprocess.run(
            [program("snf-manage"), *arguments],
            check=False,
            capture_output=True,
            text=True,
            env={k: v for k, v in environment.items() if k != "DJANGO_SETTINGS_MODULE"},
        )


def program(name: str) -> str:
    """Find a program of this environment."""
    return str(Path(sys.executable).with_name(name))


def read_credentials(file: Path) -> dict[str, dict[str, str]]:
    """Read the logins that a cloud wrote down at its first start."""
    found: dict[str, dict[str, str]] = {}
    section: dict[str, str] = {}
    for line in file.read_text().splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), {})
        elif line.strip():
            name, _, value = line.partition(" ")
            section[name] = value.strip()
    return found


def start(data: Path, *options: str) -> Cloud:
    """Start a cloud in the background and answer it once it is healthy."""
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith(("SYNNEFO_", "DJANGO_"))
    }
    done = subprocess.run(
        [program("synnefo"), "up", "--background", "--data", str(data), *options],
        check=False,
        capture_output=True,
        text=True,
        timeout=UP_SECONDS,
        env=environment,
    )
    assert done.returncode == 0, done.stdout + done.stderr + logs(data)
    logins = read_credentials(data / "credentials")
    user = logins.get("user", logins["admin"])
    url = msgspec.json.decode((data / "place.json").read_bytes())
    return Cloud(
        url=f"http://{url['host']}:{url['port']}",
        data=data,
        user=user["username"],
        password=user["password"],
        admin=logins["admin"]["username"],
        admin_password=logins["admin"]["password"],
    )


def logs(data: Path) -> str:
    """Answer the ends of a cloud's logs, for a test that failed."""
    ends = [f"--- {log.name}\n{log.read_text()[-3000:]}" for log in (data / "log").glob("*.log")]
    return "\n".join(ends)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the ends of a cloud's logs with a test that failed on it."""
    report = yield
    running = getattr(item, "funcargs", {}).get("cloud")
    if report.failed and isinstance(running, Cloud):
        report.sections.append(("logs of the cloud", logs(running.data)))
    return report


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A whole cloud with its demonstration user and image."""
    data = tmp_path_factory.mktemp("cloud")
    running = start(data, "--listen", "127.0.0.1:0")
    yield running
    subprocess.run([program("synnefo"), "reset", "--yes", "--data", str(data)], check=True)
