"""`snf-manage user-update`, the former name of `user-modify`. Spec: identity 16.10."""

from synnefo.astakos.management.commands.user_modify import Command

__all__ = ["Command"]
