"""Web APIs of Pithos."""
