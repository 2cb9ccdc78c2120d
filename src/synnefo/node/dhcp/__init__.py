"""nfdhcpd: answers the guests of a node about their addresses. Spec: images-and-nodes 4."""
