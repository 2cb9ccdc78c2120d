"""A stand-in for Twitter in tests: OAuth 1.0a with real signatures, and OAuth 2.0 with PKCE."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit

from authlib.oauth1.rfc5849.signature import generate_signature_base_string, hmac_sha1_signature
from authlib.oauth1.rfc5849.util import unescape
from authlib.oauth2.rfc7636 import create_s256_code_challenge

KEY, SECRET = "synnefo", "a secret of the app"
TOKEN_SECRET = "a secret of the token"


@dataclass
class Twitter:
    """What it knows, and what it was asked."""

    address: str = ""
    user_id: str = "4711"
    screen_name: str = "ada"
    callback: str = ""
    confirms: bool = True
    challenge: str = ""
    signed_well: list[bool] = field(default_factory=list)

    def agree(self, address: str) -> dict[str, str]:
        """Let the person agree; answer the query that the browser comes back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        if "oauth_token" in asked:
            return {"oauth_token": asked["oauth_token"], "oauth_verifier": "yes"}
        self.challenge = asked["code_challenge"]
        return {"code": "a code", "state": asked["state"]}

    def answer(self, path: str, headers: dict[str, str], body: str) -> tuple[int, str]:
        """Answer a call of ours."""
        form = dict(parse_qsl(body))
        if path.startswith("/oauth/"):
            told = oauth_fields(headers.get("Authorization", ""))
            good = self._is_signed(path, told, form)
            self.signed_well.append(good)
            return (200, urlencode(self._first(path, told))) if good else (401, "")
        if path == "/2/oauth2/token":
            fits = create_s256_code_challenge(form.get("code_verifier", "")) == self.challenge
            return (200, '{"access_token": "t"}') if fits else (400, '{"error": "invalid_grant"}')
        if headers.get("Authorization") != "Bearer t":
            return 401, "{}"
        known = {"id": self.user_id, "name": "Ada Lovelace", "username": self.screen_name}
        return 200, json.dumps({"data": known})

    def _first(self, path: str, told: dict[str, str]) -> dict[str, str]:
        if path.endswith("request_token"):
            self.callback = told["oauth_callback"]
            return {
                "oauth_token": "request token",
                "oauth_token_secret": TOKEN_SECRET,
                "oauth_callback_confirmed": str(self.confirms).lower(),
            }
        return {"user_id": self.user_id, "screen_name": self.screen_name, "oauth_token": "t"}

    def _is_signed(self, path: str, told: dict[str, str], form: dict[str, str]) -> bool:
        secret = "" if path.endswith("request_token") else TOKEN_SECRET
        kept = [(name, value) for name, value in told.items() if name != "oauth_signature"]
        base = generate_signature_base_string_of(f"{self.address}{path}", [*kept, *form.items()])
        return bool(hmac_sha1_signature(base, SECRET, secret) == told.get("oauth_signature"))


def generate_signature_base_string_of(url: str, pairs: list[tuple[str, str]]) -> str:
    """Write what is signed (RFC 5849, 3.4.1)."""

    class Asked:
        method, uri, params, headers = "POST", url, pairs, {"Host": urlsplit(url).netloc}

    return str(generate_signature_base_string(Asked()))


def oauth_fields(header: str) -> dict[str, str]:
    """Read the fields of an OAuth header."""
    pairs = (part.strip().split("=", 1) for part in header.removeprefix("OAuth ").split(","))
    return {name: unquote(unescape(value.strip('"'))) for name, value in pairs}


@contextmanager
def twitter() -> Iterator[Twitter]:
    """Run it in a thread."""
    app = Twitter()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(app))
    app.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield app
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _handler(app: Twitter) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send("")

        def do_POST(self) -> None:
            self._send(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

        def _send(self, body: str) -> None:
            headers = dict(self.headers.items())
            status, text = app.answer(urlsplit(self.path).path, headers, body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_args: Any) -> None:
            return

    return Handler
