"""Unmodified python-openstackclient administers the cloud's identities."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.openstack_shell import OpenStack
from tests.support.pithos_server import Server, environment, running

pytestmark = pytest.mark.needs_clients
ADMIN, PASSWORD = "admin@example.org", "a password for tests"
OTHER = "another password for tests"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve all bricks on a loopback port, registered, with an administrator."""
    data = tmp_path_factory.mktemp("administration")
    with running(data, workers=2, threads=4) as found:
        manage(data, "registry-sync", "--tokens-file", str(data / "conf" / "20-token.conf"))
        manage(data, "user-add", ADMIN, "--admin", "--accept", "--password", PASSWORD)
        yield found


def manage(data: Path, *arguments: str) -> None:
    """Run one `snf-manage` command on the server's data."""
    command = [sys.executable, "-m", "synnefo.webproject.manage", *arguments]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env=environment(data)
    )
    assert done.returncode == 0, done.stderr


class Client:
    """The `openstack` command, as somebody who administers the cloud unless told otherwise.

    Each login has a process of its own, for the command keeps its sessions as long as it runs;
    signing in alone needs none.
    """

    def __init__(self, server: Server) -> None:
        self.shells: dict[str, OpenStack] = {}
        self.login = {
            "--os-auth-url": f"{server.url}/astakos/identity/v3",
            "--os-username": ADMIN,
            "--os-password": PASSWORD,
            "--os-user-domain-name": "Default",
            "--os-project-domain-name": "Default",
            "--os-project-name": ADMIN,
            "--os-identity-api-version": "3",
        }

    def run(self, line: str, *more: str, **login: str) -> tuple[int, str, str]:
        """Run one command; answer its exit code and what it printed."""
        told = {f"--os-{key.replace('_', '-')}": value for key, value in login.items()}
        wanted = {**self.login, **told}
        options = [part for key, value in wanted.items() if value for part in (key, value)]
        place = str(options) if login and line != "token issue" else ""
        shell = self.shells.get(place) or OpenStack()
        self.shells[place] = shell
        return shell.run([*options, *line.split(), *more])

    def do(self, line: str, *more: str, **login: str) -> str:
        """Run a command that must work and prints nothing much."""
        code, out, err = self.run(line, *more, **login)
        assert code == 0, f"{line}: {out}{err}"
        return out

    def ask(self, line: str, *more: str, **login: str) -> Any:
        """Run a command that must work, and read the JSON that it prints."""
        return json.loads(self.do(line, *more, "-f", "json", **login))


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[Client]:
    """The command, signed in as an administrator."""
    made = Client(server)
    yield made
    for shell in made.shells.values():
        shell.close()


def names(listed: list[dict[str, Any]]) -> set[str]:
    """Answer the names in a list."""
    return {one["Name"] for one in listed}


def test_domains_are_made_changed_and_deleted(client: Client) -> None:
    made = client.ask("domain create --description Physics physics")
    assert (made["name"], made["enabled"]) == ("physics", True)
    client.do("domain set --name science physics")
    assert {"Default", "science"} <= names(client.ask("domain list"))
    assert client.run("domain delete science")[0] != 0
    client.do("domain set --disable science")
    assert client.ask("domain show science")["enabled"] is False
    client.do("domain delete science")
    assert client.run("domain show science")[0] != 0


def test_projects_are_made_changed_and_deleted(client: Client) -> None:
    parent = client.ask("project create --description Above --tag a above")
    child = client.ask("project create --parent above --property colour=red below")
    assert (child["parent_id"], child["domain_id"]) == (parent["id"], "default")
    shown = client.ask("project show below --parents")
    assert (shown["colour"], shown["parents"]) == ("red", {parent["id"]: None})
    assert client.ask("project show above --children")["subtree"] == {child["id"]: None}
    client.do("project set --name under --description New --tag b --disable below")
    shown = client.ask("project show under")
    assert (shown["description"], shown["enabled"], shown["tags"]) == ("New", False, ["b"])
    assert names(client.ask("project list --tags a")) == {"above"}
    assert names(client.ask("project list --parent above")) == {"under"}
    assert client.run("project delete above")[0] != 0
    client.do("project delete under above")
    assert not {"above", "under"} & names(client.ask("project list"))


def test_users_are_made_changed_and_deleted(client: Client) -> None:
    client.do("project create work")
    options = "--project work --email grace@example.org --description Admiral"
    made = client.ask(f"user create {options} grace", "--password", OTHER)
    assert (made["name"], made["email"], made["enabled"]) == ("grace", "grace@example.org", True)
    assert "grace" in names(client.ask("user list"))
    client.do("role add --user grace --project work member")
    assert names(client.ask("user list --project work")) == {"grace"}
    hers = {"username": "grace", "password": OTHER, "project_name": "work"}
    assert client.ask("token issue", **hers)["user_id"] == made["id"]
    client.do("user set --email g@example.org --name hopper grace")
    assert client.ask("user show hopper")["email"] == "g@example.org"
    client.do("user set hopper", "--password", "yet another password")
    hers = {**hers, "username": "hopper"}
    assert client.run("token issue", **hers)[0] != 0
    hers["password"] = "yet another password"
    client.do("user set --disable hopper")
    assert client.run("token issue", **hers)[0] != 0
    client.do("user set --enable hopper")
    assert client.ask("token issue", **hers)["project_id"]
    client.do("user delete hopper")
    assert client.run("user show hopper")[0] != 0
    client.do("project delete work")


def test_a_user_changes_the_own_password(client: Client) -> None:
    client.do("user create ida", "--password", OTHER)
    hers = {"username": "ida", "password": OTHER, "project_name": "", "project_domain_name": ""}
    changed = ("--original-password", OTHER, "--password", "a quite new password")
    client.do("user password set", *changed, **hers)
    assert client.run("token issue", **hers)[0] != 0
    assert client.ask("token issue", **{**hers, "password": "a quite new password"})["id"]
    client.do("user delete ida")


def test_groups_have_members(client: Client) -> None:
    client.do("user create kay", "--password", OTHER)
    made = client.ask("group create --description Crew crew")
    assert made["domain_id"] == "default"
    assert client.ask("group create --or-show crew")["id"] == made["id"]
    client.do("group add user crew kay")
    assert "kay in group crew" in client.do("group contains user crew kay")
    assert names(client.ask("group list --user kay")) == {"crew"}
    assert names(client.ask("user list --group crew")) == {"kay"}
    client.do("group set --name team --description Team crew")
    assert client.ask("group show team")["description"] == "Team"
    client.do("group remove user team kay")
    _, out, err = client.run("group contains user team kay")
    assert "kay not in group team" in out + err
    client.do("group delete team")
    client.do("user delete kay")


def test_roles_are_given_implied_and_taken_back(client: Client) -> None:
    for line in ("project create lab", "group create nurses", "role create carer"):
        client.do(line)
    client.do("user create mary", "--password", OTHER)
    client.do("role create --description Helps helper")
    client.do("role set --name aide helper")
    assert client.ask("role show aide")["description"] == "Helps"
    client.do("implied role create carer --implied-role aide")
    listed = client.ask("implied role list")
    assert ("carer", "aide") in {(r["Prior Role Name"], r["Implied Role Name"]) for r in listed}
    client.do("role add --user mary --project lab carer")
    client.do("role add --group nurses --domain default reader")
    client.do("role add --user mary --system all reader")
    client.do("role add --user mary --domain default --inherited aide")
    found = client.ask("role assignment list --names --user mary")
    told = {(one["Role"], one["Project"], one["Domain"], one["System"]) for one in found}
    assert told == {
        ("carer", "lab@Default", "", ""),
        ("reader", "", "", "all"),
        ("aide", "", "Default", ""),
        ("member", "mary@Default", "", ""),
    }
    effective = client.ask("role assignment list --names --user mary --project lab --effective")
    assert {one["Role"] for one in effective} == {"carer", "aide"}
    groups = client.ask("role assignment list --names --group nurses --domain default")
    assert [one["Group"] for one in groups] == ["nurses@Default"]
    assert client.ask("role assignment list --role carer --project lab")
    client.do("role remove --user mary --project lab carer")
    assert client.ask("role assignment list --role carer") == []
    client.do("implied role delete carer --implied-role aide")
    client.do("role remove --user mary --domain default --inherited aide")
    client.do("role delete carer aide")
    client.do("user delete mary")
    client.do("group delete nurses")
    client.do("project delete lab")


def test_roles_of_a_domain_are_its_own(client: Client) -> None:
    client.do("domain create house")
    made = client.ask("role create --domain house keeper")
    assert client.ask("role show --domain house keeper")["id"] == made["id"]
    assert "keeper" in names(client.ask("role list --domain house"))
    assert "keeper" not in names(client.ask("role list"))
    client.do("role delete --domain house keeper")
    client.do("domain set --disable house")
    client.do("domain delete house")


def test_a_domain_has_people_of_its_own(client: Client) -> None:
    client.do("domain create north")
    client.do("project create --domain north lab")
    place = "--domain north --project lab --project-domain north"
    client.do(f"user create {place} ann", "--password", OTHER)
    options = "--user-domain north --project-domain north"
    client.do(f"role add --user ann {options} --project lab member")
    hers = {
        "username": "ann",
        "password": OTHER,
        "user_domain_name": "north",
        "project_domain_name": "north",
        "project_name": "lab",
    }
    told = client.ask("token issue", **hers)
    assert told["project_id"] == client.ask("project show --domain north lab")["id"]
    client.do("role add --user ann --user-domain north --domain north manager")
    scope = {**hers, "project_name": "", "project_domain_name": "", "domain_name": "north"}
    assert names(client.ask("user list --domain north", **scope)) == {"ann"}
    client.do("user create --domain north bob", "--password", OTHER, **scope)
    assert client.run("user create --domain default bob", "--password", OTHER, **scope)[0] != 0
    client.do("domain set --disable north")
    assert client.run("token issue", **hers)[0] != 0
    client.do("domain delete north")


def test_the_catalogue_is_changed(client: Client) -> None:
    client.do("region create --description North --parent-region default north")
    client.do("region set --description Cold north")
    assert client.ask("region show north")["parent_region"] == "default"
    assert "north" in {one["Region"] for one in client.ask("region list")}
    service = client.ask("service create --name conductor --description Plans orchestration")
    client.do("service set --description Conducts conductor")
    assert client.ask("service show conductor")["description"] == "Conducts"
    address = "http://heat.example.org/v1/%(project_id)s"
    made = client.ask("endpoint create --region north conductor public", address)
    assert made["service_id"] == service["id"]
    client.do("endpoint set --interface internal", made["id"])
    found = client.ask("endpoint list --service conductor --interface internal --region north")
    assert [one["URL"] for one in found] == [address]
    listed = {one["Name"]: one["Endpoints"] for one in client.ask("catalog list")}
    assert listed["conductor"][0]["region"] == "north"
    assert client.ask("catalog show conductor")["type"] == "orchestration"
    assert client.run("region delete north")[0] != 0
    client.do("endpoint delete", made["id"])
    client.do("service delete conductor")
    client.do("region delete north")


def test_credentials_are_kept(client: Client) -> None:
    client.do("user create otto", "--password", OTHER)
    made = client.ask("credential create --type cert otto", "certificate")
    client.do(f"credential set --user otto --type cert --data more {made['id']}")
    assert client.ask(f"credential show {made['id']}")["blob"] == "more"
    assert made["id"] in {one["ID"] for one in client.ask("credential list")}
    client.do(f"credential delete {made['id']}")
    key = client.ask("ec2 credentials create")
    assert key["access"] in {one["Access"] for one in client.ask("ec2 credentials list")}
    client.do(f"ec2 credentials delete {key['access']}")
    client.do("user delete otto")


def test_access_is_explained(client: Client) -> None:
    assert client.ask("token issue")["project_id"]
    made = client.ask("application credential create --role reader robot")
    assert "robot" in names(client.ask("application credential list"))
    client.do(f"application credential delete {made['ID']}")
    assert client.ask("versions show --service identity")


def test_limits_are_set(client: Client) -> None:
    listed = client.ask("registered limit list")
    space = next(one for one in listed if one["Resource Name"] == "pithos.diskspace")
    client.do(f"registered limit set --default-limit 1000 {space['ID']}")
    assert client.ask(f"registered limit show {space['ID']}")["default_limit"] == 1000
    client.do("project create bench")
    options = f"--project bench --service {space['Service ID']} --resource-limit 500"
    made = client.ask(f"limit create {options} pithos.diskspace")
    assert made["resource_limit"] == 500
    client.do(f"limit set --resource-limit 600 {made['id']}")
    assert client.ask(f"limit show {made['id']}")["resource_limit"] == 600
    assert [one["ID"] for one in client.ask("limit list --project bench")] == [made["id"]]
    client.do(f"limit delete {made['id']}")
    client.do("project delete bench")


def test_who_may_only_read_changes_nothing(client: Client) -> None:
    client.do("project create shelf")
    for name in ("writer", "looker"):
        client.do(f"user create {name}", "--password", OTHER)
    client.do("role add --user writer --project shelf member")
    client.do("role add --user looker --project shelf reader")
    login = {"password": OTHER, "project_name": "shelf"}
    client.do("keypair create mine", username="writer", **login)
    assert names(client.ask("keypair list", username="writer", **login)) == {"mine"}
    assert client.ask("keypair list", username="looker", **login) == []
    code, out, err = client.run("keypair create mine", username="looker", **login)
    assert code != 0
    assert "reading only" in out + err
