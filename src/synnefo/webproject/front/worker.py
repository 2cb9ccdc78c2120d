"""A gunicorn worker whose threads take turns at listening, quick with small requests.

Plain requests go through our own reading and writing; whatever is odd about a request (chunked
bodies, upgrades, HTTP/1.0, doubtful heads) or about the configuration (hooks, access logs, the
proxy protocol) goes through gunicorn's own, as in its `gthread` worker. See decision 0019.
"""

import contextlib
import errno
import ipaddress
import os
import resource
import select
import socket
import time
from typing import Any

from gunicorn import http
from gunicorn.errors import ConfigError
from gunicorn.http.wsgi import base_environ
from gunicorn.workers.base import Worker
from gunicorn.workers.gthread import TConn, ThreadWorker

from synnefo.webproject.front import heads
from synnefo.webproject.front.bodies import NOTHING, KnownBody
from synnefo.webproject.front.connections import Connection, Request, Taken
from synnefo.webproject.front.heads import Environ, Rules
from synnefo.webproject.front.listening import Listening
from synnefo.webproject.front.patience import Pace, PatientSocket, wake_every
from synnefo.webproject.front.replies import TOGETHER, Reply

QUICK = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods whose answers are tried without letting somebody else listen first."""
LOOK = 0.003
"""Seconds after which a lookout who is still at the same request is relieved, twice at most."""
_LOOKS = 100
_GONE = {errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN, errno.EAGAIN, errno.ETIMEDOUT}
_BROKEN = (
    b"HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\n"
    b"Content-Type: text/plain\r\nContent-Length: 22\r\n\r\nInternal Server Error\n"
)


class FrontWorker(ThreadWorker):  # type: ignore[misc] # gunicorn has no types
    """One process of the web server."""

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """Refuse what this worker cannot do."""
        modes = (cfg.proxy_protocol, cfg.http2_cleartext, cfg.protocol)
        if cfg.is_ssl or modes != ("off", "off", "http"):
            raise ConfigError(
                "This worker speaks plain HTTP only: let a front end end TLS, or use gthread."
            )
        super().check_config(cfg, log)

    def init_process(self) -> None:
        """Make what a process needs of its own, then serve."""
        limit, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if limit < hard:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 1 << 16), hard))
        self._listening = Listening(self, self.sockets, threads=self.cfg.threads)
        self._listening.keep = float(self.cfg.keepalive or 1)
        self._listening.most = self.worker_connections
        self._listening.on_work = self._wake
        self._is_asleep = False
        self._keeps = bool(self.cfg.keepalive)
        self._base: Environ = {
            **base_environ(self.cfg),
            "wsgi.multithread": True,
            "SERVER_PROTOCOL": "HTTP/1.1",
            "SCRIPT_NAME": "",
        }
        self._strict = self._rules(is_trusted=False)
        self._trusting = self._rules(is_trusted=True)
        Worker.init_process(self)

    def run(self) -> None:
        """Serve until told to stop, then let what is being answered finish."""
        self._listening.start()
        quiet = 0
        while self.alive and self.is_parent_alive():
            self.notify()
            quiet = self._watch_over(quiet)
        self._listening.stop()
        end = time.monotonic() + self.cfg.graceful_timeout
        while not self._listening.is_over and time.monotonic() < end:
            self.notify()
            self._listening.relieve()
            time.sleep(0.02)
        for one in self.sockets:
            one.close()

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Begin to stop; the signal itself has woken the main thread."""
        self.alive = False

    def handle_quit(self, sig: int, frame: Any) -> None:
        """Stop at once."""
        Worker.handle_quit(self, sig, frame)

    def _watch_over(self, quiet: int) -> int:
        """Watch over the lookout for a second; answer how long nothing has happened."""
        end = time.monotonic() + 1.0
        while self.alive and time.monotonic() < end:
            self._is_asleep = quiet >= _LOOKS
            self._wait(1.0 if self._is_asleep else LOOK)
            quiet = 0 if self._listening.relieve() else quiet + 1
        return quiet

    def _wait(self, seconds: float) -> None:
        if select.select([self.PIPE[0]], [], [], seconds)[0]:
            with contextlib.suppress(BlockingIOError):
                os.read(self.PIPE[0], 4096)

    def _wake(self) -> None:
        """Tell the main thread that there is something to watch over."""
        if self._is_asleep:
            self._is_asleep = False
            with contextlib.suppress(BlockingIOError):
                os.write(self.PIPE[1], b"w")

    def _rules(self, *, is_trusted: bool) -> Rules:
        cfg = self.cfg
        schemes = cfg.secure_scheme_headers if is_trusted else {}
        line = cfg.limit_request_line
        return Rules(
            line=line if 0 < line < http.message.MAX_REQUEST_LINE else 8190,
            fields=cfg.limit_request_fields if self._may_be_plain() else 0,
            field_size=cfg.limit_request_field_size or 8190,
            schemes={f"HTTP_{name.replace('-', '_')}": schemes[name] for name in schemes},
        )

    def _may_be_plain(self) -> bool:
        """Tell whether the configuration asks for nothing that only gunicorn's own way does."""
        hooks = ("pre_request", "post_request")
        settings = self.cfg.settings
        return (
            all(settings[one].get() is settings[one].default for one in hooks)
            and not self.log.access_log_enabled
            and not os.environ.get("SCRIPT_NAME")
        )

    def connected(self, plain: socket.socket, client: Any, listener: Any) -> Connection:
        """Make a connection of a socket that was accepted."""
        server = listener.getsockname()
        environ = {**self._base, "gunicorn.socket": plain}
        rules = self._trusting
        if isinstance(client, tuple):
            environ |= {"REMOTE_ADDR": client[0], "REMOTE_PORT": str(client[1])}
            environ |= {"SERVER_NAME": server[0], "SERVER_PORT": str(server[1])}
            rules = self._trusting if self._is_trusted(client[0]) else self._strict
        else:
            environ["REMOTE_ADDR"] = os.fsdecode(client)
        return Connection(plain, client, environ, rules)

    def serve(self, connection: Connection, request: Taken) -> bool:
        """Answer one request; False when the connection is over."""
        if isinstance(request, Request):
            return self._serve_plain(connection, request)
        return self._serve_odd(connection)

    def _serve_plain(self, connection: Connection, request: Request) -> bool:
        line, fields = request.line, request.fields
        if line.method not in QUICK:
            self._listening.hand_on()
        body = self._body(connection, request)
        path, query = heads.path_of(line.target)
        is_last = fields.is_last or not self._keeps
        reply = Reply(connection.socket, line.method, is_last=is_last)
        reply.must_close = lambda: not self.alive or not body.can_be_dropped()
        environ = {
            **fields.environ,
            "REQUEST_METHOD": line.method,
            "RAW_URI": line.target,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "wsgi.input": body,
            "synnefo.sent": reply.count,
        }
        self._count()
        is_good = self._answer(environ, reply) and not reply.is_last and body.drop()
        connection.is_unread = body.left > 0
        return is_good

    def _body(self, connection: Connection, request: Request) -> KnownBody:
        fields = request.fields
        if not fields.length:
            return NOTHING
        if len(request.ahead) == fields.length:
            return KnownBody(None, request.ahead, fields.length)
        wake_every(connection.socket, 1)
        source = PatientSocket(connection.socket, Pace(self._listening.is_pressed))
        return KnownBody(source, request.ahead, fields.length, is_awaited=fields.expects)

    def _count(self) -> None:
        self.nr += 1
        if self.nr >= self.max_requests and self.alive:
            self.log.info("Autorestarting worker after current request.")
            self.alive = False
            self._wake()

    def _answer(self, environ: Environ, reply: Reply) -> bool:
        """Run the application and send what it answers; False when that broke off."""
        try:
            answer = self.wsgi(environ, reply.start)
            try:
                self._send(answer, reply)
            finally:
                if hasattr(answer, "close"):
                    answer.close()
        except Exception as error:
            if isinstance(error, OSError) and error.errno in _GONE:
                return False
            self.log.exception("Error handling request %s", environ["RAW_URI"])
            self._apologise(environ, reply)
            return False
        return True

    def _send(self, answer: Any, reply: Reply) -> None:
        if type(answer) is tuple and sum(map(len, answer)) <= TOGETHER:
            reply.send(answer, self._listening.hand_on)
        else:
            with self._listening.streaming() as begin:
                reply.send(answer, begin)
        reply.check_whole()

    def _apologise(self, environ: Environ, reply: Reply) -> None:
        """Tell the client that something went wrong, while that is possible."""
        if not reply.is_started:
            with contextlib.suppress(OSError):
                environ["gunicorn.socket"].sendall(_BROKEN)

    def _serve_odd(self, connection: Connection) -> bool:
        """Let gunicorn read and answer a request as its own threads would."""
        plain = connection.socket
        wake_every(plain, 1)
        conn = TConn(self.cfg, plain, connection.client, plain.getsockname())
        source = PatientSocket(plain, Pace(self._listening.is_pressed))
        conn.parser = http.get_parser(self.cfg, source, connection.client)
        conn.parser.unreader.unread(connection.buffer)
        conn.initialized = True
        is_open = bool(self.handle(conn))
        connection.put_back(conn.parser.unreader.take_buffered())
        connection.is_unread = not is_open
        return is_open

    def _is_trusted(self, address: str) -> bool:
        """Tell whether a peer may name the scheme. Spec: operations 5.2."""
        if "*" in self.cfg.forwarded_allow_ips:
            return True
        peer = ipaddress.ip_address(address)
        return any(peer in network for network in self.cfg.forwarded_allow_networks())
