"""Commands of Pithos."""
