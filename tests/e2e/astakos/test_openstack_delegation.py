"""Unmodified clients hand on what they may: application credentials, keys, trusts.

openstacksdk, keystoneauth and python-openstackclient against all bricks behind a real server.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import openstack
import pytest
from keystoneauth1 import session as keystone_session
from keystoneauth1.exceptions import Unauthorized
from keystoneauth1.identity import v3

from tests.support.pithos_server import PASSWORD, Server, environment, running

pytestmark = [
    pytest.mark.needs_clients,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
OTHER, OPERATOR = "bob@example.org", "admin@example.org"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve all bricks on a loopback port, with three people."""
    data = tmp_path_factory.mktemp("delegation")
    with running(data, workers=2, threads=4) as found:
        manage(data, "registry-sync", "--tokens-file", str(data / "conf" / "20-token.conf"))
        manage(data, "user-add", OTHER, "--accept", "--password", PASSWORD)
        manage(data, "user-add", OPERATOR, "--admin", "--accept", "--password", PASSWORD)
        yield found


def manage(data: Path, *arguments: str) -> str:
    """Run one `snf-manage` command on the server's data."""
    command = [sys.executable, "-m", "synnefo.webproject.manage", *arguments]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env=environment(data)
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def cli(server: Server, *words: str, shows: bool = True, env: dict[str, str] | None = None) -> Any:
    """Run `openstack` and read the JSON that it prints, if it shows anything."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("OS_")}
    command = [str(Path(sys.executable).with_name("openstack")), *words]
    command += ["-f", "json"] if shows else []
    given = {**kept, **server.keystone, **(env or {})}
    used = {name: value for name, value in given.items() if value}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=used)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout) if shows else None
    if isinstance(told, dict):
        return {name.lower().replace(" ", "_"): value for name, value in told.items()}
    return told


def as_app(server: Server, app: dict[str, str]) -> dict[str, str]:
    """Answer the environment of a program with an application credential."""
    del server
    nothing = dict.fromkeys(
        (
            "OS_USERNAME",
            "OS_PASSWORD",
            "OS_PROJECT_ID",
            "OS_USER_DOMAIN_NAME",
            "OS_PROJECT_DOMAIN_NAME",
        ),
        "",
    )
    return {
        **nothing,
        "OS_AUTH_TYPE": "v3applicationcredential",
        "OS_APPLICATION_CREDENTIAL_ID": app["id"],
        "OS_APPLICATION_CREDENTIAL_SECRET": app["secret"],
    }


def status(url: str, token: str, method: str = "GET") -> int:
    """Call an address with a token and answer the status."""
    try:
        with urlopen(
            Request(url, method=method, headers={"X-Auth-Token": token}), timeout=30
        ) as a:
            return int(a.status)
    except HTTPError as error:
        error.close()
        return error.code


class TestApplicationCredentials:
    """openstack application credential ..., and openstacksdk."""

    def test_a_program_works_with_one_until_it_is_deleted(self, server: Server) -> None:
        made = cli(server, "application", "credential", "create", "backup", "--role", "member")
        assert made["project_id"] == server.account
        env = as_app(server, made)
        token = cli(server, "token", "issue", env=env)
        assert token["project_id"] == server.account
        listed = cli(server, "application", "credential", "list")
        assert [one["Name"] for one in listed] == ["backup"]
        assert cli(server, "container", "list", env=env) == []
        cli(server, "application", "credential", "delete", "backup", shows=False)
        assert status(f"{server.url}/astakos/identity/v3/auth/projects", token["id"]) == 401

    def test_the_sdk_signs_in_by_one(self, server: Server) -> None:
        made = cli(server, "application", "credential", "create", "sdk")
        cloud = openstack.connect(
            auth_type="v3applicationcredential",
            auth_url=f"{server.url}/astakos/identity",
            application_credential_id=made["id"],
            application_credential_secret=made["secret"],
            app_name="tests",
        )
        assert cloud.current_user_id == server.account
        assert list(cloud.object_store.containers()) == []
        found: Any = cloud.identity.application_credentials(server.account)  # type: ignore[union-attr] # of v3
        assert "sdk" in {one.name for one in found}
        cloud.close()

    def test_rules_hold_in_every_service(self, server: Server) -> None:
        path = f"/v1/AUTH_{server.account}"
        rules = [{"service": "object-store", "method": "GET", "path": path}]
        words = ("create", "ruled", "--access-rules", json.dumps(rules))
        made = cli(server, "application", "credential", *words)
        token = cli(server, "token", "issue", env=as_app(server, made))["id"]
        assert status(server.storage, token) in {200, 204}
        assert status(f"{server.storage}/new", token, "PUT") == 403
        assert status(f"{server.storage}/new", token) == 403
        for path in (
            "/cyclades/compute/v2.1/servers",
            "/cyclades/network/v2.0/networks",
            "/cyclades/image/v2/images",
            "/cyclades/volume/v3/volumes",
            "/astakos/identity/v3/auth/projects",
            "/astakos/account/v1.0/quotas",
        ):
            assert status(server.url + path, token) == 403, path
        shown = cli(server, "access", "rule", "list")
        assert [one["Service"] for one in shown] == ["object-store"]


class TestKeys:
    """openstack ec2 credentials ..., credential ..., token ..."""

    def test_ec2_keys_are_made_listed_shown_and_deleted(self, server: Server) -> None:
        made = cli(server, "ec2", "credentials", "create")
        assert cli(server, "ec2", "credentials", "list")[0]["Access"] == made["access"]
        assert (
            cli(server, "ec2", "credentials", "show", made["access"])["secret"] == made["secret"]
        )
        cli(server, "ec2", "credentials", "delete", made["access"], shows=False)
        assert cli(server, "ec2", "credentials", "list") == []

    def test_credentials_are_made_listed_changed_and_deleted(self, server: Server) -> None:
        words = ("create", server.account, "a secret text", "--type", "cert")
        made = cli(server, "credential", *words)
        assert cli(server, "credential", "show", made["id"])["blob"] == "a secret text"
        change = ("--user", server.account, "--type", "cert", "--data", "another")
        cli(server, "credential", "set", *change, made["id"], shows=False)
        assert cli(server, "credential", "list")[0]["Data"] == "another"
        data = (server.data / "db" / "astakos.sqlite3").read_bytes()
        assert b"another" not in data
        cli(server, "credential", "delete", made["id"], shows=False)

    def test_a_revoked_token_is_refused_at_once_by_every_service(self, server: Server) -> None:
        token = cli(server, "token", "issue")["id"]
        places = (
            server.storage,
            f"{server.url}/cyclades/network/v2.0/networks",
            f"{server.url}/cyclades/compute/v2.1/servers",
        )
        for place in places * 4:
            assert status(place, token) in {200, 204}
        cli(server, "token", "revoke", token, shows=False)
        for place in places * 4:
            assert status(place, token) == 401


class TestTrusts:
    """openstack trust ..., and keystoneauth's trust scope."""

    def test_one_is_given_used_and_ended(self, server: Server) -> None:
        found = cli(server, "user", "show", OTHER, env=operator())
        words = ("--project", server.account, "--role", "member", server.account, found["id"])
        made = cli(server, "trust", "create", *words, "--impersonate")
        assert cli(server, "trust", "show", made["id"])["trustee_user_id"] == found["id"]
        auth = v3.Password(
            f"{server.url}/astakos/identity/v3",
            username=OTHER,
            password=PASSWORD,
            user_domain_id="default",
            trust_id=made["id"],
        )
        session = keystone_session.Session()
        assert session.get_user_id(auth) == server.account
        token = session.get_token(auth)
        assert status(server.storage, str(token)) in {200, 204}
        cli(server, "trust", "delete", made["id"], shows=False)
        assert status(server.storage, str(token)) == 401
        with pytest.raises(Unauthorized):
            session.get(f"{server.url}/astakos/identity/v3/auth/projects", headers=of(token))


def operator() -> dict[str, str]:
    """Answer what makes the client an administrator."""
    return {"OS_USERNAME": OPERATOR, "OS_PASSWORD": PASSWORD, "OS_PROJECT_ID": ""}


def of(token: str | None) -> dict[str, str]:
    """Answer the headers that carry a token."""
    return {"X-Auth-Token": str(token)}


def test_no_log_holds_a_token_or_a_secret(server: Server) -> None:
    """Everything that the servers wrote, after all of the above."""
    token = cli(server, "token", "issue")["id"]
    app = cli(server, "application", "credential", "create", "logged")
    for path in (f"/astakos/identity/v2.0/tokens/{token}", "/astakos/identity/v3/nothing"):
        status(server.url + path, token)
    status(f"{server.url}/astakos/account/v1.0/quotas?X-Auth-Token={token}", "")
    written = "".join(file.read_text() for file in (server.data / "log").iterdir())
    assert '"request"' in written or "request" in written
    for secret in (token, app["secret"], PASSWORD):
        assert secret not in written
