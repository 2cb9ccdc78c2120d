"""The resources of the RAPI: what each path and method does. Spec: compute 10."""

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import msgspec

from synnefo.node.solo import network_work, queries, requests, serial_logs, views
from synnefo.node.solo.instance_work import House
from synnefo.node.solo.job_queue import JobQueue
from synnefo.node.solo.records import Instance, Job
from synnefo.node.solo.requests import Refusal
from synnefo.node.solo.views import ClusterNames

_WAIT_SECONDS = 25.0
_BULK_JOBS = 1000
_LOG_BYTES = 64 * 1024
_FEATURES = [
    "instance-create-reqv1",
    "instance-reinstall-reqv1",
    "node-migrate-reqv1",
    "node-evac-res1",
]


class Request(msgspec.Struct, frozen=True):
    """A request of the RAPI, taken apart."""

    method: str
    path: str
    query: dict[str, list[str]]
    body: bytes = b""

    def has(self, name: str) -> bool:
        """Tell whether a query argument is set and true."""
        return self.query.get(name, ["0"])[-1] not in {"", "0", "false"}


class Plain(msgspec.Struct, frozen=True):
    """An answer that is no JSON."""

    content: bytes


Handler: TypeAlias = Callable[..., Any]
_Routes: TypeAlias = Sequence[tuple[str, dict[str, Handler]]]


class Resources:
    """Everything under `/`, over one house and its queue."""

    def __init__(self, house: House, queue: JobQueue, names: ClusterNames) -> None:
        self._house = house
        self._queue = queue
        self._names = names
        self._routes = [
            (re.compile(pattern.replace("{}", "([^/]+)")), methods)
            for pattern, methods in (*self._reading(), *self._instances(), *self._networks())
        ]

    def answer(self, request: Request) -> Any:
        """Find what a path is and do what a method says; Refusal otherwise."""
        for pattern, methods in self._routes:
            found = pattern.fullmatch(request.path.rstrip("/") or "/")
            if found:
                handler = methods.get(request.method)
                if handler is None:
                    told = f"Method {request.method} is unsupported for path {request.path}"
                    raise Refusal(501, told)
                return handler(request, *found.groups())
        raise Refusal(404)

    def _reading(self) -> _Routes:
        house, names = self._house, self._names
        return [
            ("/", {"GET": lambda _: None}),
            ("/2", {"GET": lambda _: None}),
            ("/version", {"GET": lambda _: 2}),
            ("/2/info", {"GET": lambda _: views.info(house, names)}),
            ("/2/features", {"GET": lambda _: _FEATURES}),
            ("/2/os", {"GET": lambda _: ["snf-image+default"]}),
            ("/2/nodes", {"GET": self._list_nodes}),
            ("/2/nodes/{}", {"GET": self._show_node}),
            ("/2/groups", {"GET": self._list_groups}),
            ("/2/groups/{}", {"GET": self._show_group}),
            ("/2/jobs", {"GET": self._list_jobs}),
            ("/2/jobs/{}", {"GET": self._show_job, "DELETE": self._cancel_job}),
            ("/2/jobs/{}/wait", {"GET": self._wait_for_job}),
            ("/2/query/{}", {"GET": self._query, "PUT": self._query}),
            ("/2/modify", {"PUT": self._submitter("OP_CLUSTER_SET_PARAMS")}),
            ("/2/tags", self._tags("cluster")),
        ]

    def _instances(self) -> _Routes:
        at = "/2/instances/{}"
        submit = self._submitter
        return [
            ("/2/instances", {"GET": self._list_instances, "POST": self._create_instance}),
            (at, {"GET": self._show_instance, "DELETE": submit("OP_INSTANCE_REMOVE", "instance")}),
            (f"{at}/info", {"GET": self._show_instance}),
            (f"{at}/startup", {"PUT": submit("OP_INSTANCE_STARTUP", "instance")}),
            (f"{at}/shutdown", {"PUT": submit("OP_INSTANCE_SHUTDOWN", "instance")}),
            (f"{at}/reboot", {"POST": self._reboot_instance}),
            (f"{at}/modify", {"PUT": submit("OP_INSTANCE_SET_PARAMS", "instance")}),
            (f"{at}/rename", {"PUT": submit("OP_INSTANCE_RENAME", "instance")}),
            (f"{at}/snapshot", {"PUT": submit("OP_INSTANCE_SNAPSHOT", "instance")}),
            (f"{at}/disk/{{}}/grow", {"POST": self._grow_disk}),
            (f"{at}/console", {"GET": self._show_console}),
            (f"{at}/console-log", {"GET": self._show_log}),
            (f"{at}/tags", self._tags("instance")),
        ]

    def _networks(self) -> _Routes:
        at = "/2/networks/{}"
        submit = self._submitter
        return [
            ("/2/networks", {"GET": self._list_networks, "POST": self._create_network}),
            (at, {"GET": self._show_network, "DELETE": submit("OP_NETWORK_REMOVE", "network")}),
            (f"{at}/connect", {"PUT": submit("OP_NETWORK_CONNECT", "network")}),
            (f"{at}/disconnect", {"PUT": submit("OP_NETWORK_DISCONNECT", "network")}),
            (f"{at}/modify", {"PUT": submit("OP_NETWORK_SET_PARAMS", "network")}),
            (f"{at}/tags", self._tags("network")),
        ]

    def _submitter(self, kind: str, noun: str = "") -> Handler:
        def submit(request: Request, name: str = "") -> int:
            body = requests.fields(request.body)
            if noun:
                body[f"{noun}_name"] = name
            if request.has("dry-run"):
                body["dry_run"] = True
            return self._queue.submit([requests.opcode(kind, body)])

        return submit

    def _tags(self, kind: str) -> dict[str, Handler]:
        def change(request: Request, name: str | None = None) -> int:
            opcode = "OP_TAGS_SET" if request.method == "PUT" else "OP_TAGS_DEL"
            tags = request.query.get("tag", [])
            if not tags:
                raise Refusal(400, "Please specify tag(s) to change, using the 'tag' parameter")
            body = {"kind": kind, "name": name, "tags": tags, "dry_run": request.has("dry-run")}
            return self._queue.submit([requests.opcode(opcode, body)])

        def show(_: Request, name: str = "") -> list[str]:
            if kind == "cluster":
                return network_work.cluster_tags(self._house)
            find = self._house.inventory.find
            thing = find(name) if kind == "instance" else self._find_network(name)
            if thing is None:
                raise Refusal(404)
            return list(thing.tags)

        return {"GET": show, "PUT": change, "DELETE": change}

    def _find_network(self, name: str) -> Any:
        return self._house.inventory.find_network(name)

    def _list_nodes(self, request: Request) -> Any:
        shown = [views.node(self._house, self._names)]
        return shown if request.has("bulk") else _references("nodes", shown)

    def _show_node(self, _: Request, name: str) -> Any:
        if name not in {self._names.node, self._names.node_uuid}:
            raise Refusal(404)
        return views.node(self._house, self._names)

    def _list_groups(self, request: Request) -> Any:
        shown = [views.group(self._house, self._names)]
        if request.has("bulk"):
            return shown
        return [{"name": one["name"], "uri": f"/2/groups/{one['name']}"} for one in shown]

    def _show_group(self, _: Request, name: str) -> Any:
        if name not in {network_work.GROUP, self._names.group_uuid}:
            raise Refusal(404)
        return views.group(self._house, self._names)

    def _list_instances(self, request: Request) -> Any:
        instances = self._house.inventory.instances()
        if request.has("bulk"):
            return [views.instance(self._house, one) for one in instances]
        return [{"id": one.name, "uri": f"/2/instances/{one.name}"} for one in instances]

    def _instance(self, name: str) -> Instance:
        found = self._house.inventory.find(name)
        if found is None:
            raise Refusal(404)
        return found

    def _show_instance(self, _: Request, name: str) -> Any:
        return views.instance(self._house, self._instance(name))

    def _show_console(self, _: Request, name: str) -> Any:
        return views.console(self._house, self._instance(name))

    def _show_log(self, request: Request, name: str) -> Plain:
        """Answer the end of the serial log; an addition to Ganeti's resources."""
        instance = self._instance(name)
        wanted = request.query.get("length", [str(_LOG_BYTES)])[-1]
        if not wanted.isdigit():
            raise Refusal(400, "Invalid body parameters: length is no number")
        folder = self._house.places.of(instance.name)
        return Plain(serial_logs.tail(folder, int(wanted)))

    def _create_instance(self, request: Request) -> int:
        opcode, secrets = requests.creation(request.body)
        return self._queue.submit([opcode], secrets)

    def _reboot_instance(self, request: Request, name: str) -> int:
        body = requests.fields(request.body)
        query = {key: values[-1] for key, values in request.query.items()}
        kind = body.pop("type", None) or body.pop("reboot_type", None) or query.get("type")
        body |= {"instance_name": name, "reboot_type": kind or "hard"}
        return self._queue.submit([requests.opcode("OP_INSTANCE_REBOOT", body)])

    def _grow_disk(self, request: Request, name: str, disk: str) -> int:
        body = requests.fields(request.body) | {"instance_name": name, "disk": disk}
        return self._queue.submit([requests.opcode("OP_INSTANCE_GROW_DISK", body)])

    def _list_networks(self, request: Request) -> Any:
        networks = self._house.inventory.networks()
        if request.has("bulk"):
            return [views.network(self._house, one) for one in networks]
        return [{"name": one.name, "uri": f"/2/networks/{one.name}"} for one in networks]

    def _show_network(self, _: Request, name: str) -> Any:
        found = self._find_network(name)
        if found is None:
            raise Refusal(404)
        return views.network(self._house, found)

    def _create_network(self, request: Request) -> int:
        return self._queue.submit([requests.network(request.body)])

    def _list_jobs(self, request: Request) -> Any:
        if request.has("bulk"):
            return [views.job(one) for one in self._queue.jobs(_BULK_JOBS)]
        numbers = self._house.inventory.ledger.job_numbers()
        return [{"id": number, "uri": f"/2/jobs/{number}"} for number in numbers]

    def _show_job(self, _: Request, number: str) -> Any:
        found = self._queue.job(_number(number))
        return views.job(found) if found else views.no_job(_number(number))

    def _cancel_job(self, _: Request, number: str) -> Any:
        return list(self._queue.cancel(_number(number)))

    def _wait_for_job(self, request: Request, number: str) -> Any:
        """Answer once a job differs from what the caller has seen; null when it does not."""
        body = requests.fields(request.body)
        fields = body.get("fields") or ["status"]
        before, seen = body.get("previous_job_info"), body.get("previous_log_serial") or 0
        if self._queue.job(_number(number)) is None:
            raise Refusal(404)
        answers: list[dict[str, Any]] = []

        def is_news() -> bool:
            found = self._queue.job(_number(number))
            answers[:] = [_news(found, fields, seen)] if found else []
            return not found or answers[0]["job_info"] != before or answers[0]["log_entries"]

        return answers[0] if self._queue.wait_until(is_news, _WAIT_SECONDS) and answers else None

    def _query(self, request: Request, kind: str) -> Any:
        rows = self._rows(kind)
        body = requests.fields(request.body)
        if request.method == "GET":
            body = {"fields": ",".join(request.query.get("fields", [])).split(",")}
        fields = body.get("fields")
        if not isinstance(fields, list) or not fields:
            raise Refusal(400, "Invalid body parameters: Missing fields")
        return queries.answer(rows, fields, body.get("qfilter") or body.get("filter"))

    def _rows(self, kind: str) -> list[dict[str, Any]]:
        house, names = self._house, self._names
        if kind == "instance":
            return [views.instance(house, one) for one in house.inventory.instances()]
        if kind == "network":
            return [views.network(house, one) for one in house.inventory.networks()]
        if kind == "node":
            return [views.node(house, names)]
        if kind == "group":
            return [views.group(house, names)]
        if kind == "job":
            return [views.job(one) for one in self._queue.jobs(_BULK_JOBS)]
        raise Refusal(502)


def _references(noun: str, shown: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [{"id": one["name"], "uri": f"/2/{noun}/{one['name']}"} for one in shown]


def _number(text: str) -> int:
    if not text.isdigit():
        raise Refusal(400, f"Invalid job id '{text}'")
    return int(text)


def _news(job: Job, fields: list[str], seen: int) -> dict[str, Any]:
    shown = msgspec.json.decode(msgspec.json.encode(views.job(job)))
    entries = [list(entry) for op in job.ops for entry in op.log if entry[0] > seen]
    return {"job_info": [shown.get(field) for field in fields], "log_entries": entries}
