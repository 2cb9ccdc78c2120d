"""What operators change about one person: names, address, rights, password, limits; and mails."""

from collections.abc import Mapping, Sequence

from django.db import transaction

from synnefo.astakos.models import DATABASE, User
from synnefo.astakos.settings import SecuritySettings
from synnefo.astakos.usecases import audit, password_changes, passwords, projects, users
from synnefo.kit import conf
from synnefo.kit.faults import BadRequest, Conflict
from synnefo.serve import mail

NAMES = {"first_name": 150, "last_name": 150, "affiliation": 255}
LONGEST_SUBJECT = 200
LONGEST_TEXT = 20000


def add(
    person: users.NewUser, *, affiliation: str = "", is_accepted: bool = False
) -> tuple[User, str]:
    """Add a person; answer the password that was made, empty when one was given."""
    made = "" if person.password else passwords.new_password()
    with transaction.atomic(using=DATABASE):
        user = users.add(person)
        if made:
            users.write_password(user, made)
        if affiliation:
            _name(user, {"affiliation": affiliation})
        audit.record("user.added", subject=user)
        if is_accepted:
            users.verify(user)
            if not user.account.accepted:
                users.accept(user)
    return users.find(user.uuid), made


def change(user: User, operator: User, changes: Mapping[str, object]) -> None:
    """Apply the changes that were asked for, all or none.

    Names, `email`, `is_admin`, `default_project`. Nobody takes their own rights away.
    """
    if user.pk == operator.pk and changes.get("is_admin") is False:
        raise Conflict("These are your own rights. Another operator can take them away.")
    with transaction.atomic(using=DATABASE):
        _name(user, {name: str(changes[name]) for name in NAMES if name in changes})
        if "email" in changes and changes["email"] != user.email:
            users.set_email(user, str(changes["email"]))
        if "is_admin" in changes and changes["is_admin"] != user.is_admin:
            users.set_flags(user, is_admin=bool(changes["is_admin"]))
        if "default_project" in changes:
            projects.set_default(user, projects.find(str(changes["default_project"])))
        audit.record("user.changed", subject=user, changed=sorted(changes))


def set_marks(user: User, marks: Mapping[str, object]) -> None:
    """Set `level`, `invitations` or `permissions` of a user."""
    with transaction.atomic(using=DATABASE):
        for name, value in marks.items():
            setattr(user, name, value)
        user.save(update_fields=[*marks, "updated"])
        audit.record("user.changed", subject=user, changed=sorted(marks))


def change_permissions(user: User, gain: Sequence[str], lose: Sequence[str]) -> None:
    """Give a user permissions by name, and take others away."""
    set_marks(user, {"permissions": sorted({*user.permissions, *gain} - set(lose))})


def set_password(user: User, password: str = "") -> str:
    """Set a password, which its owner has to change at the next sign-in; answer it if made."""
    made = "" if password else passwords.new_password()
    if password:
        passwords.check_policy(password, *passwords.about(user))
    with transaction.atomic(using=DATABASE):
        users.set_password(user, password or made)
        User.objects.filter(pk=user.pk).update(password_must_change=True)
    return made


def send_password_link(user: User) -> None:
    """Mail a link for choosing a new password."""
    if not password_changes.may_have_password(user):
        raise Conflict("This account may not have a password.")
    with transaction.atomic(using=DATABASE):
        key = password_changes.new_link(user)
        mail.later(
            "registration/password_email.txt",
            [user.email],
            user=user,
            email=user.email,
            url=password_changes.link_of(key),
            minutes=conf.of(SecuritySettings).astakos_password_reset_minutes,
        )
        audit.record("user.password-link-sent", subject=user)


def set_quota(user: User, limits: Mapping[str, int]) -> None:
    """Set limits of a user's own project: as much for the user as for the project."""
    project = user.base_project
    if project is None:
        raise Conflict("The user is not accepted yet and has no project.")
    with transaction.atomic(using=DATABASE):
        projects.modify(project, {}, {name: (limit, limit) for name, limit in limits.items()})
        audit.record("user.quota-set", subject=user, limits=dict(limits))


def send(people: Sequence[User], subject: str, text: str) -> int:
    """Mail a text to some people, each by themselves; answer how many."""
    if not subject.strip() or not text.strip():
        raise BadRequest("A mail needs a subject and a text.")
    if len(subject) > LONGEST_SUBJECT or len(text) > LONGEST_TEXT:
        raise BadRequest(
            f"A subject has at most {LONGEST_SUBJECT} characters, a text {LONGEST_TEXT}."
        )
    with transaction.atomic(using=DATABASE):
        for user in people:
            mail.later("im/plain_email.txt", [user.email], user=user, subject=subject, text=text)
            audit.record("mail.sent", subject=user, title=subject)
    return len(people)


def _name(user: User, changes: Mapping[str, str]) -> None:
    for name, value in changes.items():
        if len(value) > NAMES[name]:
            raise BadRequest(f"'{name}' has at most {NAMES[name]} characters.")
        setattr(user, name, value.strip())
    if changes:
        user.save(update_fields=[*changes, "updated"])
