"""OpenID Connect providers for tests: a real one, and one of ours that can misbehave on demand."""

import base64
import hashlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from tests.support.ports import free_port, wait_for_port

CLIENT, SECRET = "synnefo", "a secret of the client"


@contextmanager
def mock_provider(*people: dict[str, object]) -> Iterator[str]:
    """Run oidc-provider-mock with some people; answer its issuer."""
    port = free_port()
    known = [text for person in people for text in ("--user-claims", json.dumps(person))]
    command = ["-m", "oidc_provider_mock", "--port", str(port), *known]
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", *command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_port(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@dataclass
class OwnProvider:
    """A provider whose every answer can be changed; `claims` overrides what tokens say."""

    issuer: str = ""
    subject: str = "ada"
    claims: dict[str, object] = field(default_factory=dict)
    userinfo: dict[str, object] = field(default_factory=dict)
    header: dict[str, object] = field(default_factory=dict)
    discovery: dict[str, object] = field(default_factory=dict)
    drop: tuple[str, ...] = ()
    key: Any = None
    first: Any = None
    published: list[Any] = field(default_factory=list)
    sign_with: Any = None
    raw_token: str = ""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def new_key(self) -> Any:
        """Make a new key and forget the old one, as providers do now and then."""
        self.key = RSAKey.generate_key(2048, parameters={"kid": f"k{time.monotonic_ns()}"})
        self.published = [self.key]
        return self.key

    def agree(self, address: str) -> dict[str, str]:
        """Let the person agree; answer the query that the browser comes back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code{len(self.codes)}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def id_token(self, asked: dict[str, str]) -> str:
        """Sign an identity token, right unless told otherwise."""
        moment = int(time.time())
        claims: dict[str, object] = {
            "iss": self.issuer,
            "sub": self.subject,
            "aud": asked["client_id"],
            "iat": moment,
            "exp": moment + 300,
            **({"nonce": asked["nonce"]} if "nonce" in asked else {}),
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if name not in self.drop}
        key = self.sign_with or self.key
        header = {"alg": "RS256" if isinstance(key, RSAKey) else "ES256", "kid": key.kid}
        return jwt.encode({**header, **self.header}, claims, key)

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        """Answer a call of the relying party."""
        self.seen.append((path, form))
        if path == "/.well-known/openid-configuration":
            return 200, self._discovery()
        if path == "/jwks":
            return 200, {"keys": [key.as_dict(private=False) for key in self.published]}
        if path == "/userinfo":
            return 200, {"sub": self.subject, **self.userinfo}
        if path == "/token":
            return self._token(form)
        return 404, {}

    def _discovery(self) -> dict[str, object]:
        told = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
        }
        return {**told, **self.discovery}

    def _token(self, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None:
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked.get("code_challenge", challenge) != challenge:
            return 400, {"error": "invalid_grant"}
        token = self.raw_token or self.id_token(asked)
        return 200, {"access_token": "an access token", "token_type": "Bearer", "id_token": token}


@contextmanager
def own_provider() -> Iterator[OwnProvider]:
    """Run our own provider in a thread."""
    provider = OwnProvider()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider))
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    provider.first = provider.new_key()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def an_ec_key() -> Any:
    """Make a key of another kind."""
    return ECKey.generate_key("P-256", parameters={"kid": "ec"})


def _handler(provider: OwnProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send({})

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            text = self.rfile.read(length).decode()
            self._send({name: values[0] for name, values in parse_qs(text).items()})

        def _send(self, form: dict[str, str]) -> None:
            status, told = provider.answer(urlsplit(self.path).path, form)
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            return

    return Handler
