"""Every address of the compute API, by dialect."""

from synnefo.cyclades.api.compute import (
    discovery,
    legacy_actions,
    legacy_extras,
    legacy_servers,
    nova_actions,
    nova_extras,
    nova_servers,
)
from synnefo.cyclades.api.compute.dialects import in_nova_words
from synnefo.serve.http import Route
from synnefo.serve.http.route import Handler

_SERVER = "/servers/{server_id}"


def _routes(table: list[tuple[str, str, Handler, int]]) -> list[Route]:
    return [Route(method, path, handler, status) for method, path, handler, status in table]


ROOT = [Route("GET", "", discovery.list_versions, auth=False)]

LEGACY = [
    Route("GET", "", discovery.show_legacy, auth=False),
    *_routes(
        [
            ("GET", "/servers", legacy_servers.list_servers, 200),
            ("GET", "/servers/detail", legacy_servers.list_servers_detail, 200),
            ("POST", "/servers", legacy_servers.create_server, 202),
            ("GET", _SERVER, legacy_servers.show_server, 200),
            ("PUT", _SERVER, legacy_servers.rename_server, 204),
            ("DELETE", _SERVER, legacy_servers.delete_server, 204),
            ("POST", f"{_SERVER}/action", legacy_actions.act, 202),
            ("GET", f"{_SERVER}/metadata", legacy_servers.list_metadata, 200),
            ("POST", f"{_SERVER}/metadata", legacy_servers.merge_metadata, 201),
            ("GET", f"{_SERVER}/metadata/{{key}}", legacy_servers.show_metadata_item, 200),
            ("PUT", f"{_SERVER}/metadata/{{key}}", legacy_servers.put_metadata_item, 201),
            ("DELETE", f"{_SERVER}/metadata/{{key}}", legacy_servers.delete_metadata_item, 204),
            ("GET", f"{_SERVER}/tags", legacy_servers.list_tags, 200),
            ("PUT", f"{_SERVER}/tags", legacy_servers.replace_tags, 200),
            ("DELETE", f"{_SERVER}/tags", legacy_servers.delete_tags, 204),
            ("GET", f"{_SERVER}/tags/{{tag}}", legacy_servers.show_tag, 204),
            ("PUT", f"{_SERVER}/tags/{{tag}}", legacy_servers.put_tag, 201),
            ("DELETE", f"{_SERVER}/tags/{{tag}}", legacy_servers.delete_tag, 204),
            ("GET", f"{_SERVER}/ips", legacy_servers.list_addresses, 200),
            ("GET", f"{_SERVER}/ips/{{network_id}}", legacy_servers.show_network_addresses, 200),
            ("GET", f"{_SERVER}/diagnostics", legacy_servers.list_diagnostics, 200),
            (
                "GET",
                f"{_SERVER}/os-volume_attachments",
                legacy_servers.list_volume_attachments,
                200,
            ),
            (
                "GET",
                f"{_SERVER}/os-volume_attachments/{{volume_id}}",
                legacy_servers.show_volume_attachment,
                200,
            ),
            ("GET", "/flavors", legacy_extras.list_flavors, 200),
            ("GET", "/flavors/detail", legacy_extras.list_flavors_detail, 200),
            ("GET", "/flavors/{flavor_id}", legacy_extras.show_flavor, 200),
            ("GET", "/flavors/{flavor_id}/os-extra_specs", legacy_extras.show_flavor_specs, 200),
            ("GET", "/os-keypairs", legacy_extras.list_keypairs, 200),
            ("POST", "/os-keypairs", legacy_extras.create_keypair, 201),
            ("GET", "/os-keypairs/{name}", legacy_extras.show_keypair, 200),
            ("DELETE", "/os-keypairs/{name}", legacy_extras.delete_keypair, 204),
            ("GET", "/extensions", legacy_extras.list_extensions, 200),
            ("GET", "/extensions/{alias}", legacy_extras.show_extension, 200),
        ]
    ),
]

_NOVA: list[tuple[str, str, Handler, int]] = [
    ("GET", "/servers", nova_servers.list_servers, 200),
    ("GET", "/servers/detail", nova_servers.list_servers_detail, 200),
    ("POST", "/servers", nova_servers.create_server, 202),
    ("GET", _SERVER, nova_servers.show_server, 200),
    ("PUT", _SERVER, nova_servers.change_server, 200),
    ("DELETE", _SERVER, nova_servers.delete_server, 204),
    ("POST", f"{_SERVER}/action", nova_actions.act, 202),
    ("POST", f"{_SERVER}/remote-consoles", nova_actions.create_console, 200),
    ("GET", f"{_SERVER}/metadata", nova_servers.list_metadata, 200),
    ("POST", f"{_SERVER}/metadata", nova_servers.merge_metadata, 200),
    ("PUT", f"{_SERVER}/metadata", nova_servers.replace_metadata, 200),
    ("GET", f"{_SERVER}/metadata/{{key}}", nova_servers.show_metadata_item, 200),
    ("PUT", f"{_SERVER}/metadata/{{key}}", nova_servers.put_metadata_item, 200),
    ("DELETE", f"{_SERVER}/metadata/{{key}}", nova_servers.delete_metadata_item, 204),
    ("GET", f"{_SERVER}/ips", nova_servers.list_addresses, 200),
    ("GET", f"{_SERVER}/ips/{{network}}", nova_servers.show_network_addresses, 200),
    ("GET", f"{_SERVER}/tags", nova_servers.list_tags, 200),
    ("PUT", f"{_SERVER}/tags", nova_servers.replace_tags, 200),
    ("DELETE", f"{_SERVER}/tags", legacy_servers.delete_tags, 204),
    ("GET", f"{_SERVER}/tags/{{tag}}", legacy_servers.show_tag, 204),
    ("PUT", f"{_SERVER}/tags/{{tag}}", legacy_servers.put_tag, 201),
    ("DELETE", f"{_SERVER}/tags/{{tag}}", legacy_servers.delete_tag, 204),
    ("GET", f"{_SERVER}/os-interface", nova_servers.list_interfaces, 200),
    ("GET", f"{_SERVER}/os-interface/{{port_id}}", nova_servers.show_interface, 200),
    ("GET", f"{_SERVER}/os-volume_attachments", nova_servers.list_volume_attachments, 200),
    (
        "GET",
        f"{_SERVER}/os-volume_attachments/{{volume_id}}",
        nova_servers.show_volume_attachment,
        200,
    ),
    ("POST", f"{_SERVER}/os-volume_attachments", nova_servers.attach_volume, 200),
    (
        "DELETE",
        f"{_SERVER}/os-volume_attachments/{{volume_id}}",
        nova_servers.detach_volume,
        202,
    ),
    ("GET", f"{_SERVER}/os-security-groups", nova_servers.list_security_groups, 200),
    ("GET", f"{_SERVER}/os-instance-actions", nova_extras.list_instance_actions, 200),
    (
        "GET",
        f"{_SERVER}/os-instance-actions/{{request_id}}",
        nova_extras.show_instance_action,
        200,
    ),
    ("GET", "/flavors", nova_extras.list_flavors, 200),
    ("GET", "/flavors/detail", nova_extras.list_flavors_detail, 200),
    ("GET", "/flavors/{flavor_id}", nova_extras.show_flavor, 200),
    ("GET", "/flavors/{flavor_id}/os-extra_specs", nova_extras.show_flavor_specs, 200),
    ("GET", "/os-keypairs", nova_extras.list_keypairs, 200),
    ("POST", "/os-keypairs", nova_extras.create_keypair, 201),
    ("GET", "/os-keypairs/{name}", nova_extras.show_keypair, 200),
    ("DELETE", "/os-keypairs/{name}", nova_extras.delete_keypair, 204),
    ("GET", "/limits", nova_extras.show_limits, 200),
    ("GET", "/os-quota-sets/{project_id}", nova_extras.show_quota_set, 200),
    ("GET", "/os-quota-sets/{project_id}/detail", nova_extras.show_quota_set, 200),
    ("GET", "/os-quota-sets/{project_id}/defaults", nova_extras.show_quota_set, 200),
    ("GET", "/os-availability-zone", nova_extras.list_zones, 200),
    ("GET", "/os-availability-zone/detail", nova_extras.list_zones, 200),
    ("GET", "/os-server-groups", nova_extras.list_server_groups, 200),
    ("GET", "/extensions", nova_extras.list_extensions, 200),
    ("GET", "/extensions/{alias}", nova_extras.show_extension, 200),
    ("GET", "/os-services", nova_extras.list_services, 200),
    ("GET", "/os-hypervisors", nova_extras.list_hypervisors, 200),
    ("GET", "/os-hypervisors/detail", nova_extras.list_hypervisors, 200),
]

NOVA = [
    Route("GET", "", discovery.show_nova, auth=False),
    *_routes([(m, path, in_nova_words(handler), status) for m, path, handler, status in _NOVA]),
]
