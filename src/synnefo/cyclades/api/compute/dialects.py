"""How one failure is told in the newer dialect: 409 for a wrong state, 403 for a full quota.

Spec: openstack-api 6.3, 6.5.
"""

import functools

from synnefo.clients.astakos import QuotaExceeded
from synnefo.cyclades.domain.server_states import WrongState
from synnefo.kit.faults import BuildInProgress, Conflict, Forbidden, OverLimit
from synnefo.serve.http import Call
from synnefo.serve.http.route import Handler


def in_nova_words(handler: Handler) -> Handler:
    """Wrap a handler so that its faults are those that Nova's clients know."""

    @functools.wraps(handler)
    def told(call: Call, **arguments: object) -> object:
        try:
            return handler(call, **arguments)
        except (WrongState, BuildInProgress) as fault:
            raise Conflict(fault.message) from fault
        except (QuotaExceeded, OverLimit) as fault:
            raise Forbidden(f"Quota exceeded for this server: {fault.message}") from fault

    return told
