"""A bad way to AWS: a proxy that refuses, cuts, delays and spoils answers as real ones do."""

import http.client
import json
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

_SCOPE = re.compile(r"Credential=([^/]+)/\d+/([\w-]+)/([\w-]+)/")
_BUSY = {
    "ec2": ("RequestLimitExceeded", 503),
    "s3": ("SlowDown", 503),
    "route53": ("Throttling", 400),
    "lambda": ("TooManyRequestsException", 429),
    "iam": ("Throttling", 400),
    "dynamodb": ("ThrottlingException", 400),
}
"""What a busy service says; all others say `ThrottlingException`."""
PAGE = b"<!DOCTYPE html><html><body>Please log in to the guest network</body></html>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request as it came."""

    method: str
    path: str
    body: bytes
    headers: Mapping[str, str]
    key: str = ""
    """The access key that signed it."""
    region: str = ""
    service: str = ""
    operation: str = ""
    """As the SDK names it; for services of REST it is `GET /path`."""

    @property
    def name(self) -> str:
        return f"{self.service}:{self.operation}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is sent back."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    lacking: int = 0
    """Bytes at the end that are announced and never come."""


Next = Callable[[], Answer]
Fault = Callable[[Call, Next], Answer | None]
"""Gives another answer than the account, or None to let the next fault see the call."""


class Faults:
    """The way to one account, and what is wrong with it. Thread-safe."""

    def __init__(self, behind: str) -> None:
        self.behind = behind
        """Address of the server that has the answers."""
        self.url = ""
        self.faults: list[Fault] = []
        self.seen: Counter[str] = Counter()
        """Calls by their names."""
        self.spoiled: Counter[str] = Counter()
        """Those that were not answered as the account would have."""

    def add(self, *faults: Fault) -> None:
        self.faults += faults

    def clear(self) -> None:
        self.faults.clear()
        self.seen.clear()
        self.spoiled.clear()

    def answer(self, call: Call) -> Answer:
        self.seen[call.name] += 1
        for fault in tuple(self.faults):
            if (found := fault(call, lambda: self.honest(call))) is not None:
                self.spoiled[call.name] += 1
                return found
        return self.honest(call)

    def honest(self, call: Call) -> Answer:
        """What the server behind says."""
        where = urlsplit(self.behind)
        link = http.client.HTTPConnection(where.hostname or "", where.port, timeout=60)
        kept = {n: v for n, v in call.headers.items() if n.lower() not in ("host", "connection")}
        try:
            link.request(call.method, call.path, call.body, kept)
            said = link.getresponse()
            body = said.read()
        finally:
            link.close()
        headers = {
            name: value
            for name, value in said.getheaders()
            if name.lower() not in ("transfer-encoding", "connection", "date", "server")
        }
        return Answer(status=said.status, body=body, headers=headers)


def matching(pattern: str, fault: Fault) -> Fault:
    """Only for calls whose name is of a pattern: `dynamodb:Describe.*`."""

    def chosen(call: Call, honest: Next) -> Answer | None:
        return fault(call, honest) if re.fullmatch(pattern, call.name) else None

    return chosen


def in_region(region: str, fault: Fault) -> Fault:
    """Only for calls to one region."""
    return lambda call, honest: fault(call, honest) if call.region == region else None


def signed_by(key: str, fault: Fault) -> Fault:
    """Only for calls that an access key signed."""
    return lambda call, honest: fault(call, honest) if call.key == key else None


def answered_by(url: str) -> Fault:
    """Another server has the answers."""
    other = Faults(url)
    return lambda call, _: other.honest(call)


def first(times: int, fault: Fault) -> Fault:
    """Only so many times."""
    left = iter(range(times))
    lock = threading.Lock()

    def limited(call: Call, honest: Next) -> Answer | None:
        with lock:
            is_left = next(left, None) is not None
        return fault(call, honest) if is_left else None

    return limited


def busy(share: float, seed: int = 0) -> Fault:
    """A share of all calls is told that too many come, each service in its own words."""
    dice, lock = random.Random(seed), threading.Lock()  # noqa: S311 - keeps no secret

    def refuse(call: Call, _: Next) -> Answer | None:
        with lock:
            is_hit, is_broken = dice.random() < share, dice.random() < 0.2
        if not is_hit:
            return None
        code, status = _BUSY.get(call.service, ("ThrottlingException", 400))
        if is_broken:
            return error(call, "ServiceUnavailable", "try again later", status=503)
        return error(call, code, "Rate exceeded", status=status)

    return refuse


def denied(call: Call, _: Next) -> Answer:
    """The caller may not."""
    json_like = _form(call) in ("json", "rest-json")
    code = {"ec2": "UnauthorizedOperation"}.get(call.service, "AccessDenied")
    told = f"User: someone is not authorized to perform: {call.name}"
    return error(call, "AccessDeniedException" if json_like else code, told, status=403)


def unknown_key(call: Call, _: Next) -> Answer:
    """The access key is none."""
    told = "The security token included in the request is invalid."
    code = {"ec2": "AuthFailure", "s3": "InvalidAccessKeyId"}.get(call.service)
    usual = "UnrecognizedClientException" if "json" in _form(call) else "InvalidClientTokenId"
    return error(call, code or usual, told, status=403)


def broken_off(_: Call, honest: Next) -> Answer:
    """The connection ends in the middle of the answer."""
    whole = honest()
    half = len(whole.body) // 2
    return Answer(
        status=whole.status, body=whole.body[:half], headers=whole.headers, lacking=len(whole.body)
    )


def hanging(seconds: float) -> Fault:
    """The answer takes so long."""

    def wait(_: Call, honest: Next) -> Answer:
        time.sleep(seconds)
        return honest()

    return wait


def a_page(_: Call, __: Next) -> Answer:
    """A proxy answers with its own page and says that all is well."""
    return Answer(status=200, body=PAGE, headers={"Content-Type": "text/html"})


def a_page_of_xml(_: Call, __: Next) -> Answer:
    """The same from a proxy that writes XHTML."""
    page = b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0">'
    body = page + b'\n<html xmlns="http://www.w3.org/1999/xhtml"><body>log in</body></html>'
    return Answer(status=200, body=body, headers={"Content-Type": "application/xhtml+xml"})


def empty(_: Call, __: Next) -> Answer:
    """All is well, and nothing is in it."""
    return Answer(status=200, body=b"", headers={"Content-Type": "text/plain"})


def changed(change: Callable[[bytes], bytes]) -> Fault:
    """The answer with something changed in it."""

    def spoil(_: Call, honest: Next) -> Answer:
        whole = honest()
        kept = {n: v for n, v in whole.headers.items() if n.lower() != "content-length"}
        return Answer(status=whole.status, body=change(whole.body), headers=kept)

    return spoil


def error(call: Call, code: str, message: str, *, status: int) -> Answer:
    """An error as the service would write it."""
    body, kind = _bodies(call, code, message)
    extra = {"x-amzn-ErrorType": code} if _form(call) == "rest-json" else {}
    return Answer(status=status, body=body, headers={"Content-Type": kind, **extra})


def _bodies(call: Call, code: str, message: str) -> tuple[bytes, str]:
    one = f"<Code>{code}</Code><Message>{message}</Message>"
    match _form(call):
        case "json":
            kind = call.headers.get("Content-Type", "application/x-amz-json-1.1")
            return json.dumps({"__type": code, "message": message}).encode(), kind
        case "rest-json":
            return json.dumps({"message": message}).encode(), "application/json"
        case "ec2":
            text = f"<Response><Errors><Error>{one}</Error></Errors><RequestID>1</RequestID>"
            return f"{text}</Response>".encode(), "text/xml"
        case "s3":
            return f"<Error>{one}<RequestId>1</RequestId></Error>".encode(), "application/xml"
        case _:
            text = f"<ErrorResponse><Error><Type>Sender</Type>{one}</Error>"
            return f"{text}<RequestId>1</RequestId></ErrorResponse>".encode(), "text/xml"


def _form(call: Call) -> str:
    """How the service writes."""
    kind = call.headers.get("Content-Type") or ""
    if "x-amz-json" in kind:
        return "json"
    if call.service in ("ec2", "s3"):
        return call.service
    if "x-www-form-urlencoded" in kind or call.service == "route53":
        return "query"
    return "rest-json"


def _called(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Call:
    scope = _SCOPE.search(headers.get("Authorization") or "")
    target = (headers.get("X-Amz-Target") or "").rpartition(".")[2]
    kind = headers.get("Content-Type") or ""
    action = parse_qs(body.decode()).get("Action", [""])[0] if "urlencoded" in kind else ""
    return Call(
        method=method,
        path=path,
        body=body,
        headers=headers,
        key=scope[1] if scope else "",
        region=scope[2] if scope else "",
        service=scope[3] if scope else "",
        operation=target or action or f"{method} {path}",
    )


@contextmanager
def bad_way(behind: str) -> Iterator[Faults]:
    """A proxy before a server, for as long as it is needed; honest until a fault is added."""
    faults = Faults(behind)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            call = _called(self.command, self.path, dict(self.headers.items()), body)
            try:
                self._send(faults.answer(call))
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        do_GET = do_PUT = do_DELETE = do_HEAD = do_POST  # noqa: N815 - names of the protocol

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                if name.lower() != "content-length":
                    self.send_header(name, value)
            length = len(answer.body) + answer.lacking
            if self.command == "HEAD":
                length = int(answer.headers.get("Content-Length") or length)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)
            if answer.lacking:
                self.wfile.flush()
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    faults.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield faults
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
