"""Commands of Astakos."""
