"""The pages of a SAML identity provider, for journeys in a browser."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.support.saml_idp import IdentityProvider

PAGE = """<!doctype html><html lang="en"><title>Home organisation</title>
<form method="post" action="{action}">{fields}<button>Go on as Ada</button></form></html>"""


@contextmanager
def pages_of(provider: IdentityProvider, port: int) -> Iterator[None]:
    """Serve an identity provider's sign-in page, which lets Ada in."""
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(provider))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _handler(provider: IdentityProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            request = provider.request_in(self.path)
            form = provider.answer(self.path)
            fields = "".join(
                f'<input type="hidden" name="{name}" value="{escape(value)}">'
                for name, value in form.items()
            )
            action = escape(str(request.assertion_consumer_service_url))
            body = PAGE.format(action=action, fields=fields).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            return

    return Handler
