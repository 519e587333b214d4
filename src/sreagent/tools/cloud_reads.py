"""Runs reads of AWS that somebody wrote as a command line."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from sreagent.domain.command import AwsRead
from sreagent.domain.errors import NotFound, SreError
from sreagent.domain.evidence import Health
from sreagent.domain.moment import stamp
from sreagent.domain.ports import Clock, Cloud
from sreagent.tools.cloud_verbs import plain
from sreagent.tools.sighting import Sighting, Source, shown

MOST = 1000
"""Items of one answer, where the line does not ask for fewer."""
LOOKS, PAUSE = 7, 5.0
"""How often, and how many seconds apart, it is looked for what a waiter waits for: 30 s."""
EVENTS = {"FilterLogEvents": "events", "GetLogEvents": "events"}
"""Operations whose answer is a log, and where its lines are."""


class CloudReader(Cloud, Protocol):
    """What a command line can ask beyond one call."""

    def collect(
        self,
        service: str,
        operation: str,
        parameters: Mapping[str, Any],
        *,
        region: str = "",
        most: int = MOST,
        start: str = "",
    ) -> Mapping[str, Any]:
        """All pages as one answer, at most `most` items; `NextToken` when there is more."""
        ...

    def reached(
        self, service: str, waiter: str, parameters: Mapping[str, Any], *, region: str = ""
    ) -> bool | None:
        """Whether what a waiter waits for is so, will not come (False), or is not yet (None)."""
        ...

    def asked_by(self, service: str, operation: str) -> tuple[Mapping[str, str], frozenset[str]]:
        """The parameters of an operation with their types, and which of them are required."""
        ...

    def choose(self, query: str, answer: object) -> Any:  # noqa: ANN401 - any JSON value
        """What a JMESPath expression finds. Raises TryAgain."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsReads:
    """Asks AWS, hides what is secret, and makes a text of the rest."""

    cloud: CloudReader
    redact_answer: Callable[[str, str, Mapping[str, Any]], Mapping[str, Any]]
    """Service, operation and answer to the answer without its sensitive members."""
    render: Callable[[AwsRead], str]
    clock: Clock

    def run(self, read: AwsRead) -> Sighting:
        """Ask; what could not be looked at is a sighting too, with the verdict UNKNOWN.

        Raises:
            TryAgain: The line asks for what there is not: a waiter, a JMESPath expression.
        """
        began = self.clock.monotonic()
        verdict = Health.HEALTHY
        try:
            text = self._answer(read)
        except NotFound as error:
            # That there is no such thing is an answer.
            text = _told(error)
        except SreError as error:
            text, verdict = _told(error), Health.UNKNOWN
        source: Source = "logs" if read.service == "logs" and read.operation in EVENTS else "aws"
        return shown(
            text,
            command=self.render(read),
            source=source,
            verdict=verdict,
            seconds=self.clock.monotonic() - began,
        )

    def _answer(self, read: AwsRead) -> str:
        if read.operation in ("help", "version"):
            return self._help(read)
        if waiter := read.options.get("waiter"):
            return self._wait(read, str(waiter))
        answer = dict(self._ask(read))
        answer.pop("RequestId", None)
        hidden = plain(self.redact_answer(read.service, read.operation, answer))
        if read.query:
            return _json(self.cloud.choose(read.query, hidden))
        if events := EVENTS.get(read.operation) if read.service == "logs" else None:
            return _lines(hidden, events)
        return _json(hidden)

    def _ask(self, read: AwsRead) -> Mapping[str, Any]:
        parameters = dict(read.parameters)
        if since := read.options.get("since_seconds"):
            began = self.clock.now() - timedelta(seconds=float(since))
            parameters.setdefault("startTime", int(began.timestamp() * 1000))
        if read.options.get("no_paginate"):
            return self.cloud.call(read.service, read.operation, parameters, region=read.region)
        return self.cloud.collect(
            read.service,
            read.operation,
            parameters,
            region=read.region,
            most=min(int(read.options.get("max_items") or MOST), MOST),
            start=str(read.options.get("starting_token") or ""),
        )

    def _wait(self, read: AwsRead, waiter: str) -> str:
        for look in range(LOOKS):
            if look:
                self.clock.sleep(PAUSE)
            there = self.cloud.reached(read.service, waiter, read.parameters, region=read.region)
            if there is not None:
                return f"{waiter}: {'it is so' if there else 'it will not come to that'}"
        return f"{waiter}: not yet after {(LOOKS - 1) * PAUSE:g} s"

    def _help(self, read: AwsRead) -> str:
        """What an operation takes, from the SDK's own description; nothing is sent."""
        operation = str(read.options.get("operation") or "")
        if not operation:
            return "reads of AWS are written as for aws-cli: aws SERVICE OPERATION --PARAMETER …"
        types, required = self.cloud.asked_by(read.service, operation)
        lines = [
            f"{name}: {kind}{' (required)' if name in required else ''}"
            for name, kind in types.items()
        ]
        return "\n".join([f"{read.service} {operation}", *lines])


def _told(error: SreError) -> str:
    return "\n".join(part for part in (error.message, error.why, error.hint) if part)


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def _lines(answer: Mapping[str, Any], events: str) -> str:
    """A log as lines: when, which stream, what."""
    lines = [_line(event) for event in answer.get(events) or ()]
    if more := answer.get("NextToken"):
        lines.append(f"… there is more: --starting-token {more}")
    return "\n".join(lines) or "no events"


def _line(event: Mapping[str, Any]) -> str:
    at = datetime.fromtimestamp(int(event.get("timestamp") or 0) / 1000, UTC)
    stream, message = event.get("logStreamName", ""), str(event.get("message", "")).rstrip("\n")
    return " ".join(part for part in (stamp(at), stream, message) if part)
