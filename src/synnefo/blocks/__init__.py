"""Content-addressed block stores: one port, its adapters, maps of blocks, garbage collection."""
