"""`snf-manage astakos-quota`, the former name of `quota`. Spec: identity 16.10."""

from synnefo.astakos.management.commands.quota import Command

__all__ = ["Command"]
