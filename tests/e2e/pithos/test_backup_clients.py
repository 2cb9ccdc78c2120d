"""Backup programs and command lines that know nothing of us, against one real server."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.pithos.test_pithos_boto3 import make_key
from tests.support import pithos_server
from tests.support.front_server import in_front_of
from tests.support.pithos_server import PASSWORD, Server

pytestmark = pytest.mark.needs_clients
MIB = 2**20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start a web server that answers Swift's and S3's clients."""
    data = tmp_path_factory.mktemp("backups")
    with pithos_server.running(
        data, settings="PITHOS_S3_ENABLED = True\nPITHOS_S3_DOMAIN = '127.0.0.1'\n"
    ) as found:
        yield found


@pytest.fixture(scope="module")
def keys(server: Server) -> dict[str, str]:
    return make_key(server)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Files of many sizes, one of them large."""
    top = tmp_path / "tree"
    for number in range(12):
        place = top / f"d{number % 3}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"f {number}ä").write_bytes(os.urandom(number * 997))
    (top / "large").write_bytes(os.urandom(9 * MIB))
    return top


def run(*command: str, place: Path, **more: str) -> str:
    home = {"HOME": str(place), "XDG_CACHE_HOME": str(place / "cache")}
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    program = f"/usr/bin/{command[0]}"
    done = subprocess.run(
        [program if Path(program).exists() else shutil.which(command[0]) or program, *command[1:]],
        check=False,
        capture_output=True,
        text=True,
        cwd=place,
        env={**kept, "LC_ALL": "C.UTF-8", **home, **more},
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def same(one: Path, other: Path) -> bool:
    return subprocess.run(["diff", "-r", str(one), str(other)], check=False).returncode == 0


def test_restic_backs_up_checks_forgets_and_restores(
    server: Server, tmp_path: Path, tree: Path
) -> None:
    env = {**server.keystone, "RESTIC_PASSWORD": "x", "RESTIC_REPOSITORY": "swift:restic:/repo"}
    for command in ("init", "backup", "check"):
        run(
            "restic", command, *([str(tree)] if command == "backup" else []), place=tmp_path, **env
        )
    (tree / "d0" / "new").write_bytes(b"new")
    run("restic", "backup", str(tree), place=tmp_path, **env)
    run("restic", "forget", "--keep-last", "1", "--prune", place=tmp_path, **env)
    run("restic", "check", "--read-data", place=tmp_path, **env)
    run("restic", "restore", "latest", "--target", str(tmp_path / "back"), place=tmp_path, **env)
    assert same(tree, tmp_path / "back" / str(tree).lstrip("/"))


def test_duplicity_backs_up_twice_and_restores(server: Server, tmp_path: Path, tree: Path) -> None:
    env = {
        "SWIFT_USERNAME": server.email,
        "SWIFT_PASSWORD": PASSWORD,
        "SWIFT_AUTHURL": f"{server.url}/astakos/identity/v3",
        "SWIFT_AUTHVERSION": "3",
        "SWIFT_USER_DOMAIN_NAME": "Default",
        "SWIFT_PROJECT_DOMAIN_NAME": "Default",
        "SWIFT_TENANTNAME": server.email,
        "SWIFT_TENANTID": server.account,
    }
    options = ("--no-encryption", "--verbosity", "error")
    run("duplicity", *options, str(tree), "swift://dup", place=tmp_path, **env)
    (tree / "d1" / "new").write_bytes(b"new")
    run("duplicity", *options, str(tree), "swift://dup", place=tmp_path, **env)
    run("duplicity", *options, "restore", "swift://dup", str(tmp_path / "back"),
        place=tmp_path, **env)  # fmt: skip
    assert same(tree, tmp_path / "back")


def test_s3cmd_syncs_both_ways(
    server: Server, keys: dict[str, str], tmp_path: Path, tree: Path
) -> None:
    with in_front_of(server.url, "/pithos/s3") as host:
        (tmp_path / ".s3cfg").write_text(
            f"[default]\naccess_key = {keys['access']}\nsecret_key = {keys['secret']}\n"
            f"host_base = {host}\nhost_bucket = {host}\nuse_https = False\n"
            "bucket_location = default\nsignature_v2 = False\nmultipart_chunk_size_mb = 5\n"
        )
        run("s3cmd", "mb", "s3://box", place=tmp_path)
        run("s3cmd", "sync", f"{tree}/", "s3://box/tree/", place=tmp_path)
        assert len(run("s3cmd", "ls", "-r", "s3://box", place=tmp_path).splitlines()) == 13
        (tmp_path / "back").mkdir()
        run("s3cmd", "sync", "s3://box/tree/", f"{tmp_path}/back/", place=tmp_path)
        assert same(tree, tmp_path / "back")
        run("s3cmd", "setacl", "--acl-public", "s3://box/tree/large", place=tmp_path)
        run("s3cmd", "rb", "--recursive", "--force", "s3://box", place=tmp_path)


def test_the_aws_command_line_syncs_both_ways(
    server: Server, keys: dict[str, str], tmp_path: Path, tree: Path
) -> None:
    env = {
        "AWS_ACCESS_KEY_ID": keys["access"],
        "AWS_SECRET_ACCESS_KEY": keys["secret"],
        "AWS_DEFAULT_REGION": "default",
        "AWS_CONFIG_FILE": str(tmp_path / "aws"),
    }

    def aws(*command: str) -> str:
        url = f"{server.url}/pithos/s3"
        return run("aws", "--endpoint-url", url, *command, place=tmp_path, **env)

    aws("s3", "mb", "s3://shop")
    aws("s3", "sync", str(tree), "s3://shop/tree", "--only-show-errors")
    aws("s3", "sync", "s3://shop/tree", str(tmp_path / "back"), "--only-show-errors")
    assert same(tree, tmp_path / "back")
    aws("s3", "mv", "s3://shop/tree/large", "s3://shop/moved", "--only-show-errors")
    assert "9.0 MiB" in aws("s3", "ls", "s3://shop/moved", "--human-readable")
    aws("s3", "rb", "s3://shop", "--force")
