"""Identity v2.0. Spec: identity 6, openstack-api 5."""
