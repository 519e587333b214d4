"""A client of the chat endpoint that hides nothing: what was sent, as it was sent."""

import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

Json = dict[str, Any]

QUESTION = {"role": "user", "content": "why is the shop down?"}
TOOL = {"type": "function", "function": {"name": "logs", "parameters": {"type": "object"}}}


@dataclass(frozen=True, slots=True)
class Reply:
    code: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> Json:
        found: Json = self.json()["error"]
        return found

    @property
    def said(self) -> Json:
        """The message of a whole answer."""
        message: Json = self.json()["choices"][0]["message"]
        return message

    @property
    def events(self) -> list[str]:
        """The data of a stream's events, taken apart strictly."""
        assert self.headers["content-type"] == "text/event-stream"
        events = self.body.decode().split("\n\n")
        assert events.pop() == ""
        assert all(event.startswith("data: ") and "\n" not in event for event in events)
        return [event.removeprefix("data: ") for event in events]

    @property
    def chunks(self) -> list[Json]:
        events = self.events
        assert events.pop() == "[DONE]"
        return [json.loads(event) for event in events]


def send(method: str, address: str, body: object = None, *, key: str = "") -> Reply:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    try:
        connection.request(method, parts.path, data, headers)
        with connection.getresponse() as reply:
            names = {name.lower(): value for name, value in reply.getheaders()}
            return Reply(reply.status, names, reply.read())
    finally:
        connection.close()


def ask(url: str, *messages: Json, key: str = "", **more: object) -> Reply:
    """Ask for a completion."""
    body = {"model": "scripted", "messages": list(messages or [QUESTION]), **more}
    return send("POST", f"{url}/chat/completions", body, key=key)


def read_events(url: str, **more: object) -> tuple[list[str], Exception | None]:
    """Lines of a stream as they come, and what it broke with."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    body = {"model": "scripted", "messages": [QUESTION], "stream": True, **more}
    lines: list[str] = []
    try:
        connection.request("POST", f"{parts.path}/chat/completions", json.dumps(body))
        with connection.getresponse() as reply:
            while line := reply.readline():
                lines.append(line.decode())
    except (OSError, http.client.HTTPException) as problem:
        return lines, problem
    finally:
        connection.close()
    return lines, None
