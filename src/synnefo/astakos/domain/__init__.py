"""Decisions of Astakos: pure functions and frozen structs."""
