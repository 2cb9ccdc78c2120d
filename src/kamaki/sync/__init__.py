"""Keeping a local folder and a folder in the cloud the same, both ways."""
