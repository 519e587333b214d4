"""How much each condition says by itself."""

from sreagent.domain.finding import Finding

SYMPTOMS = {
    "pod.not_ready": 0.40,
    "pod.on_broken_node": 0.40,
    "pod.stuck_terminating": 0.35,
    "pod.log_errors": 0.42,
    "service.no_ready_endpoints": 0.45,
    "workload.unavailable": 0.40,
    "workload.rollout_stuck": 0.42,
    "workload.behind": 0.35,
    "workload.fails_callers": 0.50,
    "hpa.at_max": 0.40,
    "job.failed": 0.68,
    "cronjob.failing": 0.45,
}
"""Conditions that tell that something is broken, and not what broke it."""

CAUSES = {
    "pod.crash_loop": 0.55,
    "pod.oom_killed": 0.82,
    "pod.image_pull": 0.82,
    "pod.config_missing": 0.84,
    "pod.start_failed": 0.84,
    "pod.mount_failed": 0.74,
    "pod.sandbox_failed": 0.70,
    "pod.init_stuck": 0.56,
    "pod.unschedulable": 0.80,
    "pod.evicted": 0.62,
    "pod.preempted": 0.70,
    "pod.probe_failing": 0.50,
    "pod.liveness_kills": 0.60,
    "service.selects_nothing": 0.74,
    "service.target_port": 0.78,
    "service.missing": 0.82,
    "workload.wrong_address": 0.80,
    "workload.scaled_to_zero": 0.82,
    "workload.create_refused": 0.86,
    "workload.paused": 0.78,
    "hpa.cannot_scale": 0.78,
    "ingress.backend": 0.82,
    "reference.missing": 0.50,
    "quota.exhausted": 0.84,
    "node.not_ready": 0.88,
    "node.pressure": 0.82,
    "node.network_unavailable": 0.80,
    "node.cordoned": 0.80,
    "pvc.pending": 0.84,
    "pvc.lost": 0.88,
    "pv.failed": 0.80,
    "network.policy_blocks": 0.76,
    "cronjob.suspended": 0.70,
}
"""Conditions that are a reason, with the confidence they give alone."""

DEFAULT = 0.40

_SEEN_FROM_OUTSIDE = frozenset({"workload.fails_callers"})
"""Conditions that what the object says itself goes before."""


def is_symptom(condition: str) -> bool:
    """Whether the condition only tells that something is broken."""
    return condition in SYMPTOMS


def base(condition: str) -> float:
    """Confidence by the condition alone."""
    return CAUSES.get(condition) or SYMPTOMS.get(condition) or DEFAULT


def telling(finding: Finding) -> float:
    """How much a finding says: specific conditions first, and those that have a log to show."""
    if finding.condition in _SEEN_FROM_OUTSIDE:
        return DEFAULT
    return base(finding.condition) + (0.05 if finding.excerpt else 0.0)
