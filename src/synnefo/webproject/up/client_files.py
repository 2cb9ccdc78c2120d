"""The files with which clients find a cloud: clouds.yaml, openrc, kamakirc, credentials."""

import msgspec

from synnefo.webproject.up.folder import Folder, Place, write_private


class Login(msgspec.Struct, frozen=True):
    """A user of the cloud, as clients need to know it."""

    username: str
    password: str
    project: str
    token: str = ""


def write(folder: Folder, place: Place, admin: Login, demo: Login | None) -> None:
    """Write all client files; `demo` is missing in a cloud without a demonstration user."""
    user = demo or admin
    clouds = [_cloud("synnefo", place, user), _cloud("synnefo-admin", place, admin)]
    write_private(folder.root / "clouds.yaml", "clouds:\n" + "".join(clouds))
    write_private(folder.root / "openrc", _openrc(place, user))
    write_private(folder.root / "kamakirc", _kamakirc(place, user, admin))


def _auth_url(place: Place) -> str:
    return f"{place.url}/astakos/identity/v3"


def _cloud(name: str, place: Place, login: Login) -> str:
    return (
        f"  {name}:\n"
        f"    region_name: default\n"
        f"    identity_api_version: 3\n"
        f"    auth:\n"
        f"      auth_url: {_auth_url(place)}\n"
        f"      username: {login.username}\n"
        f"      password: {login.password}\n"
        f"      project_id: {login.project}\n"
        f"      user_domain_id: default\n"
    )


def _openrc(place: Place, login: Login) -> str:
    pairs = {
        "OS_AUTH_URL": _auth_url(place),
        "OS_IDENTITY_API_VERSION": "3",
        "OS_USERNAME": login.username,
        "OS_PASSWORD": login.password,
        "OS_PROJECT_ID": login.project,
        "OS_USER_DOMAIN_ID": "default",
        "OS_REGION_NAME": "default",
    }
    return "".join(f"export {name}='{value}'\n" for name, value in pairs.items())


def _kamakirc(place: Place, user: Login, admin: Login) -> str:
    def section(name: str, login: Login) -> str:
        url = f"{place.url}/astakos/identity/v2.0"
        return f'[cloud "{name}"]\nurl = {url}\ntoken = {login.token}\n\n'

    head = "[global]\ndefault_cloud = synnefo\n\n"
    return head + section("synnefo", user) + section("synnefo-admin", admin)


def write_credentials(folder: Folder, place: Place, logins: dict[str, Login]) -> None:
    """Keep the generated passwords where only the owner of the data folder reads them."""
    lines = [f"address   {place.url}/"]
    for role, login in logins.items():
        lines += ["", f"[{role}]", f"username  {login.username}", f"password  {login.password}"]
    write_private(folder.credentials, "\n".join(lines) + "\n")
