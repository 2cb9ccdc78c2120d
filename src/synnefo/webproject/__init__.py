"""The web project: composes the components found on this host."""
