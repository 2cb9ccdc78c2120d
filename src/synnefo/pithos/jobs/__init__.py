"""Errands and sweeps of Pithos."""
