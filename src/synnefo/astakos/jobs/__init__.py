"""Errands and sweeps of Astakos."""
