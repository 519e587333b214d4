"""What a run can read and change, and what its written lines mean."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sreagent.domain.errors import BadInput
from sreagent.wiring import connections, guards

if TYPE_CHECKING:
    from sreagent.domain.action import Action
    from sreagent.domain.command import Read, Refusal
    from sreagent.domain.ports import Cluster
    from sreagent.investigate.case import Case
    from sreagent.settings import Settings
    from sreagent.tools.changes import Changes, EveryChange, Prepared
    from sreagent.tools.cloud_reads import AwsReads
    from sreagent.tools.every_read import EveryRead
    from sreagent.tools.looks import Beside
    from sreagent.tools.prometheus_reads import PrometheusReads
    from sreagent.tools.reads import KubectlReads


def every_change(case: Case, cluster: Cluster, settings: Settings) -> EveryChange:
    """Everything that can be changed from here; AWS is loaded when somebody asks for it."""
    from sreagent.tools.changes import CLOUD_VERBS, EveryChange, LateChanges
    from sreagent.tools.cluster import cluster_changes
    from sreagent.tools.guarded import guarded

    switch = guards.kill_switch(settings)
    cluster = guarded(cluster, switch, ("patch", "delete", "evict"))
    backends: list[Changes] = [cluster_changes(cluster, case.inventory, case.clock)]
    if settings.alertmanager:
        from sreagent.tools.silences import SilenceChanges

        alerts = guarded(connections.alertmanager(settings), switch, ("silence", "expire"))
        backends.append(SilenceChanges(alerts, case.clock))
    backends.append(LateChanges(CLOUD_VERBS, lambda: _cloud_changes(case, settings)))
    return EveryChange(tuple(backends))


def _cloud_changes(case: Case, settings: Settings) -> Changes:
    from sreagent.tools.cloud import CLOUD, CloudChanges
    from sreagent.tools.guarded import guarded

    cloud = guarded(connections.cloud(settings), guards.kill_switch(settings), ("call",))
    return CloudChanges(cloud, case.clock, CLOUD)


def every_read(case: Case, cluster: Cluster, settings: Settings, changes: Changes) -> EveryRead:
    """Everything that a written command line can read from here."""
    from sreagent.tools.every_read import EveryRead

    return EveryRead(
        lambda: _kubectl_reads(case, cluster, settings, changes).run,
        lambda: aws_reads(case, settings).run,
        lambda: prometheus_reads(case, settings).run,
    )


def prometheus_reads(case: Case, settings: Settings) -> PrometheusReads:
    """Raises BadInput when no Prometheus is known."""
    from sreagent.tools.prometheus_reads import PrometheusReads

    metrics = connections.metrics(settings)
    if metrics is None:
        msg = "no Prometheus is known"
        raise BadInput(msg, hint="set it with --prometheus or PROMETHEUS_URL")
    return PrometheusReads(metrics, case.clock)


def _kubectl_reads(
    case: Case, cluster: Cluster, settings: Settings, changes: Changes
) -> KubectlReads:
    from sreagent.clients.kubernetes_reads import connect_reads
    from sreagent.tools.lines import render
    from sreagent.tools.reads import KubectlReads

    api = connect_reads(
        kubeconfig=settings.kubeconfig,
        context=settings.context,
        timeout=settings.timeout,
        clock=case.clock,
    )
    return KubectlReads(
        cluster=cluster,
        api=api,
        clock=case.clock,
        render=render,
        preview=lambda action: _previewed(changes.prepare(action)),
    )


def aws_reads(case: Case, settings: Settings) -> AwsReads:
    """What can be read of AWS."""
    from sreagent.tools.aws.hidden import redact_answer
    from sreagent.tools.cloud_reads import AwsReads
    from sreagent.tools.lines.aws_render import render_aws

    cloud = connections.cloud(settings)
    return AwsReads(cloud=cloud, redact_answer=redact_answer, render=render_aws, clock=case.clock)


def beside(case: Case, cluster: Cluster, settings: Settings) -> tuple[Beside, ...]:
    """How AWS says that a cluster is which it runs; for any other, AWS is never loaded."""
    from sreagent.clients.kubernetes import KubernetesCluster

    known = cluster.eks if isinstance(cluster, KubernetesCluster) else None
    if known is None:
        return ()
    from sreagent.tools.eks_health import EksHealth

    # As the login program does it, where no setting says otherwise.
    place = replace(settings, aws_profile=settings.aws_profile or known.profile)
    return EksHealth(
        name=known.name,
        region=known.region,
        host=known.host,
        connect=lambda: connections.cloud(place),
        clock=case.clock,
    ).sources()


def parse_line(line: str) -> Read | Action | Refusal:
    """What a written line means; the grammars are loaded with the first one."""
    from sreagent.tools.lines import parse

    return parse(line)


def _previewed(prepared: Prepared) -> str:
    """A dry run as text."""
    shown = prepared.preview
    said = (prepared.title, shown.answer, shown.touches, shown.depends, shown.loses, shown.owner)
    return "\n".join(line for line in (*said, *shown.diff) if line)
