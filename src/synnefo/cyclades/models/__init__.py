"""Tables of Cyclades."""
