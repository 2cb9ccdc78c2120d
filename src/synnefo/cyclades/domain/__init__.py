"""Decisions of Cyclades: pure functions and frozen structs."""
