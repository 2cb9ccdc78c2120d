"""The groups of commands; each module has a `group`."""
