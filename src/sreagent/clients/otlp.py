"""Takes spans to an OpenTelemetry collector over HTTP, without ever holding up a run."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sreagent import __version__
from sreagent.domain.errors import BadSettings
from sreagent.domain.text import one_line

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Tracer

PATH = "/v1/traces"
PATIENCE = 1.0
"""Seconds that the end of a run waits for a collector."""


class Delivery:
    """Sends spans in the background while a run goes on, and the rest at its end."""

    def __init__(self, url: str) -> None:
        """Begin; nothing is sent yet.

        Raises:
            BadSettings: The packages that do it are not installed.
        """
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import OTELResourceDetector, Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ImportError as error:
            msg = "the packages for traces are not installed"
            raise BadSettings(msg, hint="pip install 'sreagent[otel]'") from error
        ours = Resource({"service.name": "sreagent", "service.version": __version__})
        # What the environment names wins: OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES.
        resource = ours.merge(OTELResourceDetector().detect())
        exporter: SpanExporter = OTLPSpanExporter(endpoint=address(url))
        self._heard = _Heard()
        self._place = urlsplit(url).netloc.rpartition("@")[2]
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))

    @property
    def tracer(self) -> Tracer:
        """Makes the spans that are sent."""
        return self._provider.get_tracer("sreagent", __version__)

    def finish(self) -> str:
        """Send what is left, for a second at most; says why it did not arrive, or nothing."""
        sending = threading.Thread(target=self._provider.shutdown, name="traces", daemon=True)
        sending.start()
        sending.join(PATIENCE)
        if sending.is_alive():
            return f"{self._place} did not take them within {PATIENCE:g} s{self._heard.why}"
        return f"{self._place} did not take them{self._heard.why}" if self._heard.why else ""


def address(url: str) -> str:
    """Where a collector takes spans, from its base address or the whole one."""
    base = url.rstrip("/")
    return base if base.endswith(PATH) else base + PATH


class _Heard(logging.Handler):
    """Keeps what the SDK would print over the screen."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.why = ""
        log = logging.getLogger("opentelemetry")
        for handler in [one for one in log.handlers if isinstance(one, _Heard)]:
            log.removeHandler(handler)
        log.addHandler(self)
        log.propagate = False

    def emit(self, record: logging.LogRecord) -> None:
        self.why = f": {one_line(record.getMessage(), 160)}"
