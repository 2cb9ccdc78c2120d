"""Cyclades."""
