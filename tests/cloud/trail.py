"""A pretend CloudTrail: LookupEvents over HTTP, with its pages, its rate and its refusals."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

TARGET = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents"
PAGE = 50
RATE = 2
"""Calls within one second, in one region."""
ACCOUNT = "123456789012"
_SCOPE = re.compile(r"Credential=[^/]+/\d+/([\w-]+)/")
_ATTRIBUTES = {"EventName": "EventName", "EventSource": "EventSource", "ReadOnly": "ReadOnly"}
Answer = tuple[int, Mapping[str, Any]]


@dataclass(slots=True)
class Trail:
    """The events of one account, by region, and how the service behaves."""

    url: str = ""
    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Region and parameters of each call that was answered."""
    denied: set[str] = field(default_factory=set)
    """Regions in which LookupEvents is not allowed."""
    throttled: int = 0
    """Calls that were refused because they came too fast."""
    seconds: Callable[[], float] = time.monotonic
    """What the rate is measured with."""
    behind: str = ""
    """Address of the server that answers all other services."""
    _times: dict[str, list[float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def record(self, *events: dict[str, Any], region: str = "eu-central-1") -> None:
        """Write events down, as if they had been made."""
        kept = self.events.setdefault(region, [])
        kept += events
        kept.sort(key=lambda event: float(event["EventTime"]), reverse=True)

    def answer(self, region: str, parameters: dict[str, Any]) -> Answer:
        """What the service says to one call."""
        with self._lock:
            if region in self.denied:
                return _error("AccessDeniedException", "not authorized: cloudtrail:LookupEvents")
            if self._is_too_fast(region):
                self.throttled += 1
                return _error("ThrottlingException", "Rate exceeded")
            self.asked.append((region, parameters))
        wanted = parameters.get("LookupAttributes") or []
        if len(wanted) > 1:
            return _error("InvalidLookupAttributesException", "only one attribute is allowed")
        if not 1 <= int(parameters.get("MaxResults", PAGE)) <= PAGE:
            return _error("InvalidMaxResultsException", "between 1 and 50")
        start = int(parameters.get("NextToken") or 0)
        size = int(parameters.get("MaxResults", PAGE))
        found = [each for each in self.events.get(region, []) if _is_wanted(each, parameters)]
        more = {"NextToken": str(start + size)} if len(found) > start + size else {}
        return 200, {"Events": found[start : start + size], **more}

    def _is_too_fast(self, region: str) -> bool:
        now = self.seconds()
        # A millisecond is forgiven: clocks of two programs are not one.
        recent = [at for at in self._times.get(region, []) if now - at < 0.999]
        self._times[region] = recent
        if len(recent) >= RATE:
            return True
        recent.append(now)
        return False


def event(
    name: str,
    source: str,
    at: datetime,
    identity: Mapping[str, Any],
    *,
    request: object = None,
    response: object = None,
    resources: Sequence[str] = (),
    reads: bool = False,
    **record: Any,
) -> dict[str, Any]:
    """One event as LookupEvents gives it; `record` is added to, or replaces, what stands in it."""
    whole = {
        "eventVersion": "1.10",
        "userIdentity": identity,
        "eventTime": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-central-1",
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "aws-cli/2.17.0 md/prompt#off",
        "requestParameters": request,
        "responseElements": response,
        "eventID": f"{name}-{at.timestamp():.0f}",
        "readOnly": reads,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
        **record,
    }
    return {
        "EventId": f"{name}-{at.timestamp():.3f}-{abs(hash(tuple(resources))) % 10_000}",
        "EventName": name,
        "EventTime": at.timestamp(),
        "EventSource": f"{source}.amazonaws.com",
        "ReadOnly": str(reads).lower(),
        "Resources": [{"ResourceName": each} for each in resources],
        "CloudTrailEvent": json.dumps(whole),
    }


@contextmanager
def cloudtrail() -> Iterator[Trail]:
    """A server for as long as it is needed."""
    trail = Trail()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("X-Amz-Target") != TARGET:
                self._pass_on(body)
                return
            found = _SCOPE.search(self.headers.get("Authorization") or "")
            code, answer = trail.answer(found[1] if found else "", json.loads(body))
            self._send(code, json.dumps(answer).encode(), "application/x-amz-json-1.1")

        do_GET = do_PUT = do_DELETE = do_HEAD = do_POST  # noqa: N815 - names of the protocol

        def _pass_on(self, body: bytes) -> None:
            if not trail.behind:
                self._send(404, b"{}", "application/json")
                return
            headers = {name: value for name, value in self.headers.items() if name != "Connection"}
            url = f"{trail.behind}{self.path}"
            said = requests.request(self.command, url, headers=headers, data=body, timeout=30)
            self._send(said.status_code, said.content, said.headers.get("Content-Type", ""))

        def _send(self, code: int, body: bytes, kind: str) -> None:
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    trail.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield trail
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _is_wanted(each: Mapping[str, Any], parameters: Mapping[str, Any]) -> bool:
    at = float(each["EventTime"])
    if at < float(parameters.get("StartTime") or 0):
        return False
    if at > float(parameters.get("EndTime") or 10**11):
        return False
    for wanted in parameters.get("LookupAttributes") or ():
        key, value = wanted["AttributeKey"], wanted["AttributeValue"]
        if key == "ResourceName":
            return any(one["ResourceName"] == value for one in each["Resources"])
        return bool(each[_ATTRIBUTES[key]] == value)
    return True


def _error(code: str, message: str) -> Answer:
    return 400, {"__type": code, "message": message}
