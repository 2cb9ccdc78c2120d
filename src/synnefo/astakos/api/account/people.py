"""Users over HTTP: catalogues, the caller's own account. Spec: identity 7."""

from urllib.parse import parse_qs

from synnefo.astakos.api.account.schemas import DefaultProject, LegacyUser, Lookup
from synnefo.astakos.api.bodies import check_json, decode
from synnefo.astakos.models import Project, User
from synnefo.astakos.usecases import callers, directory, feedback, groups, projects, tokens
from synnefo.kit.faults import Conflict, Forbidden, ItemNotFound
from synnefo.serve.http import Call, Reply

ALIVE = (1, 10)
LARGEST_FORM = 256 * 1024


def user_catalogs(call: Call) -> directory.Catalogs:
    """Translate between uuids and display names; unknown ones are left out."""
    callers.user_of(call.who)
    wanted = decode(call.read_all(), Lookup)
    return directory.catalogs(wanted.uuids or [], wanted.displaynames or [])


def service_user_catalogs(call: Call) -> directory.Catalogs:
    """Translate for a component; a list that is null means all users."""
    callers.component_name(call.who)
    wanted = decode(call.read_all(), Lookup)
    return directory.catalogs(wanted.uuids, wanted.displaynames)


def send_feedback(call: Call) -> Reply:
    """Pass on what the caller thinks; the body is a form with `feedback_msg`. Spec: identity 7."""
    user = callers.user_of(call.who)
    form = parse_qs(call.read_all(LARGEST_FORM).decode("utf-8", "replace"))
    feedback.send(user, _field(form, "feedback_msg"), _field(form, "feedback_data"))
    return Reply()


def _field(form: dict[str, list[str]], name: str) -> str:
    return form.get(name, [""])[0]


def set_default_project(call: Call, body: DefaultProject) -> Reply:
    """Choose the project that the caller's requests mean when they name none."""
    check_json(call)
    choose_default(callers.user_of(call.who), body.project_id or "")
    return Reply()


def choose_default(user: User, project_id: str) -> None:
    """Choose a user's default project; refuses as spec identity 7 says."""
    if not project_id:
        raise Forbidden("Name a project in 'project_id'.")
    project = Project.objects.filter(uuid=project_id).first()
    if project is None or not user.memberships.filter(project=project).exists():
        raise ItemNotFound(f"The user is no member of a project with the id {project_id}.")
    if project.state not in ALIVE:
        raise Conflict("The project is not in use any more.")
    try:
        projects.set_default(user, project)
    except Conflict as fault:
        raise Forbidden(fault.message) from fault


def legacy_authenticate(call: Call) -> LegacyUser:
    """Describe the holder of the token as the oldest clients know it."""
    user = callers.user_of(call.who)
    row = tokens.find(call.who.token)
    expires = row.expires_at or row.created_at
    return LegacyUser(
        id=user.pk,
        username=user.username,
        uuid=user.uuid,
        email=[user.email],
        name=user.realname,
        groups=list(groups.names_of(user)),
        auth_token=call.who.token,
        auth_token_created=int(row.created_at.timestamp() * 1000),
        auth_token_expires=int(expires.timestamp() * 1000),
    )
