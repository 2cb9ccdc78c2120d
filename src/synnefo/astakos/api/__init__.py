"""Web APIs of Astakos."""
