"""A running Open Policy Agent, through its data API."""

from collections.abc import Mapping
from typing import Any

import requests

from sreagent.clients.web import WebServer


class OpaServer:
    """One decision document of an OPA; calling it asks for the decision. Thread-safe."""

    def __init__(self, url: str, *, timeout: float = 1.0) -> None:
        self._server = WebServer("OPA", url, timeout=timeout)
        self._timeout = timeout

    def __call__(self, given: Mapping[str, Any]) -> object:
        """The decision, or None where it is undefined.

        Raises:
            Unreachable: No answer, or none that OPA would give.
            Forbidden: OPA does not let us ask.
        """
        response = self._server.ask(lambda: self._post(given))
        if response.status_code != requests.codes.ok:
            raise self._server.refusal(response)
        answer = self._server.ask(response.json)
        if not isinstance(answer, dict):
            reason = "it is JSON of another shape"
            raise self._server.unusable(reason)
        return answer.get("result")

    def _post(self, given: Mapping[str, Any]) -> requests.Response:
        server = self._server
        return server.session.post(
            server.url,
            json={"input": given},
            timeout=self._timeout,
            auth=server.auth,
            allow_redirects=False,
        )
