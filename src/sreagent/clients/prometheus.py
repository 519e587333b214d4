"""Prometheus through the prometheus-api-client package."""

import itertools
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import requests
from prometheus_api_client import prometheus_connect

from sreagent.clients.web import ONCE_MORE, WebServer, message
from sreagent.domain.errors import TryAgain
from sreagent.domain.ports import Labels, Ranges, Sample, Series
from sreagent.domain.text import clean, one_line

_sdk: Any = prometheus_connect  # its functions carry no types

_RANGE_ASKED = (
    "the query gives a range of values for each series, one value is wanted: "
    "wrap it in a function such as rate() or last_over_time()"
)

MOST_SERIES = 20_000
"""Series whose labels are read; a place with more is described well enough by these."""

T = TypeVar("T")


class PrometheusMetrics:
    """Time series of one Prometheus, or of what speaks its API. Thread-safe."""

    def __init__(self, address: str, *, timeout: float = 10.0) -> None:
        self._count = itertools.count(1)
        self.calls = 0
        self._heard = threading.local()
        self._server = WebServer("Prometheus", address, timeout=timeout)
        # The package keeps only the text of a refusal; the session sees the status first.
        self._server.session.hooks["response"].append(self._check)
        self._prometheus = _sdk.PrometheusConnect(
            url=self._server.url,
            session=self._server.session,
            auth=self._server.auth,
            retry=ONCE_MORE,
            timeout=timeout,
        )

    @property
    def url(self) -> str:
        """Where it is, without a login."""
        return self._server.url

    def instant(self, promql: str) -> Sequence[Sample]:
        """The value of each series now. Raises TryAgain for a query the server cannot parse."""
        return self._ask(lambda: _samples(self._prometheus.custom_query(promql)))

    def range(self, promql: str, *, start: datetime, end: datetime, step: float) -> Ranges:
        """The values of each series over a time, `step` seconds apart."""
        times = {"start_time": start, "end_time": end, "step": f"{step:g}"}
        found = self._ask(lambda: _series(self._prometheus.custom_query_range(promql, **times)))
        return Ranges(found, self._heard.warnings)

    def names(self, selectors: Sequence[str], *, start: datetime, end: datetime) -> Sequence[str]:
        """Names of the metrics that any of these selectors chose within a time."""
        asked = {"match[]": list(selectors), **_times(start, end)}
        return self._ask(
            lambda: tuple(map(one_line, self._prometheus.get_label_values("__name__", asked)))
        )

    def series(
        self, selectors: Sequence[str], *, start: datetime, end: datetime
    ) -> Sequence[Labels]:
        """Labels of each series that any of these selectors chose, `__name__` included."""
        asked = {"match[]": list(selectors), "limit": str(MOST_SERIES)}
        return self._ask(
            lambda: tuple(
                _cleaned(each)
                for each in self._prometheus.get_series(start, end, asked)[:MOST_SERIES]
            )
        )

    def rule(self, alertname: str) -> str:
        """The expression of an alerting rule; empty when there is none of that name."""
        return self._ask(
            lambda: _expression(self._server.get("/api/v1/rules", type="alert").json(), alertname)
        )

    def _ask(self, question: Callable[[], T]) -> T:
        try:
            return self._server.ask(question)
        except _sdk.PrometheusApiClientException as error:
            raise self._server.unusable(one_line(str(error))) from error

    def _check(self, response: requests.Response, *_: object, **__: object) -> None:
        self.calls = next(self._count)
        self._heard.warnings = _warnings(response)
        if response.status_code == 400:
            raise TryAgain(message(response))
        if response.status_code > 400:
            raise self._server.refusal(response)


def _samples(result: Sequence[Any]) -> tuple[Sample, ...]:
    """The series of an instant vector; a scalar is one without labels."""
    if result and not isinstance(result[0], dict):
        return (({}, float(result[1])),)
    if any("values" in series for series in result):
        raise TryAgain(_RANGE_ASKED)
    # Native histograms have no single value.
    return tuple((_labels(each), float(each["value"][1])) for each in result if "value" in each)


def _series(result: Sequence[Any]) -> tuple[Series, ...]:
    return tuple(
        (
            _labels(each),
            tuple((datetime.fromtimestamp(at, UTC), float(text)) for at, text in each["values"]),
        )
        for each in result
        if "values" in each
    )


def _labels(series: Mapping[str, Any]) -> Labels:
    return _cleaned(series["metric"])


def _cleaned(labels: Mapping[str, str]) -> Labels:
    return {one_line(name): one_line(value) for name, value in labels.items()}


def _times(start: datetime, end: datetime) -> dict[str, str]:
    return {"start": f"{start.timestamp():.3f}", "end": f"{end.timestamp():.3f}"}


def _warnings(response: requests.Response) -> tuple[str, ...]:
    """What an answer says of itself; the package hands on the data alone."""
    # They stand before or behind the data, which may be megabytes.
    ends = response.content[:2000] + response.content[-20_000:]
    if response.status_code != 200 or b'"warnings"' not in ends:
        return ()
    told = response.json()
    found = told.get("warnings") if isinstance(told, dict) else None
    return tuple(one_line(str(one)) for one in found or ())


def _expression(answer: Mapping[str, Any], alertname: str) -> str:
    rules = (rule for group in answer["data"]["groups"] for rule in group["rules"])
    found = (rule["query"] for rule in rules if rule["name"] == alertname)
    return clean(next(found, ""))
