"""Decisions of Pithos: pure functions and frozen structs."""
