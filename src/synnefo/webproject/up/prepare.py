"""What makes an empty data folder a cloud; run again, it finds everything and does nothing.

A process of its own: it loads all of Django, which `synnefo up` itself should not hold on to.
"""

import argparse
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "synnefo.webproject.django_settings")

import django
from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from synnefo.clients.http import Http
from synnefo.kit import conf, logs
from synnefo.kit.faults import Unauthorized
from synnefo.webproject import components
from synnefo.webproject.up import client_files, demo
from synnefo.webproject.up.client_files import Login
from synnefo.webproject.up.folder import Folder, Place, read_json, write_private
from synnefo.webproject.up.steps import step, tell

ADMIN = "admin@synnefo.local"
USER = "user@synnefo.local"


def manage(command: str, *arguments: str) -> str:
    """Run one `snf-manage` command and answer what it printed."""
    out = io.StringIO()
    call_command(command.replace("-", "_"), *arguments, stdout=out)
    return out.getvalue()


def asked(command: str, *arguments: str) -> Any:
    """Run one `snf-manage` command and answer what it printed as JSON."""
    return json.loads(manage(command, *arguments, "--output-format", "json"))


def before(folder: Folder, place: Place, *, with_demo: bool) -> None:
    """Prepare what the web server needs: tables, components, users."""
    with step("Preparing the databases") as said:
        said.note = _migrate()
    with step("Registering components, services and resources"):
        manage("registry-sync", "--tokens-file", str(folder.conf / "20-tokens.conf"))
    with step("Preparing users") as said:
        said.note = _users(folder, place, with_demo=with_demo)


def _migrate() -> str:
    changed = 0
    for label in (component.label for component in components.installed() if component.label):
        executor = MigrationExecutor(connections[label])
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            call_command("migrate", database=label, verbosity=0, interactive=False)
            changed += len(plan)
    return f"{changed} migrations" if changed else "up to date"


def _users(folder: Folder, place: Place, *, with_demo: bool) -> str:
    """Make the users that are missing; what they are given is kept in the data folder."""
    file = folder.root / "logins.json"
    known: dict[str, Any] = dict(read_json(file))
    wanted = {"admin": ADMIN, "user": USER} if with_demo else {"admin": ADMIN}
    made = [role for role in wanted if role not in known]
    for role in made:
        known[role] = _add_user(wanted[role], admin=role == "admin")
        write_private(file, json.dumps(known))
    _write_client_files(folder, place, known)
    return f"{', '.join(made)} made" if made else "all there"


def _write_client_files(folder: Folder, place: Place, known: dict[str, Any]) -> None:
    logins = {role: Login(**login) for role, login in known.items()}
    client_files.write(folder, place, logins["admin"], logins.get("user"))
    client_files.write_credentials(folder, place, logins)


def _renew_tokens(folder: Folder, place: Place) -> str:
    """Replace tokens that expired or were ended by a new password; answers whose."""
    file = folder.root / "logins.json"
    known: dict[str, Any] = dict(read_json(file))
    ended = [role for role, login in known.items() if not _is_good(place, login["token"])]
    for role in ended:
        known[role]["token"] = asked("user-modify", known[role]["project"], "--renew-token")[
            "token"
        ]
    if ended:
        write_private(file, json.dumps(known))
        _write_client_files(folder, place, known)
    return f"{', '.join(ended)} renewed" if ended else "good"


def _is_good(place: Place, token: str) -> bool:
    identity = Http(f"{place.url}/astakos/identity/v3", token=token)
    try:
        identity.call("GET", "/auth/projects")
    except Unauthorized:
        return False
    return True


def _add_user(email: str, *, admin: bool) -> dict[str, str]:
    options = ["--accept", "--with-token", *(["--admin"] if admin else [])]
    names = ("Cloud", "Administrator") if admin else ("Demonstration", "User")
    given = asked("user-add", email, *names, *options)
    return {
        "username": given["email"],
        "password": given["password"],
        "project": given["uuid"],
        "token": given["token"],
    }


def after(folder: Folder, place: Place, *, with_demo: bool) -> None:
    """Prepare what needs the running services: cluster, flavors, network, image."""
    with step("Trying the tokens of the first users") as said:
        said.note = _renew_tokens(folder, place)
    with step("Preparing cluster, flavors and network") as said:
        said.note = demo.cluster(folder, place, manage, asked)
    if with_demo:
        with step("Preparing the demonstration image") as said:
            said.note = demo.image(folder, place)


def main() -> int:
    """Run one part; exit 1 with the reason on standard error."""
    parser = argparse.ArgumentParser()
    parser.add_argument("part", choices=("before", "after"))
    parser.add_argument("root", type=Path)
    parser.add_argument("--demo", action="store_true")
    options = parser.parse_args()
    folder = Folder(options.root)
    place = folder.place()
    assert place is not None, "the place is chosen before anything is prepared"
    django.setup()
    logs.configure("synnefo-up", level="WARNING")
    part = before if options.part == "before" else after
    try:
        part(folder, place, with_demo=options.demo)
    except conf.SettingsError as error:
        tell(f"    {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
