"""Errands and sweeps."""
