"""Pithos."""
