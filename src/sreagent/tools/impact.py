"""What a change would touch, told from the cluster as it is at this moment."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sreagent.domain.action import Action, Preview
from sreagent.domain.inventory import Inventory, Listing, Obj, controller_ref
from sreagent.domain.ports import Clock, Cluster
from sreagent.policy.facts import Facts
from sreagent.tools.budgets import KIND as BUDGET
from sreagent.tools.budgets import Budget, budget_over
from sreagent.tools.callers import Name, callers_of
from sreagent.tools.disruption import (
    COUNTABLE,
    ROLLING,
    Disruption,
    counted,
    disruption,
    is_ready,
    ready_of,
)
from sreagent.tools.looks import KubernetesLooks, ListObjects
from sreagent.tools.owners import autoscaler_of, owner_of
from sreagent.tools.selectors import services_of

KINDS = (
    *("Pod", "ReplicaSet", "Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job"),
    *("Service", "ConfigMap", "HorizontalPodAutoscaler", BUDGET),
)
OF_NODE = ("Pod", "Service", BUDGET)
"""Kinds that are listed in all namespaces for a drain."""
DEFAULT_LEAST = 1
"""Lower bound of an autoscaler that names none."""
SERVED = ("Pod", "Service", BUDGET)
LIMITING: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(ROLLING, ("ReplicaSet", *SERVED)),
    "scale": ("HorizontalPodAutoscaler", "ReplicaSet", *SERVED),
    "delete_pod": SERVED,
    "evict_pod": SERVED,
    "drain": SERVED,
    "patch_service": ("Pod",),
    "restore_applied": ("Pod",),
}
"""Kinds whose objects limit a change: while one could not be listed, a person decides."""
UNTOUCHED = frozenset({"cordon", "uncordon"})
"""Changes for which nothing else has to be looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """A change, as far as its impact depends on it."""

    action: Action
    live: Obj
    fields: tuple[str, ...] = ()
    """JSON pointers that it sets."""
    pods: Sequence[Obj] | None = None
    """The pods it takes away, where they are chosen already."""
    replicas_at_start: int | None = None
    reversible: bool = False
    listed: tuple[Listing, ...] = ()
    """What was read for it a moment ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What is shown, and the facts that policy judges by."""

    touches: str
    depends: str
    loses: str
    owner: str
    facts: Facts

    def preview(self, *, accepted: bool, answer: str, diff: tuple[str, ...] = ()) -> Preview:
        """Together with what the dry run said."""
        return Preview(
            accepted=accepted,
            answer=answer,
            diff=diff,
            touches=self.touches,
            depends=self.depends,
            loses=self.loses,
            owner=self.owner,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """The Service that a change takes the largest part from."""

    name: str
    ready: int
    """Pods behind it that serve now."""
    away: int
    """How many of them are away at the same moment."""

    @property
    def share(self) -> float:
        """Part of what serves, 0 to 1."""
        return self.away / self.ready if self.ready else 0.0


@dataclass(frozen=True, slots=True)
class Scales:
    """Weighs changes against a cluster. `known` holds the logs that were read before."""

    cluster: Cluster
    known: Inventory
    clock: Clock

    def weigh(self, touched: Touched) -> Impact:
        """Look at what is around the target now, and say what the change would do to it."""
        return _Weighing(touched, self._look(touched), self.known).impact()

    def _look(self, touched: Touched) -> Inventory:
        now = Inventory()
        now.add(*touched.listed)
        if touched.action.verb not in UNTOUCHED:
            namespace = touched.action.target.namespace
            kinds = KINDS if namespace else OF_NODE
            left = tuple(kind for kind in kinds if not now.looked(kind, namespace))
            look = ListObjects(namespace=namespace, kinds=left)
            # What could not be listed is told by the gaps that this leaves.
            list(KubernetesLooks(self.cluster, now, self.clock).list([look]))
        return now


@dataclass(frozen=True, slots=True)
class _Weighing:
    """One change, the cluster around it now, and what was known before."""

    touched: Touched
    now: Inventory
    known: Inventory

    def impact(self) -> Impact:
        """Everything that can be said."""
        touched, target = self.touched, self.touched.action.target
        toll = self._toll()
        serving = self._serving(toll)
        budget = budget_over(self.now, toll.pods) if toll.count else None
        lost = tuple(dict.fromkeys(self._lost(toll)))
        owner = owner_of(self.now, target, touched.live, touched.fields)
        callers = callers_of(self.now, self.known, self._names(toll), target)
        facts = Facts(
            replicas=_replicas(touched.live),
            replicas_at_start=_at_start(touched),
            least_at_start=_least(touched.live),
            autoscaler=autoscaler_of(self.now, target),
            controlled=controller_ref(touched.live) is not None,
            ready=target.kind == "Pod" and is_ready(touched.live),
            unseen=self._unseen(),
            pods=toll.count,
            capacity=serving.ready if serving else None,
            at_once=serving.away if serving else toll.at_once,
            budget=budget.name if budget else "",
            headroom=budget.headroom if budget else None,
            state_lost=lost,
            owner=owner,
            dependants=callers,
            reversible=touched.reversible,
        )
        return Impact(
            touches=self._touches(toll, serving, budget),
            depends=self._depends(callers),
            loses=", ".join(lost) or ("not looked at" if _is_blind(toll) else "no state"),
            owner=f"{owner} may set it back" if owner else "not managed by Argo CD, Flux or Helm",
            facts=facts,
        )

    def _toll(self) -> Disruption:
        """The pods that the change hits; told by the status if none could be listed."""
        action, live = self.touched.action, self.touched.live
        links = ("ReplicaSet",) if action.target.kind == "Deployment" else ()
        if action.verb in COUNTABLE and not all(map(self._looked, ("Pod", *links))):
            return counted(action, live)
        return disruption(action, live, tuple(self._pods()))

    def _pods(self) -> Iterator[Obj]:
        target, live = self.touched.action.target, self.touched.live
        if self.touched.pods is not None:
            yield from self.touched.pods
        elif target.kind == "Pod":
            yield live
        elif target.kind == "HorizontalPodAutoscaler":
            ref = live["spec"]["scaleTargetRef"]
            workload = self.now.get(ref["kind"], target.namespace, ref["name"])
            yield from self.now.pods_of(workload) if workload else ()
        elif target.kind != "Node":
            yield from self.now.pods_of(live)

    def _serving(self, toll: Disruption) -> Serving | None:
        """The Service that is hit hardest; None when none reaches the pods, or none was listed."""
        if self.touched.action.target.kind == "Service":
            return self._routed()
        if not self._sees_service:
            return None
        found = []
        for service in self._services(toll):
            behind = self._behind(service)
            away = min(toll.at_once, sum(is_ready(pod) for pod in toll.pods if _in(pod, behind)))
            name = str(service["metadata"]["name"])
            found.append(Serving(name=name, ready=ready_of(behind), away=away))
        return max(found, key=lambda one: (one.share, -one.ready), default=None)

    def _routed(self) -> Serving | None:
        """A Service whose own routing changes: what it reaches now and would not reach then."""
        live, action = self.touched.live, self.touched.action
        if not self._looked("Pod"):
            return None
        behind = self._behind(live)
        kept: Sequence[Obj] = ()
        if selector := action.arguments.get("selector"):
            kept = self.now.selected(selector, action.target.namespace)
        ready = ready_of(behind)
        away = ready - ready_of([pod for pod in behind if _in(pod, kept)])
        return Serving(name=action.target.name, ready=ready, away=away)

    def _behind(self, service: Obj) -> list[Obj]:
        selector = service["spec"].get("selector")
        return self.now.selected(selector, service["metadata"]["namespace"]) if selector else []

    def _services(self, toll: Disruption) -> list[Obj]:
        """Services that reach one of the pods, each once."""
        found = {
            service["metadata"]["uid"]: service
            for pod in toll.pods
            for service in services_of(self.now, pod)
        }
        return list(found.values())

    def _names(self, toll: Disruption) -> list[Name]:
        target = self.touched.action.target
        if target.kind == "Service":
            return [Name(name=target.name, namespace=target.namespace)]
        return [
            Name(name=service["metadata"]["name"], namespace=service["metadata"]["namespace"])
            for service in self._services(toll)
        ]

    def _lost(self, toll: Disruption) -> Iterator[str]:
        """What the pods that go do not leave to those that come."""
        if not toll.count:
            return
        for pod in toll.pods:
            yield from _volumes_lost(self.now, pod)
        live = self.touched.live
        if live.get("kind") == "StatefulSet" and not live["spec"].get("volumeClaimTemplates"):
            yield f"the state of {live['metadata']['name']} (no volume claims)"
        for service in self._services(toll):
            if service["spec"].get("sessionAffinity") == "ClientIP":
                yield f"the sessions of {service['metadata']['name']} (ClientIP)"

    def _looked(self, kind: str) -> bool:
        return self.now.looked(kind, self.touched.action.target.namespace)

    @property
    def _sees_service(self) -> bool:
        """Whether it can be told which pods serve; a ReplicaSet leads from a workload to them."""
        return not {"Pod", "ReplicaSet", "Service"} & set(self._unseen())

    def _unseen(self) -> tuple[str, ...]:
        kinds = dict.fromkeys(LIMITING.get(self.touched.action.verb, ()))
        return tuple(kind for kind in kinds if not self._looked(kind))

    def _touches(self, toll: Disruption, serving: Serving | None, budget: Budget | None) -> str:
        action = self.touched.action
        if action.target.kind == "Service":
            reach = "which pods could not be looked at" if serving is None else _reach(serving)
            return f"no pod; {reach}"
        if not toll.pods and not toll.count:
            return "no pod"
        if not toll.count:
            return f"none of {_count(len(toll.pods))} now"
        of = max(len(toll.pods), toll.count)
        share = self._share(toll, serving)
        return f"{_count(toll.count)} of {of} ({share}); PDB {self._budget(budget)}"

    def _share(self, toll: Disruption, serving: Serving | None) -> str:
        if not self._sees_service:
            return "their share of the service could not be looked at"
        if serving is None:
            return f"{toll.at_once} ready ones at once, behind no service"
        if not serving.ready:
            return f"100 % of {serving.name}, which is down already"
        share = f"{serving.share:.0%}".replace("%", " %")
        return f"{share} of {serving.name} away at once: {serving.away} of {serving.ready} ready"

    def _budget(self, budget: Budget | None) -> str:
        if budget:
            return f"{budget.name} allows {budget.headroom}"
        return "none" if self._looked(BUDGET) else "not looked at"

    def _depends(self, callers: Sequence[str]) -> str:
        if not callers:
            return "no caller seen in view"
        more = f" and {len(callers) - 5} more" if len(callers) > 5 else ""
        verb = "calls" if len(callers) == 1 else "call"
        return f"{', '.join(callers[:5])}{more} {verb} it"


def _is_blind(toll: Disruption) -> bool:
    """Whether pods are hit that could not be looked at."""
    return bool(toll.count) and not toll.pods


def _count(pods: int) -> str:
    return f"{pods} pod{'' if pods == 1 else 's'}"


def _reach(serving: Serving) -> str:
    if not serving.ready:
        return "it reaches no ready pod now"
    return f"it reaches {serving.ready} ready now, {serving.away} of them not any more"


def _in(pod: Obj, pods: Sequence[Obj]) -> bool:
    return any(one["metadata"]["uid"] == pod["metadata"]["uid"] for one in pods)


def _replicas(live: Obj) -> int | None:
    """The number that limits count from: replicas, or the most that an autoscaler may make."""
    spec = live.get("spec") or {}
    number = spec.get("replicas", spec.get("maxReplicas"))
    return int(number) if number is not None else None


def _least(live: Obj) -> int | None:
    """The lower bound of an autoscaler; None for anything else."""
    spec = live.get("spec") or {}
    if "maxReplicas" not in spec:
        return None
    least = spec.get("minReplicas")
    return DEFAULT_LEAST if least is None else int(least)


def _at_start(touched: Touched) -> int | None:
    if touched.replicas_at_start is not None:
        return touched.replicas_at_start
    return _replicas(touched.live)


def _volumes_lost(inventory: Inventory, pod: Obj) -> Iterator[str]:
    """Data in the pod itself, where it keeps none outside."""
    volumes = (pod.get("spec") or {}).get("volumes") or ()
    if any("persistentVolumeClaim" in volume for volume in volumes):
        return
    owner = inventory.workload_of("Pod", pod)
    for volume in volumes:
        if "emptyDir" in volume:
            yield f"emptyDir {volume['name']} of {owner.name}"
