"""What a node does with the network cards of its guests. Spec: images-and-nodes 3."""
