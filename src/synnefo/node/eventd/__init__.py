"""Watches Ganeti's job queue and tells the message bus. Spec: compute 11.1."""
