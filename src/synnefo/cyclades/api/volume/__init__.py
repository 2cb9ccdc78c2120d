"""The block storage API: the disks of servers, to be read. Spec: openstack-api 8."""
