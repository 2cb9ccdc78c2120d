"""What `user-modify` does about what guards an account."""

from collections.abc import Mapping
from typing import Any

from synnefo.astakos.models import User
from synnefo.astakos.usecases import factor_changes, password_changes, sessions


def change_guards(user: User, options: Mapping[str, Any]) -> dict[str, str]:
    """Expire the password, reset second factors, end sessions; answer how many of each."""
    printed: dict[str, str] = {}
    if options["expire_password"]:
        password_changes.expire(user)
    if options["reset_second_factor"]:
        printed["second factors removed"] = str(factor_changes.reset(user))
    if options["end_sessions"]:
        printed["sessions ended"] = str(sessions.end_others(user, None))
    return printed
