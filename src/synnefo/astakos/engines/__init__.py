"""Outside things that Astakos speaks to."""
