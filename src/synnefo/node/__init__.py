"""What runs on nodes: machines, images, networks, consoles."""
