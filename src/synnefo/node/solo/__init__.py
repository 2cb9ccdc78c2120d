"""A cluster of one node: the part of Ganeti's RAPI that Cyclades uses, over QEMU itself."""
