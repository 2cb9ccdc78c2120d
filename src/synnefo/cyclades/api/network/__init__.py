"""The network API: Neutron shapes and those of old side by side. Spec: network 5."""
