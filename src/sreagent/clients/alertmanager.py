"""Alertmanager through its API v2."""

from collections.abc import Sequence

from sreagent.clients.web import WebServer
from sreagent.domain.alert import Alert
from sreagent.domain.errors import BadInput
from sreagent.domain.intake import read_alerts, read_text

_ALL_ACTIVE = {"active": "true", "silenced": "true", "inhibited": "true"}


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
