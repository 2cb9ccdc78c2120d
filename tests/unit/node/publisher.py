"""A publisher of images and a small cloud, on the loopback, with failures to order."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Site(ThreadingHTTPServer):
    """What it serves and how it fails."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.files: dict[str, bytes] = {}
        self.tag = '"v1"'
        self.cuts: list[int] = []
        """After how many bytes the next answers break off."""
        self.errors: list[int] = []
        """Statuses of the next answers."""
        self.served = 0
        self.asked: list[str] = []
        self.images: dict[str, dict[str, object]] = {}
        self.data: dict[str, bytes] = {}
        self.upload_status = 204


class _Handler(BaseHTTPRequestHandler):
    server: Site
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self.server.asked.append(f"{self.path} {self.headers.get('Range', '')}".strip())
        if self.server.errors:
            self._answer(self.server.errors.pop(0), b"failure")
        elif self.path in self.server.files:
            self._send_file(self.server.files[self.path])
        elif self.path.startswith("/image/v2/images/"):
            self._json(200, self.server.images[self.path.rpartition("/")[2]])
        else:
            self._answer(404, b"none here")

    def _send_file(self, body: bytes) -> None:
        start, status, extra = 0, 200, {"ETag": self.server.tag}
        wanted = self.headers.get("Range")
        if wanted and self.headers.get("If-Range") == self.server.tag:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(body):
                return self._answer(416, b"", {"Content-Range": f"bytes */{len(body)}"})
            status = 206
            extra["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        rest = body[start:]
        cut = self.server.cuts.pop(0) if self.server.cuts else len(rest)
        self.send_response(status)
        for name, value in extra.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.server.served += len(rest[:cut])
        self.wfile.write(rest[:cut])
        self.close_connection = cut < len(rest)
        return None

    def do_POST(self) -> None:
        wish = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/identity/v3/auth/tokens":
            return self._sign_in(wish)
        assert self.headers["X-Auth-Token"] == "the-token"
        image = {"id": "image-1", "status": "queued", **wish}
        self.server.images["image-1"] = image
        return self._json(201, image)

    def _sign_in(self, wish: dict[str, dict[str, dict[str, object]]]) -> None:
        password = wish["auth"]["identity"]["password"]
        if password["user"]["password"] != "right":  # type: ignore[index]
            return self._json(401, {"error": {"message": "Wrong name or password.", "code": 401}})
        endpoint = {"interface": "public", "url": f"{self.server.url}/image"}
        catalogue = [{"type": "image", "name": "i", "endpoints": [endpoint]}]
        return self._json(201, {"token": {"catalog": catalogue}}, {"X-Subject-Token": "the-token"})

    def do_PUT(self) -> None:
        assert self.headers["Transfer-Encoding"] == "chunked"
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        if self.server.upload_status >= 400:
            fault = {"overLimit": {"message": "Too big.", "code": self.server.upload_status}}
            return self._json(self.server.upload_status, fault)
        self.server.data["image-1"] = body
        self.server.images["image-1"]["status"] = "active"
        return self._answer(204, b"")

    def do_DELETE(self) -> None:
        self.server.images.pop(self.path.rpartition("/")[2])
        self._answer(204, b"")

    def _json(self, status: int, value: object, extra: dict[str, str] | None = None) -> None:
        kind = {"Content-Type": "application/json"}
        self._answer(status, json.dumps(value).encode(), kind | (extra or {}))

    def _answer(self, status: int, body: bytes, extra: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (extra or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def a_site() -> Iterator[Site]:
    """Run it for a while."""
    site = Site()
    thread = threading.Thread(target=site.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.shutdown()
        site.server_close()
        thread.join()
