"""Which changes could mend a cause, best first."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sreagent.diagnose.argument.explain import Cause
from sreagent.domain.action import Action
from sreagent.domain.diagnosis import Diagnosis
from sreagent.domain.entity import Entity, parse_path
from sreagent.domain.finding import Category
from sreagent.domain.inventory import Inventory, Obj, controller_ref
from sreagent.investigate.steps import Draft
from sreagent.tools.disruption import is_ready
from sreagent.tools.workloads import ROLLED_OUT

_NOT_THE_PODS = frozenset({Category.NODE, Category.SCHEDULING, Category.STORAGE})
"""Where a new pod would meet the same trouble."""


def remedies(cause: Cause, diagnosis: Diagnosis, inventory: Inventory) -> tuple[Draft, ...]:
    """Changes that could mend a cause. Empty when only a person can (a node, a lost secret)."""
    found: dict[str, Draft] = {}
    for finding in cause.findings:
        for condition, remedy in _BY_CONDITION.items():
            if finding.condition == condition:
                for action, expected in remedy(finding.entity, finding.facts, cause):
                    found.setdefault(action.digest, _draft(action, expected, cause, diagnosis))
    for action, expected in (*_rollback(cause), *_one_odd_pod(cause, inventory)):
        found.setdefault(action.digest, _draft(action, expected, cause, diagnosis))
    return tuple(found.values())


Remedy = Callable[[Entity, Mapping[str, str], Cause], Iterator[tuple[Action, str]]]


def _rollback(cause: Cause) -> Iterator[tuple[Action, str]]:
    change = cause.change
    if change is None or change.previous_revision is None or change.entity.kind not in ROLLED_OUT:
        return
    arguments = {"revision": change.previous_revision}
    action = Action(verb="rollout_undo", target=change.entity, arguments=arguments)
    yield action, "pods run a revision again that worked"


def _one_odd_pod(cause: Cause, inventory: Inventory) -> Iterator[tuple[Action, str]]:
    """Replace the only pod that fails while its siblings run the same template well."""
    pods = {finding.entity for finding in cause.findings if finding.entity.kind == "Pod"}
    if cause.change is not None or len(pods) != 1 or cause.category in _NOT_THE_PODS:
        return
    (entity,) = pods
    pod = inventory.find(entity)
    if pod is None or not any(map(is_ready, _siblings(pod, inventory))):
        return
    if cause.entity not in (entity, inventory.workload_of("Pod", pod)):
        # It suffers from something else, and so would the pod in its place.
        return
    action = Action(verb="delete_pod", target=entity)
    yield action, "the new pod runs as well as its siblings do"


def _siblings(pod: Obj, inventory: Inventory) -> Iterator[Obj]:
    """Other pods of the same controller: the same ReplicaSet means the same template."""
    owner = controller_ref(pod)
    for _, other in inventory.owned(owner["uid"] if owner else ""):
        if other is not pod:
            yield other


def _restart(_: Entity, facts: Mapping[str, str], cause: Cause) -> Iterator[tuple[Action, str]]:
    """A restart frees connections that a program holds and does not give back."""
    if facts.get("log_cause") == "connections exhausted" and cause.entity.kind in ROLLED_OUT:
        action = Action(verb="rollout_restart", target=cause.entity)
        yield action, "the pods begin with no connections held; watch whether they run out again"


def _fresh_start(_: Entity, facts: Mapping[str, str], cause: Cause) -> Iterator[tuple[Action, str]]:
    """What a program read at its start is read again."""
    del cause
    workload = parse_path(facts.get("workload", ""))
    if workload.kind in ROLLED_OUT:
        action = Action(verb="rollout_restart", target=workload)
        yield action, "the pods start with the present values"


def _memory(_: Entity, facts: Mapping[str, str], cause: Cause) -> Iterator[tuple[Action, str]]:
    container, limit = facts.get("container"), facts.get("previous_limit")
    if not container or cause.entity.kind not in ROLLED_OUT:
        return
    limit = limit or _doubled(facts.get("limit", ""))
    if limit:
        arguments = {"container": container, "memory_limit": limit}
        action = Action(verb="set_resources", target=cause.entity, arguments=arguments)
        yield action, "containers stay below their limit"


def _selector(
    entity: Entity, facts: Mapping[str, str], cause: Cause
) -> Iterator[tuple[Action, str]]:
    del cause
    if suggested := facts.get("selector_suggested"):
        arguments = {"selector": json.loads(suggested)}
        action = Action(verb="patch_service", target=entity, arguments=arguments)
        yield action, f"service {entity.name} has endpoints again"


def _target_port(
    entity: Entity, facts: Mapping[str, str], cause: Cause
) -> Iterator[tuple[Action, str]]:
    del cause
    port, target = facts.get("port", ""), facts.get("target_suggested", "")
    if port.isdigit() and target:
        arguments: dict[str, Any] = {"port": int(port)}
        arguments["target_port"] = int(target) if target.isdigit() else target
        action = Action(verb="patch_service", target=entity, arguments=arguments)
        yield action, f"service {entity.name} reaches a port that its pods open"


def _scaled_to_zero(
    entity: Entity, facts: Mapping[str, str], cause: Cause
) -> Iterator[tuple[Action, str]]:
    del cause
    replicas = facts.get("replicas_before", "1")
    action = Action(verb="scale", target=entity, arguments={"replicas": int(replicas)})
    yield action, f"{replicas} pods of {entity.name} serve"


def _doubled(quantity: str) -> str:
    """Twice a whole quantity such as `192Mi`; empty for anything else."""
    number = quantity.rstrip("KMGTikm")
    return f"{2 * int(number)}{quantity[len(number) :]}" if number.isdigit() else ""


_BY_CONDITION: dict[str, Remedy] = {
    "pod.oom_killed": _memory,
    "pod.log_errors": _restart,
    "pod.stale_environment": _fresh_start,
    "service.selects_nothing": _selector,
    "service.target_port": _target_port,
    "workload.scaled_to_zero": _scaled_to_zero,
}


def _draft(action: Action, expected: str, cause: Cause, diagnosis: Diagnosis) -> Draft:
    return Draft(
        action=action,
        reason=cause.findings[0].claim if cause.findings else diagnosis.root_cause,
        evidence=diagnosis.evidence,
        expected=expected,
    )
