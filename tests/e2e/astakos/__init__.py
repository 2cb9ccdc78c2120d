"""Astakos with clients that know nothing of us."""
