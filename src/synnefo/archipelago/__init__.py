"""Copy-on-write volumes over the block store: maps, leases, NBD export, `vlmc`."""
