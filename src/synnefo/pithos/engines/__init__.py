"""Outside things behind small doors."""
