"""Mails about projects: written in the transaction of their cause. Spec: identity 15."""

from copy import copy

from synnefo.astakos.models import Project, ProjectApplication, ProjectMembership, User
from synnefo.astakos.settings import ProjectSettings
from synnefo.kit import conf
from synnefo.serve import mail
from synnefo.serve.mail_settings import MailSettings, Person

_PROJECTS = "im/projects/project_{}_notification.txt"
_MOVED = {
    "terminate": "termination",
    "suspend": "suspension",
    "unsuspend": "unsuspension",
    "reinstate": "reinstatement",
}
CHANGED = {
    "accept": "accepted",
    "reject": "rejected",
    "remove": "removed",
    "suspend": "suspended",
    "unsuspend": "unsuspended",
}


def project_moved(project: Project, action: str) -> None:
    """Tell the owner, if there is one, what became of the project."""
    if project.owner is not None:
        _send(_MOVED[action], [project.owner.email], project)


def applied(application: ProjectApplication, *, is_new: bool) -> None:
    """Tell those who decide that somebody asks for a project or for a change of one."""
    settings = conf.of(ProjectSettings)
    if is_new:
        who = _people(settings.project_creation_recipients)
    else:
        who = _people(settings.project_modification_recipients)
    _send("creation" if is_new else "modification", who, _titled(application))


def approved(application: ProjectApplication, previous_state: str) -> None:
    """Tell the applicant and those who run the cloud that an application was approved."""
    _send("approval", [application.applicant.email], _titled(application))
    mail.later(
        "im/application_approved_admin_email.txt",
        _people(conf.of(ProjectSettings).project_notifications_recipients),
        application=_titled(application),
        previous_state=previous_state,
    )


def denied(application: ProjectApplication) -> None:
    """Tell the applicant that an application was denied, and why."""
    _send("denial", [application.applicant.email], _titled(application))


def membership_changed(membership: ProjectMembership, action: str) -> None:
    """Tell a member what somebody else did to the membership."""
    person, project = membership.person, membership.project
    if action == "enroll":
        _send("membership_enroll", [person.email], project, user=person)
    elif action in CHANGED:
        told = CHANGED[action]
        _send("membership_change", [person.email], project, user=person, action=told)


def requested(membership: ProjectMembership, *, leaving: bool) -> None:
    """Tell the owner, if there is one, that somebody waits for an answer."""
    project = membership.project
    if project.owner is not None:
        kind = "membership_leave_request" if leaving else "membership_request"
        _send(kind, [project.owner.email], project, user=membership.person)


def _send(
    kind: str,
    to: list[str],
    about: Project | ProjectApplication,
    *,
    user: User | None = None,
    action: str = "",
) -> None:
    people = [address for address in to if address]
    mail.later(_PROJECTS.format(kind), people, object=about, user=user, action=action)


def _titled(application: ProjectApplication) -> ProjectApplication:
    """Give a copy the name by which a mail tells it, if the application changes none."""
    if application.name is not None:
        return application
    titled = copy(application)
    titled.name = application.chain.realname
    return titled


def _people(wanted: list[Person] | None) -> list[str]:
    """Answer a list of recipients; where none is set, the list that it falls back to."""
    if wanted is None:
        wanted = conf.of(ProjectSettings).project_notifications_recipients
    if wanted is not None:
        return mail.recipients(wanted)
    settings = conf.of(MailSettings)
    return mail.recipients(settings.helpdesk, settings.managers)
