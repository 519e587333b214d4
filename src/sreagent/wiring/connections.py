"""The ways to what is outside, as the settings name it: the cluster, metrics, alerts, AWS, time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sreagent.clients.aws import AwsCloud
    from sreagent.domain.ports import Alerts, Clock, Cluster, Metrics
    from sreagent.settings import Settings


def system_clock() -> Clock:
    """The time of this machine."""
    from sreagent.clients.clock import SystemClock

    return SystemClock()


def cluster(settings: Settings, clock: Clock) -> Cluster:
    """The cluster of the context; nothing is sent yet."""
    from sreagent.clients.kubernetes import connect

    return connect(
        kubeconfig=settings.kubeconfig,
        context=settings.context,
        timeout=settings.timeout,
        clock=clock,
    )


def metrics(settings: Settings) -> Metrics | None:
    """Prometheus, where it is known."""
    if not settings.prometheus:
        return None
    from sreagent.clients.prometheus import PrometheusMetrics

    return PrometheusMetrics(settings.prometheus, timeout=settings.timeout)


def alertmanager(settings: Settings) -> Alerts:
    """Alertmanager."""
    from sreagent.clients.alertmanager import AlertmanagerAlerts

    return AlertmanagerAlerts(settings.alertmanager, timeout=settings.timeout)


def cloud(settings: Settings) -> AwsCloud:
    """AWS by the usual credentials; nothing is sent yet."""
    from sreagent.clients.aws import connect

    return connect(
        profile=settings.aws_profile,
        region=settings.aws_region,
        endpoint=settings.aws_endpoint,
        timeout=settings.timeout,
    )


def login_in(address: str) -> str:
    """The password that stands in an address; empty when there is none."""
    from urllib.parse import unquote, urlsplit

    return unquote(urlsplit(address).password or "")
