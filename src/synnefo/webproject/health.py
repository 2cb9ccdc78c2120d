"""Whether this host's web processes can do their work."""

from django.db import Error, connections
from django.http import HttpRequest, JsonResponse


def health(_request: HttpRequest) -> JsonResponse:
    """Answer 200 when every database answers, else 503 and which one does not."""
    states = {alias: _state(alias) for alias in connections if alias != "default"}
    well = all(state == "ok" for state in states.values())
    told = {"status": "ok" if well else "failing", "databases": states}
    return JsonResponse(told, status=200 if well else 503)


def _state(alias: str) -> str:
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        return str(error).splitlines()[0]
    return "ok"
