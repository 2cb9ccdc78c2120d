"""Unmodified openstacksdk and python-openstackclient sign in and look around."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openstack
import pytest
from keystoneauth1 import session as keystone_session
from keystoneauth1.exceptions import Unauthorized
from keystoneauth1.identity import generic, v2, v3

from tests.support.pithos_server import Server, environment, running

pytestmark = [
    pytest.mark.needs_clients,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
ADMIN, PASSWORD = "admin@example.org", "a password for tests"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve all bricks on a loopback port, registered, with an administrator."""
    data = tmp_path_factory.mktemp("identity")
    with running(data, workers=1, threads=4) as found:
        manage(data, "registry-sync", "--tokens-file", str(data / "conf" / "20-token.conf"))
        manage(data, "user-add", ADMIN, "--admin", "--accept", "--password", PASSWORD)
        yield found


def manage(data: Path, *arguments: str) -> str:
    """Run one `snf-manage` command on the server's data."""
    command = [sys.executable, "-m", "synnefo.webproject.manage", *arguments]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env=environment(data)
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def cli(server: Server, *arguments: str, **more: str) -> Any:
    """Run `openstack` and read the JSON that it prints."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("OS_")}
    command = [str(Path(sys.executable).with_name("openstack")), *arguments, "-f", "json"]
    env = {**kept, **server.keystone, **more}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def admin(server: Server) -> dict[str, str]:
    """Answer what makes the client an administrator."""
    del server
    return {"OS_USERNAME": ADMIN, "OS_PASSWORD": PASSWORD, "OS_PROJECT_ID": ""}


class TestCommandLine:
    """python-openstackclient."""

    def test_a_token_is_issued(self, server: Server) -> None:
        told = cli(server, "token", "issue")
        assert told["project_id"] == server.account
        assert len(told["id"]) == 43

    def test_the_catalogue_is_listed(self, server: Server) -> None:
        listed = {one["Type"] for one in cli(server, "catalog", "list")}
        assert {"identity", "object-store", "compute", "image", "network"} <= listed

    def test_own_projects_are_listed_and_shown_by_name(self, server: Server) -> None:
        assert [one["ID"] for one in cli(server, "project", "list")] == [server.account]
        assert cli(server, "project", "show", server.email)["id"] == server.account

    def test_the_user_is_shown_by_name_and_by_id(self, server: Server) -> None:
        assert cli(server, "user", "show", server.email)["id"] == server.account
        assert cli(server, "user", "show", server.account)["name"] == server.email

    def test_a_project_name_is_enough_to_sign_in(self, server: Server) -> None:
        told = cli(server, "token", "issue", OS_PROJECT_ID="", OS_PROJECT_NAME=server.email)
        assert told["project_id"] == server.account

    def test_an_administrator_lists_everything(self, server: Server) -> None:
        names = {one["Name"] for one in cli(server, "user", "list", **admin(server))}
        assert {ADMIN, server.email} <= names
        assert len(cli(server, "project", "list", **admin(server))) == 2
        assert cli(server, "service", "list", **admin(server))
        assert cli(server, "endpoint", "list", **admin(server))
        assert cli(server, "region", "list", **admin(server))
        assert cli(server, "domain", "list", **admin(server))
        assert cli(server, "role", "list", **admin(server))

    def test_versions_are_shown(self, server: Server) -> None:
        listed = cli(server, "versions", "show", "--service", "identity")
        assert {"3.14"} <= {one["Version"] for one in listed}


class TestLibraries:
    """openstacksdk and keystoneauth."""

    def test_the_sdk_signs_in_and_finds_itself(self, server: Server) -> None:
        cloud = openstack.connect(
            auth_url=f"{server.url}/astakos/identity",
            username=server.email,
            password="correct horse battery",
            user_domain_id="default",
            project_id=server.account,
            app_name="tests",
        )
        assert cloud.current_user_id == server.account
        assert cloud.current_project_id == server.account
        assert [one.id for one in cloud.identity.user_projects(server.account)] == [server.account]
        assert cloud.identity.find_user(server.email).id == server.account
        cloud.close()

    @pytest.mark.parametrize("path", ["/identity", "/identity/", "/identity/v3", "/identity/v3/"])
    def test_a_token_gets_another_and_can_be_revoked(self, server: Server, path: str) -> None:
        session = keystone_session.Session()
        auth = generic.Token(
            f"{server.url}/astakos{path}",
            token=server.token,
            project_id=server.account,
            project_domain_id="default",
        )
        token = session.get_token(auth)
        assert token != server.token
        assert session.get_user_id(auth) == server.account
        session.delete(
            f"{server.url}/astakos/identity/v3/auth/tokens",
            auth=auth,
            headers={"X-Subject-Token": token},
        )
        with pytest.raises(Unauthorized):
            session.get(
                f"{server.url}/astakos/identity/v3/auth/projects",
                headers={"X-Auth-Token": token},
            )

    def test_a_wrong_password_is_refused(self, server: Server) -> None:
        auth = v3.Password(
            f"{server.url}/astakos/identity/v3",
            username="nobody@example.org",
            password="wrong",
            user_domain_id="default",
        )
        with pytest.raises(Unauthorized):
            keystone_session.Session().get_token(auth)

    def test_generic_clients_of_version_2_sign_in(self, server: Server) -> None:
        auth = v2.Password(
            f"{server.url}/astakos/identity/v2.0",
            username=server.email,
            password="correct horse battery",
            tenant_id=server.account,
        )
        session = keystone_session.Session()
        assert session.get_token(auth)
        assert session.get_project_id(auth) == server.account
        assert session.get_endpoint(auth, service_type="object-store")
