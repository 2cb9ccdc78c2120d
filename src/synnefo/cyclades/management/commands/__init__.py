"""What snf-manage can do for Cyclades."""
