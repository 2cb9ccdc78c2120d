"""Astakos."""
