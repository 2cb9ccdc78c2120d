"""Who gets to the operators' routes: administrators, and nobody by mistake.

The check is part of telling who calls, so that no route of this API can forget it.
"""

from synnefo.astakos.models import User
from synnefo.astakos.usecases import callers, roles
from synnefo.kit.faults import Forbidden
from synnefo.serve.http import Call
from synnefo.serve.http.auth import Caller


def operators_only(token: str) -> Caller:
    """Tell which operator holds a token; Forbidden for everybody else."""
    caller = callers.authenticate(token)
    if caller.is_service or not roles.is_operator(callers.user_of(caller)):
        raise Forbidden("Only operators may do this.")
    return caller


def operator(call: Call) -> User:
    """Answer the operator who calls."""
    return callers.user_of(call.who)
