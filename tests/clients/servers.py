"""Small web servers that answer, or misbehave, as a test tells them."""

import json
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

HTML = b"<!DOCTYPE html><html><body>Please log in</body></html>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer, or what comes instead of it."""

    body: bytes = b"{}"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    """Seconds before anything is sent."""
    dropped: bool = False
    """Close the connection without a word."""
    missing: int = 0
    """Bytes announced but never sent."""
    chunked: bool = False
    """Send in chunks; with `missing`, without the last one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Message
    body: bytes


def reply(payload: object, status: int = 200, **more: Any) -> Reply:
    """Build an answer in JSON."""
    return Reply(body=json.dumps(payload).encode(), status=status, **more)


def status(code: int, message: str, **details: Any) -> Reply:
    """Build a refusal as Kubernetes words it."""
    told = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message}
    return reply({**told, "details": details, "code": code}, code)


class Server:
    """Answers each path with its replies in turn; the last one stays."""

    def __init__(self) -> None:
        self.replies: dict[str, list[Reply]] = {}
        self.asked: list[Asked] = []
        self.url = ""
        self._lock = threading.Lock()

    def on(self, path: str, *replies: Reply) -> None:
        """Say what a path answers."""
        self.replies[path] = list(replies)

    def next_reply(self, request: Asked) -> Reply:
        """Note a request and take the answer that is next for it."""
        with self._lock:
            self.asked.append(request)
            waiting = self.replies.get(request.path)
            if not waiting:
                return status(404, "the server could not find the requested resource")
            return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    def paths(self) -> list[str]:
        """The paths asked for, in order."""
        return [request.path for request in self.asked]


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Run a server on loopback."""
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 20

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            parts = urlsplit(self.path)
            request = Asked(
                method=self.command,
                path=parts.path,
                query=dict(parse_qsl(parts.query)),
                headers=self.headers,
                body=self.rfile.read(length),
            )
            _send(self, server.next_reply(request))

        do_GET = do_PATCH = do_DELETE = do_POST = do_PUT = answer  # noqa: N815 - names of http.server

        def log_message(self, *_: object) -> None:
            pass

    http = _Quiet(("127.0.0.1", 0), Handler)
    if context:
        http.socket = context.wrap_socket(http.socket, server_side=True)
    threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True).start()
    server.url = f"http{'s' if context else ''}://127.0.0.1:{http.server_port}"
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that hang up: that is what is tested."""


def _send(handler: BaseHTTPRequestHandler, answer: Reply) -> None:
    time.sleep(answer.delay)
    if answer.dropped:
        handler.close_connection = True
        return
    handler.send_response(answer.status)
    for name, value in {"Content-Type": "application/json", **answer.headers}.items():
        handler.send_header(name, value)
    if answer.chunked:
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        end = b"" if answer.missing else b"0\r\n\r\n"
        handler.wfile.write(b"%x\r\n%b\r\n%b" % (len(answer.body), answer.body, end))
    else:
        handler.send_header("Content-Length", str(len(answer.body) + answer.missing))
        handler.end_headers()
        handler.wfile.write(answer.body)
    handler.close_connection = bool(answer.missing)
