"""Becoming a user, in a real browser with real mail."""
