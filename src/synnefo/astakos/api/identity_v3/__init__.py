"""Identity v3. Spec: openstack-api 2 to 4."""
