"""The commands `vlmc` and `archipelago`."""
