"""Alertmanager through its API v2."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from sreagent.clients.web import WebServer, message
from sreagent.domain.alert import Alert
from sreagent.domain.errors import BadInput, NotFound, Refused
from sreagent.domain.intake import read_alerts, read_text
from sreagent.domain.moment import parse_time, stamp
from sreagent.domain.silence import Silence

_ALL_ACTIVE = {"active": "true", "silenced": "true", "inhibited": "true"}
_OVER = "expired"


class AlertmanagerAlerts:
    """What fires, as Alertmanager has it. Thread-safe."""

    def __init__(self, address: str, *, timeout: float = 10.0) -> None:
        self._server = WebServer("Alertmanager", address, timeout=timeout)

    @property
    def url(self) -> str:
        """Where it is, without a login."""
        return self._server.url

    def firing(self) -> Sequence[Alert]:
        """All active alerts, silenced and inhibited ones included."""
        answer = self._server.ask(lambda: self._server.get("/api/v2/alerts", **_ALL_ACTIVE))
        if answer.status_code != 200:
            raise self._server.refusal(answer)
        if answer.content.strip() == b"[]":
            return ()
        try:
            text = read_text(answer.content, source="alertmanager")
            return read_alerts(text, source="alertmanager")
        except BadInput as error:
            raise self._server.unusable(error.message) from error

    def silences(self) -> Sequence[Silence]:
        """All that are pending or active."""
        return self._server.ask(self._read_silences)

    def silence(self, silence: Silence) -> str:
        """Make one; returns its id. Raises Refused."""
        body = {
            "matchers": [
                {"name": label, "value": value, "isRegex": False}
                for label, value in silence.matchers.items()
            ],
            "startsAt": stamp(silence.starts_at),
            "endsAt": stamp(silence.ends_at),
            "createdBy": silence.created_by,
            "comment": silence.comment,
        }
        return str(self._server.once(lambda: self._write("POST", "silences", body)["silenceID"]))

    def expire(self, silence_id: str) -> None:
        """End one now. Raises NotFound, Refused."""
        self._server.once(lambda: self._write("DELETE", f"silence/{quote(silence_id, safe='')}"))

    def _read_silences(self) -> Sequence[Silence]:
        answer = self._server.get("/api/v2/silences")
        if answer.status_code != 200:
            raise self._server.refusal(answer)
        return [_silence(item) for item in answer.json() if item["status"]["state"] != _OVER]

    def _write(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - any JSON
        answer = self._server.send(method, f"/api/v2/{path}", body)
        if answer.status_code == 404:
            msg = f"{self._server} has no {path.replace('/', ' ')}"
            raise NotFound(msg)
        if 400 <= answer.status_code < 500 and answer.status_code not in (401, 403, 408, 429):
            msg = f"{self._server} refused the silence: {message(answer)}"
            raise Refused(msg)
        if answer.status_code != 200:
            raise self._server.refusal(answer)
        return answer.json() if answer.content.strip() else {}


def _silence(item: dict[str, Any]) -> Silence:
    starts, ends = parse_time(item["startsAt"]), parse_time(item["endsAt"])
    if starts is None or ends is None:
        msg = "a silence without times"
        raise ValueError(msg)
    matchers = item["matchers"]
    return Silence(
        id=str(item["id"]),
        matchers={str(one["name"]): str(one["value"]) for one in matchers},
        exact=not any(one["isRegex"] or not one.get("isEqual", True) for one in matchers),
        starts_at=starts,
        ends_at=ends,
        created_by=str(item.get("createdBy") or ""),
        comment=str(item.get("comment") or ""),
    )
