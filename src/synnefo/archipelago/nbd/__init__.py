"""Serving a volume to QEMU over the network block device protocol, on a unix socket."""
