"""The image API: Glance v2 and the older v1. Spec: compute 6, openstack-api 7."""
