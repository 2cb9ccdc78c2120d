"""The sign-in methods of one's own account. Spec: identity 13.7, 14.3."""

from datetime import datetime

import msgspec

from synnefo.astakos.api.ui import cookies
from synnefo.astakos.models import AuthProvider, User
from synnefo.astakos.models.auth_providers import LOCAL
from synnefo.astakos.usecases import (
    auth_methods,
    auth_policies,
    callers,
    directories,
    provider_messages,
    sessions,
    third_parties,
)
from synnefo.kit.faults import Fault
from synnefo.serve.http import Call


class Method(msgspec.Struct):
    """One way in which the caller may sign in."""

    id: int
    module: str
    kind: str
    title: str
    details: str
    identifier: str
    created: datetime
    last_login_at: datetime | None
    is_usable: bool
    can_remove: bool
    can_switch: bool


class Possible(msgspec.Struct):
    """One way that the caller may add."""

    module: str
    kind: str
    title: str
    prompt: str


class Methods(msgspec.Struct):
    """The caller's methods, those to add, and those that everybody must have and they lack."""

    methods: list[Method]
    available: list[Possible]
    required: list[str]


class CarriedKey(msgspec.Struct):
    """The token of a provider's account that waits to be added."""

    key: str


def list_methods(call: Call) -> Methods:
    """List the caller's sign-in methods and what may be done with them."""
    return _shown(callers.user_of(call.who))


def add_carried(call: Call, body: CarriedKey) -> Methods:
    """Add the account at a provider that the caller came with before signing in."""
    user = owner(call)
    third_parties.attach_carried(user, body.key)
    return _shown(user)


def remove_method(call: Call, method_id: int) -> Methods:
    """Remove one of the caller's sign-in methods; never the last that lets them in."""
    user = owner(call)
    auth_methods.remove(user, method_id)
    return _shown(user)


def owner(call: Call) -> User:
    """Answer who may change their methods now: somebody on our pages who just proved themselves.

    So a stolen token, or a page left open, lets nobody settle down in an account.
    """
    cookies.check_own_page(call)
    sessions.check_confirmed(sessions.of_caller(call.who))
    return callers.user_of(call.who)


def _shown(user: User) -> Methods:
    return Methods(
        methods=[_method(user, record) for record in auth_methods.listed(user)],
        available=[
            _possible(user, module)
            for module in auth_policies.enabled()
            if auth_policies.allowed(module, "add", user)
        ],
        required=auth_policies.required_of(user),
    )


def _method(user: User, record: AuthProvider) -> Method:
    module = record.module
    return Method(
        id=record.pk,
        module=module,
        kind=directories.shape_of(module),
        title=provider_messages.title_of(module),
        details=provider_messages.say(module, "method_details", user, record),
        identifier=record.identifier,
        created=record.created,
        last_login_at=record.last_login_at,
        is_usable=record.active and auth_policies.allowed(module, "login", user),
        can_remove=_may_go(user, record),
        can_switch=module != LOCAL and auth_policies.allowed(module, "switch", user),
    )


def _may_go(user: User, record: AuthProvider) -> bool:
    try:
        auth_methods.check_removable(user, record)
    except Fault:
        return False
    return True


def _possible(user: User, module: str) -> Possible:
    return Possible(
        module=module,
        kind=directories.shape_of(module),
        title=provider_messages.title_of(module),
        prompt=provider_messages.override(module, "add_prompt")
        and provider_messages.say(module, "add_prompt", user),
    )
