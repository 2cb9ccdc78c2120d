"""Clients against the services they call."""
