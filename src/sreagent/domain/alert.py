"""An alert, whatever system it came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Status = Literal["firing", "resolved", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What fired. Every text in it comes from outside and is not to be trusted."""

    name: str
    """The `alertname`, or the free text the person typed."""
    status: Status = "unknown"
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    expression: str = ""
    """PromQL that fired, where the payload tells."""
    source: str = "text"
    """`text`, `alertmanager`, or the file it was read from."""
    fingerprint: str = ""

    @property
    def namespace(self) -> str:
        """The namespace label, under any of its usual names."""
        names = ("namespace", "exported_namespace", "kubernetes_namespace", "k8s_namespace_name")
        return next((self.labels[name] for name in names if self.labels.get(name)), "")

    @property
    def severity(self) -> str:
        """The severity label, or an empty text."""
        return self.labels.get("severity", "")

    @property
    def summary(self) -> str:
        """The best one line the alert has about itself."""
        notes = self.annotations
        return notes.get("summary") or notes.get("description") or notes.get("message") or self.name
