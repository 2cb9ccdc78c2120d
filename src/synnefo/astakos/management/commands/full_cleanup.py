"""`snf-manage full-cleanup`, the former name of `cleanup-full`. Spec: identity 16.10."""

from synnefo.astakos.management.commands.cleanup_full import Command

__all__ = ["Command"]
