"""Every address of Pithos, and who answers it."""

from synnefo.pithos.api import (
    accounts,
    containers,
    discovery,
    domains,
    public,
    reading,
    viewing,
    writing,
)
from synnefo.serve.http.route import Route

TOP = "/"
ACCOUNT = "/{account}"
CONTAINER = "/{account}/{container}"
OBJECT = "/{account}/{container}/{name*}"

STORAGE = [
    Route("GET", TOP, accounts.show_sharers, auth="optional"),
    Route("HEAD", ACCOUNT, accounts.head_account, auth="optional"),
    Route("GET", ACCOUNT, accounts.list_containers, auth="optional"),
    Route("PUT", ACCOUNT, accounts.put_account, auth="optional"),
    Route("POST", ACCOUNT, accounts.post_account, auth="optional"),
    Route("DELETE", ACCOUNT, accounts.delete_from_account, auth="optional"),
    Route("HEAD", CONTAINER, containers.head_container, auth="optional"),
    Route("GET", CONTAINER, containers.list_objects, auth="optional"),
    Route("PUT", CONTAINER, containers.put_container, auth="optional"),
    Route("POST", CONTAINER, containers.post_container, auth="optional"),
    Route("DELETE", CONTAINER, containers.delete_container, auth="optional"),
    Route("HEAD", OBJECT, reading.head_object, auth="optional"),
    Route("GET", OBJECT, reading.get_object, auth="optional"),
    Route("PUT", OBJECT, writing.put_object, auth="optional"),
    Route("POST", OBJECT, writing.post_object, auth="optional"),
    Route("COPY", OBJECT, writing.copy_object, auth="optional"),
    Route("MOVE", OBJECT, writing.move_object, auth="optional"),
    Route("DELETE", OBJECT, writing.delete_object, auth="optional"),
]

DOMAINS = [
    Route("GET", "/{domain}/objects", domains.list_domain),
    Route("GET", "/{domain}/objects/{uuid}", domains.show_in_domain),
    Route("POST", "/{domain}/objects/{uuid}", domains.change_in_domain),
    Route("PUT", "/{domain}/objects/{uuid}/sharing", domains.share_in_domain),
    Route("DELETE", "/{domain}/objects/{uuid}", domains.delete_in_domain),
]

UNKNOWN = [
    Route(method, "/{rest*}", discovery.refuse_unknown, auth=False)
    for method in ("GET", "PUT", "POST", "DELETE", "COPY", "MOVE")
]
VIEW = [Route("GET", OBJECT, viewing.view_file, auth=False)]
PUBLIC = [Route("GET", "/{url_id}", public.get_public, auth=False)]
INFO = [Route("GET", "/", discovery.show_info, auth=False)]
TOKENS = [Route("GET", "/", discovery.give_token, auth=False)]
HEALTH = [Route("GET", "/", discovery.show_health, auth=False)]
