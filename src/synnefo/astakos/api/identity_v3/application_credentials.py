"""Application credentials and access rules over HTTP. Spec: openstack-api 4.2, 4.3."""

from datetime import UTC, datetime

import msgspec

from synnefo.astakos.api.identity_v3 import policy, shapes
from synnefo.astakos.api.identity_v3.shapes import Body
from synnefo.astakos.domain.roles import STANDING, Named
from synnefo.astakos.models import AccessRule, ApplicationCredential, Role, Token, User
from synnefo.astakos.usecases import access_rules, application_credentials, sessions, tokens
from synnefo.astakos.usecases.access_rules import NewRule
from synnefo.astakos.usecases.application_credentials import NewApplicationCredential
from synnefo.kit.faults import BadRequest, Forbidden, ItemNotFound
from synnefo.serve.http import Call


class RoleWish(msgspec.Struct):
    """A role by id or name."""

    id: str | None = None
    name: str | None = None


class CredentialWish(msgspec.Struct, kw_only=True):
    """What an application credential should be."""

    name: str
    description: str | None = None
    secret: str | None = None
    expires_at: str | None = None
    roles: list[RoleWish] | None = None
    unrestricted: bool | None = None
    access_rules: list[NewRule] | None = None


class CredentialBody(msgspec.Struct):
    """The body of `POST .../application_credentials`."""

    application_credential: CredentialWish


def list_credentials(call: Call, user_id: str) -> Body:
    """List a user's application credentials, by name if asked."""
    user = person(call, user_id)
    found = user.credentials_of_apps.select_related("user", "project").order_by("pk")
    name = call.arg("name")
    found = found.filter(name=name) if name is not None else found
    return shapes.listed(call, "application_credentials", [_credential(row) for row in found])


def create_credential(call: Call, user_id: str, body: CredentialBody) -> Body:
    """Make an application credential. Its secret is shown in this answer only.

    In a browser's session one proves oneself first (`X-Confirm`).
    """
    holder = own(call, user_id)
    wish = body.application_credential
    if not 0 < len(wish.name) <= 255:
        raise BadRequest("A name has 1 to 255 characters.")
    if wish.secret is not None and not 0 < len(wish.secret) <= 255:
        raise BadRequest("A secret has 1 to 255 characters. Leave it out to get a good one.")
    wanted = NewApplicationCredential(
        name=wish.name,
        description=wish.description or "",
        secret=wish.secret or "",
        expires_at=moment(wish.expires_at),
        roles=pairs(wish.roles),
        unrestricted=bool(wish.unrestricted),
        rules=tuple(wish.access_rules or ()),
    )
    sessions.check_person(call.who)
    made = application_credentials.create(holder, wanted)
    shown = _credential(made.row)
    shown["secret"] = made.secret
    return {"application_credential": shown}


def show_credential(call: Call, user_id: str, credential_id: str) -> Body:
    """Show an application credential, without its secret."""
    row = application_credentials.find(person(call, user_id), credential_id)
    return {"application_credential": _credential(row)}


def delete_credential(call: Call, user_id: str, credential_id: str) -> None:
    """End an application credential, and every token got by it."""
    row = application_credentials.find(changeable(call, user_id), credential_id)
    application_credentials.delete(row)


def list_rules(call: Call, user_id: str) -> Body:
    """List a user's access rules, by service, method or path if asked."""
    found = person(call, user_id).access_rules.order_by("pk")
    for name in ("service", "method", "path"):
        wanted = call.arg(name)
        found = found.filter(**{name: wanted}) if wanted is not None else found
    return shapes.listed(call, "access_rules", [_rule(rule) for rule in found])


def show_rule(call: Call, user_id: str, rule_id: str) -> Body:
    """Show an access rule."""
    return {"access_rule": _rule(access_rules.find(person(call, user_id), rule_id))}


def delete_rule(call: Call, user_id: str, rule_id: str) -> None:
    """Delete an access rule that no application credential has."""
    access_rules.delete(changeable(call, user_id), rule_id)


def person(call: Call, user_id: str) -> User:
    """Answer a user about whom the user, administrators and readers of the system may ask."""
    if call.who.user_id != user_id:
        policy.check_read_all(call)
    user = User.objects.verified().filter(uuid=user_id).first()
    if user is None:
        raise ItemNotFound(f"There is no user with the id {user_id}.")
    return user


def changeable(call: Call, user_id: str) -> User:
    """Answer a user whose things the user and administrators may end."""
    if call.who.user_id != user_id:
        policy.check_operator(call)
    application_credentials.check_unrestricted(is_restricted=call.who.is_restricted)
    return person(call, user_id)


def own(call: Call, user_id: str) -> Token:
    """Answer the token of a user who hands on something of their own."""
    if call.who.is_service or call.who.user_id != user_id:
        raise Forbidden("Only the user may do this.")
    application_credentials.check_unrestricted(is_restricted=call.who.is_restricted)
    return tokens.find(call.who.token)


def pairs(roles: list[RoleWish] | None) -> tuple[tuple[str, str], ...]:
    """Answer wished roles as pairs of id and name."""
    found = tuple((role.id or "", role.name or "") for role in roles or ())
    if any(not (uuid or name) for uuid, name in found):
        raise BadRequest("Name each role by 'id' or by 'name'.")
    return found


def moment(text: str | None) -> datetime | None:
    """Read a time, taken as UTC when it names no zone; BadRequest otherwise."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadRequest(f"'{text}' is not a time such as 2031-01-31T10:00:00Z.") from error
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def named_roles(uuids: list[str]) -> list[Named]:
    """Answer roles by their ids; the standing ones need no rows."""
    standing = {uuid: name for name, uuid in STANDING.items()}
    rows = dict(Role.objects.filter(uuid__in=uuids).values_list("uuid", "name"))
    return [Named(rows.get(uuid) or standing.get(uuid, ""), uuid) for uuid in uuids]


def _credential(row: ApplicationCredential) -> Body:
    """Describe an application credential; times are written as Keystone writes them here."""
    path = f"/users/{row.user.uuid}/application_credentials/{row.uuid}"
    roles = [{"id": r.id, "name": r.name, "domain_id": None} for r in named_roles(row.role_ids)]
    ends = row.expires_at
    shown: Body = {
        "id": row.uuid,
        "name": row.name,
        "description": row.description,
        "project_id": row.project.uuid,
        "user_id": row.user.uuid,
        "expires_at": None if ends is None else f"{ends:%Y-%m-%dT%H:%M:%S.%f}",
        "unrestricted": row.unrestricted,
        "roles": roles,
        "system": None,
        "links": shapes.link(path),
    }
    if row.is_limited:
        shown["access_rules"] = [_plain(rule) for rule in application_credentials.rules_of(row)]
    return shown


def _plain(rule: AccessRule) -> Body:
    return {
        "id": rule.uuid,
        "service": rule.service,
        "method": rule.method,
        "path": rule.path,
    }


def _rule(rule: AccessRule) -> Body:
    return {
        **_plain(rule),
        "links": shapes.link(f"/users/{rule.user.uuid}/access_rules/{rule.uuid}"),
    }
