"""Formats that travel between machines; pure."""
