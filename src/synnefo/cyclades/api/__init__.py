"""Web APIs of Cyclades."""
