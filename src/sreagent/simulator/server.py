"""The HTTP server on loopback: reads a request, asks the right site, sends the answer."""

import select
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from sreagent.simulator.exchange import Answer, Request, ResetError, answer
from sreagent.simulator.faults import Faults
from sreagent.simulator.problems import ApiError

Site = Callable[[Request], Answer]

_REASONS = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
    504: "Timeout",
}


class Server(ThreadingHTTPServer):
    """Serves several sites, each under its own path prefix."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, port: int, sites: dict[str, Site], faults: Faults) -> None:
        self.sites = sites
        self.faults = faults
        self._open: set[socket.socket] = set()
        self._is_closing = False
        super().__init__(("127.0.0.1", port), _Handler)

    def site_for(self, path: str) -> tuple[Site, str]:
        """The site that answers a path, and the path as that site knows it."""
        for prefix, site in self.sites.items():
            if prefix and (path == prefix or path.startswith(prefix + "/")):
                return site, path.removeprefix(prefix) or "/"
        return self.sites[""], path

    def shut_down(self) -> None:
        """Stop, and hang up on everyone who is still connected."""
        self._is_closing = True
        self.shutdown()
        self.server_close()
        for connection in list(self._open):
            self.shutdown_request(connection)

    def process_request(self, request, client_address) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        """Remember the connection while it is open."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        """Hang up."""
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request, client_address) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
        """Take a client that went away for granted; anything else is a bug to be seen."""
        if not self._is_closing and not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024
    server: Server

    def do_GET(self) -> None:
        """Answer any method; the sites tell them apart."""
        request = self._read()
        faults = self.server.faults
        if faults.delay:
            time.sleep(faults.delay)
        whole_path = self._whole_path()
        code = faults.code_for(whole_path)
        try:
            reply = _failure(code) if code else self._ask(request)
            self._send(reply, faults.cut_for(whole_path))
        except ResetError:
            self._reset()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_GET  # noqa: N815 - names of the base

    def finish(self) -> None:
        """Let go of the connection, also when something was left that nobody reads."""
        try:
            super().finish()
        finally:
            self.rfile.close()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing on the terminal of whoever started the simulator."""

    def _ask(self, request: Request) -> Answer:
        site, path = self.server.site_for(request.path)
        try:
            return site(replace(request, path=path))
        except ApiError as problem:
            return answer(problem.status(), problem.code)

    def _whole_path(self) -> str:
        return _split_token(urlsplit(self.path).path)[1]

    def _read(self) -> Request:
        address = urlsplit(self.path)
        token, path = _split_token(address.path)
        lists = parse_qs(address.query, keep_blank_values=True)
        length = int(self.headers.get("Content-Length") or 0)
        scheme, _, bearer = self.headers.get("Authorization", "").partition(" ")
        return Request(
            method=self.command,
            path=path,
            query={name: values[-1] for name, values in lists.items()},
            lists=lists,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length) if length else b"",
            token=bearer if scheme == "Bearer" else token,
        )

    def _send(self, reply: Answer, cut: int | None) -> None:
        self.send_response(reply.code)
        self.send_header("Content-Type", reply.media)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.stream is not None:
            self._stream(reply.stream, cut)
            return
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body[:cut])
        self.wfile.flush()
        if cut is not None and cut < len(reply.body):
            self._hang_up()

    def _stream(self, pieces: Iterator[bytes], cut: int | None) -> None:
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        sent = 0
        for piece in pieces:
            if cut is not None and sent + len(piece) > cut:
                self._hang_up()
                return
            if piece:
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                self.wfile.flush()
                sent += len(piece)
            elif self._is_gone():
                self.close_connection = True
                return
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def _is_gone(self) -> bool:
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _reset(self) -> None:
        """Close so that the client learns of an error, not of an end."""
        self.close_connection = True
        at_once = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
        self.connection.close()


def _split_token(path: str) -> tuple[str, str]:
    """The token in a path such as `/as/TOKEN/api/v1`, and the path without it."""
    if not path.startswith("/as/"):
        return "", unquote(path)
    token, _, rest = path.removeprefix("/as/").partition("/")
    return token, unquote("/" + rest)


def _failure(code: int) -> Answer:
    message = f"the simulator was told to answer {code}"
    problem = ApiError(code, _REASONS.get(code, "Unknown"), message)
    headers = {"Retry-After": "1"} if code == 429 else {}
    plain = answer(problem.status(), code)
    return Answer(code=code, body=plain.body, headers=headers)
