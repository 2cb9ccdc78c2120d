"""Who may read and change what, like Keystone's defaults. Spec: openstack-api 4.4, issue 4.

`admin` on a project or the system administers the cloud; `reader` on the system reads all of it;
`admin` and `manager` on a domain administer that domain, `reader` on it reads it.
"""

from collections.abc import Callable
from typing import TypeVar

from synnefo.astakos.domain.roles import ADMIN, MANAGER, MEMBER, READER
from synnefo.astakos.models import Role, User
from synnefo.astakos.usecases import identity_users, roles
from synnefo.kit.faults import Forbidden
from synnefo.serve.http import Call, Caller

T = TypeVar("T")
ADMINS_ONLY = "Only administrators may do this."
LENT_BY_DOMAINS = {MANAGER, MEMBER, READER}
"""The roles of all domains that administrators of a domain may give."""


def is_operator(who: Caller) -> bool:
    """Tell whether a caller administers the whole cloud."""
    return who.is_admin


def may_read_all(who: Caller) -> bool:
    """Tell whether a caller may read everything."""
    return who.is_admin or (who.is_system and READER in who.roles)


def may_read(who: Caller, domain_id: str) -> bool:
    """Tell whether a caller may read all that is in a domain."""
    mine = domain_id != "" and who.domain_id == domain_id and READER in who.roles
    return may_read_all(who) or mine or may_manage(who, domain_id)


def may_manage(who: Caller, domain_id: str) -> bool:
    """Tell whether a caller may change what is in a domain."""
    mine = domain_id != "" and who.domain_id == domain_id
    return who.is_admin or (mine and bool({ADMIN, MANAGER} & set(who.roles)))


def own_by_name(call: Call, mine: list[T], name_of: Callable[[T], str]) -> list[T]:
    """Keep what is the caller's own and has the name that is asked for; refuse all else.

    Spec: openstack-api 4.4: clients that are refused take the text for an id.
    """
    wanted = (call.arg("name") or "").lower()
    found = [one for one in mine if name_of(one).lower() == wanted]
    if not found:
        raise Forbidden("Only administrators and readers may list all of these.")
    return found


def check_operator(call: Call) -> None:
    """Refuse all but administrators of the cloud."""
    if not call.who.is_admin:
        raise Forbidden(ADMINS_ONLY)


def check_read_all(call: Call) -> None:
    """Refuse who may not read everything."""
    if not may_read_all(call.who):
        raise Forbidden("Only administrators and readers of the system may see this.")


def check_read(call: Call, domain_id: str) -> None:
    """Refuse who may not read all that is in a domain."""
    if not may_read(call.who, domain_id):
        raise Forbidden("Only administrators and readers may see this.")


def check_manage(call: Call, domain_id: str) -> None:
    """Refuse who may not change what is in a domain."""
    if not may_manage(call.who, domain_id):
        raise Forbidden(ADMINS_ONLY)


def check_manage_user(call: Call, user: User) -> None:
    """Refuse who may not change a user; no domain's administrator touches the cloud's."""
    check_manage(call, user.domain_id)
    if not call.who.is_admin:
        identity_users.check_not_above(user)


def check_give(call: Call, role: Role) -> None:
    """Refuse a domain's administrator who gives more than a domain's roles."""
    if call.who.is_admin:
        return
    known = roles.book([role.pk])
    brought = {named.name for named in known.named(known.effective([role.pk]))}
    own = role.domain_id in {"", call.who.domain_id}
    if not own or brought - LENT_BY_DOMAINS:
        raise Forbidden(f"Only administrators of the cloud may give the role {role.name}.")
