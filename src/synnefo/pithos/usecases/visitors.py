"""Whose an account is, and what others may do in a container as a whole.

An account belongs to the user of its name, or to the project of its name: there everybody acts
whose token is for that project. Spec: object-storage 18.2, 18.3, openstack-api 10.
"""

from synnefo.kit.faults import Forbidden
from synnefo.pithos.domain import acls
from synnefo.pithos.domain.acls import Visit
from synnefo.pithos.domain.sharing import Right
from synnefo.pithos.models import Container
from synnefo.serve.http.auth import Caller

ONLY_READ = {"reader"}


class Visitor(Caller, frozen=True, kw_only=True):
    """A caller at somebody else's container; without `user_id`, a caller who is not known."""

    referrer: str = ""


def visitor(caller: Caller | None, referrer: str) -> Visitor:
    """Let a caller, or nobody, visit."""
    if caller is None:
        return Visitor(user_id="", referrer=referrer)
    known = {name: getattr(caller, name) for name in Caller.__struct_fields__}
    return Visitor(**known, referrer=referrer)


def owns(caller: Caller | None, account: str) -> bool:
    """Tell whether an account is the caller's own, or that of the project they act for."""
    if caller is None or not account:
        return False
    if caller.user_id == account:
        return True
    return caller.project_id == account and not set(caller.roles) <= ONLY_READ


def sees(caller: Caller, account: str) -> bool:
    """Tell whether a caller may look at everything in an account."""
    return owns(caller, account) or bool(account and caller.project_id == account)


def refuse_others(caller: Caller, account: str) -> None:
    """Refuse what only an account's owner may do."""
    if not owns(caller, account):
        raise Forbidden("Only the owner may do this.")


def right_in(caller: Caller | None, account: str, name: str, *, is_listing: bool = False) -> Right:
    """Tell what a caller may do in a container, whatever is shared in it one by one."""
    if owns(caller, account):
        return Right.OWN
    if caller is None:
        return Right.NONE
    if sees(caller, account):
        return Right.READ
    boxes = Container.objects.filter(account=account, name=name)
    rules = boxes.values_list("rules", flat=True).first()
    if not rules:
        return Right.NONE
    read, write = str(rules.get(acls.READ, "")), str(rules.get(acls.WRITE, ""))
    if not read and not write:
        return Right.NONE
    return acls.right_of(read, write, _visit(caller, account), is_listing=is_listing)


def _visit(caller: Caller, account: str) -> Visit:
    """Describe a caller; roles count only in the project that the account belongs to."""
    return Visit(
        users=[each for each in (caller.user_id, caller.user_name) if each],
        projects=[each for each in (caller.project_id, caller.project_name) if each],
        roles=caller.roles if caller.project_id == account else (),
        referrer=caller.referrer if isinstance(caller, Visitor) else "",
    )


def is_nobody(caller: Caller) -> bool:
    """Tell whether a caller came without a name."""
    return not caller.user_id
