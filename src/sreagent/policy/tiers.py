"""Which changes may go by themselves, which need a person, and which are never made.

The first rule that speaks wins. Nothing outside this file can loosen it.
"""

import re
from collections.abc import Callable, Iterator

from sreagent.domain.action import Action
from sreagent.domain.verdict import Ask, Deny, Verdict
from sreagent.policy.facts import Facts

MAX_REPLICAS = 10
MAX_FACTOR = 2
"""Replicas may at most double, counted from the value at incident start."""

SYSTEM_NAMESPACES = frozenset({"kube-system", "kube-public", "kube-node-lease"})
_MONEY = re.compile(r"(?:^|[-_.])(?:pay|billing|invoice|ledger|wallet|bank)")
_ACCESS = re.compile(
    r"(?:^|[-_.])(?:o?auth|login|signin|sso|oidc|iam|identity|vault|keycloak|dex(?:$|[-_.]))"
)
"""Parts of names begin so: `payments`, `paymentservice`, `auth-api`, `authentication`."""


def judge(action: Action, facts: Facts) -> Verdict:
    """Allow, ask or deny, with the rule that matched."""
    return next(_speak(action, facts))


def _speak(action: Action, facts: Facts) -> Iterator[Verdict]:
    if action.verb == "scale":
        yield from _limits(action, facts)
    yield from _always(action)
    if facts.unseen:
        yield Ask(f"could not look at {', '.join(facts.unseen)}: person first")
    yield _BY_VERB[action.verb](facts) if action.verb in _BY_VERB else Deny("not in the catalogue")


def _limits(action: Action, facts: Facts) -> Iterator[Verdict]:
    wanted = action.arguments["replicas"]
    start = facts.replicas_at_start
    if facts.autoscaler:
        yield Deny(f"autoscaler {facts.autoscaler} owns the replicas and would set them back")
    if wanted == 0:
        yield Ask("scale to zero: person first, always")
    if wanted > MAX_REPLICAS:
        yield Deny(f"replicas above {MAX_REPLICAS}")
    if start and wanted > MAX_FACTOR * start:
        yield Deny(f"replicas above {MAX_FACTOR}x the {start} at incident start")


def _always(action: Action) -> Iterator[Verdict]:
    target = action.target
    if target.namespace in SYSTEM_NAMESPACES:
        yield Ask("system namespace: person first, always")
    if _MONEY.search(target.namespace) or _MONEY.search(target.name):
        yield Ask("payments: person first, always")
    if _ACCESS.search(target.namespace) or _ACCESS.search(target.name):
        yield Ask("authentication: person first, always")


def _delete_pod(facts: Facts) -> Verdict:
    if not facts.controlled:
        return Ask("delete of a pod that nothing makes again: person first")
    if facts.ready:
        return Ask("delete of a pod that serves: person first")
    return Ask("delete of a pod that does not serve: bounded", bounded=True)


def _scale(facts: Facts) -> Verdict:
    if not facts.replicas:
        return Ask("scale up from zero: person first")
    return Ask(f"scale within {MAX_FACTOR}x and {MAX_REPLICAS}: bounded", bounded=True)


_BY_VERB: dict[str, Callable[[Facts], Verdict]] = {
    "rollout_undo": lambda _: Ask("rollback: person first"),
    "rollout_restart": lambda _: Ask("rolling restart: bounded", bounded=True),
    "scale": _scale,
    "set_resources": lambda _: Ask("resource limits: person first"),
    "patch_service": lambda _: Ask("service routing: person first"),
    "delete_pod": _delete_pod,
}
