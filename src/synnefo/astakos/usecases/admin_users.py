"""People as the administrators' API adds and changes them. Spec: identity 10.1."""

from collections.abc import Mapping

import msgspec
from django.db import transaction

from synnefo.astakos.models import DATABASE, AuthProvider, User
from synnefo.astakos.usecases import audit, passwords, terms, tokens, users
from synnefo.kit.faults import BadRequest, Conflict

LOCAL = "local"
LONGEST = {"first_name": 150, "last_name": 150, "affiliation": 255}


class Made(msgspec.Struct, frozen=True):
    """A user who was just added, with the secrets that nobody can look up later."""

    user: User
    password: str
    token: str


def add(person: users.NewUser, affiliation: str, metadata: Mapping[str, object]) -> Made:
    """Add a user, verified and accepted at once, without mails, terms signed.

    BadRequest for a bad address or missing names; Conflict when a verified user has the address.
    """
    if not (person.first_name.strip() and person.last_name.strip()):
        raise BadRequest("A user has a 'first_name' and a 'last_name'.")
    names = {"first_name": person.first_name, "last_name": person.last_name}
    _check({**names, "affiliation": affiliation})
    password = person.password or passwords.new_password()
    with transaction.atomic(using=DATABASE):
        user = users.add(msgspec.structs.replace(person, password=password))
        users.verify(user)
        if not user.account.accepted:
            users.accept(user)
        sign_terms(user)
        _keep(user, affiliation, metadata)
        token = tokens.renew(users.find(user.uuid)).id
        audit.record("user.added", subject=user)
    return Made(users.find(user.uuid), password, token)


def change(user: User, changes: Mapping[str, str], metadata: Mapping[str, object] | None) -> None:
    """Change `username` (the address, too), names, `password`, `affiliation`; all or none."""
    _check(changes)
    with transaction.atomic(using=DATABASE):
        names = {name: changes[name] for name in ("first_name", "last_name") if name in changes}
        for name, value in names.items():
            setattr(user, name, value)
        if names:
            user.save(update_fields=[*names, "updated"])
        if "username" in changes:
            users.set_email(user, changes["username"])
        if "password" in changes:
            users.set_password(user, changes["password"])
        if "affiliation" in changes or metadata is not None:
            _keep(user, changes.get("affiliation"), metadata)
        told = sorted([*changes, *(["metadata"] if metadata is not None else [])])
        audit.record("user.changed", subject=user, changed=told)


def sign_terms(user: User) -> None:
    """Note that a user agrees to the terms, if there are any."""
    if terms.latest() is not None:
        terms.sign(user)


def activate(user: User) -> bool:
    """Let a user work again; answer whether they may now. A refusal changes nothing."""
    try:
        users.activate(user)
    except Conflict:
        user.refresh_from_db()
    return user.is_active


def deactivate(user: User, reason: str) -> bool:
    """Stop a user from working; answer whether they still may. A refusal changes nothing."""
    try:
        users.deactivate(user, reason)
    except Conflict:
        user.refresh_from_db()
    return user.is_active


def _keep(user: User, affiliation: str | None, metadata: Mapping[str, object] | None) -> None:
    """Keep affiliation and metadata on the user's local sign-in method."""
    row, _ = AuthProvider.objects.get_or_create(user=user, module=LOCAL, identifier="")
    if affiliation is not None:
        row.affiliation = affiliation
    if metadata is not None:
        row.info_data = dict(metadata)
    row.save(update_fields=["affiliation", "info_data"])


def _check(changes: Mapping[str, str]) -> None:
    for name, longest in LONGEST.items():
        if len(changes.get(name, "")) > longest:
            raise BadRequest(f"'{name}' has at most {longest} characters.")
