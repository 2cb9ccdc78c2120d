"""Typed HTTP clients, one per service, for bricks and for command lines."""
