"""A web server in front, as operators put one: it hands requests on below another path."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_OWN = {"connection", "transfer-encoding", "date", "server"}


@contextmanager
def in_front_of(url: str, path: str) -> Iterator[str]:
    """Serve `url` plus `path` at the root of another port; answer its host and port."""
    target = urlsplit(url).netloc

    class Handler(BaseHTTPRequestHandler):
        """Hand one request on, its Host as it came."""

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            connection = http.client.HTTPConnection(target, timeout=60)
            headers = dict(self.headers.items())
            body = self.rfile.read(length) if length else None
            connection.request(self.command, path + self.path, body, headers)
            answer = connection.getresponse()
            data = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _OWN:
                    self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)
            connection.close()

        do_PUT = do_POST = do_DELETE = do_HEAD = do_GET  # noqa: N815 - its names

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
