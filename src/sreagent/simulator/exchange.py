"""One HTTP question and its answer."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sreagent.simulator.objects import Json
from sreagent.simulator.problems import bad_request

JSON_MEDIA = "application/json"


class ResetError(Exception):
    """Raised instead of an answer, or in the middle of a stream: reset the connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who asks."""

    user: str
    may_write: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A question as it came in, its path without any prefix."""

    method: str
    path: str
    query: Mapping[str, str]
    lists: Mapping[str, list[str]]
    """Every value of each query parameter."""
    headers: Mapping[str, str]
    body: bytes = b""
    token: str = ""

    @property
    def media(self) -> str:
        """The media type of the body."""
        return self.headers.get("content-type", "").partition(";")[0].strip()

    @property
    def accept(self) -> str:
        """The media types the caller reads."""
        return self.headers.get("accept", "")

    def json(self) -> Any:  # noqa: ANN401 - the body can be any JSON
        """The body; an empty one is an empty object."""
        try:
            return json.loads(self.body) if self.body.strip() else {}
        except ValueError as problem:
            message = f"the body of the request is not JSON: {problem}"
            raise bad_request(message) from problem

    def mapping(self) -> Json:
        """The body, when it is a JSON object."""
        body = self.json()
        if not isinstance(body, dict):
            message = "the body of the request must be a JSON object"
            raise bad_request(message)
        return body


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes back; a `stream` is sent piece by piece as it comes."""

    code: int = 200
    body: bytes = b""
    media: str = JSON_MEDIA
    stream: Iterator[bytes] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(obj: object, code: int = 200) -> Answer:
    """An answer in JSON."""
    return Answer(code=code, body=json.dumps(obj, separators=(",", ":")).encode() + b"\n")
