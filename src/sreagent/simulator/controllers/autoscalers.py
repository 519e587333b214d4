"""HorizontalPodAutoscalers: as many replicas as the load asks for, where that can be known."""

import math

from sreagent.simulator.api import Api, Caller, Place
from sreagent.simulator.containers import earliest
from sreagent.simulator.kinds import AUTOSCALER, POD, Kind
from sreagent.simulator.kubelet import Kubelet
from sreagent.simulator.objects import (
    Json,
    is_ready,
    labels_of,
    lookup,
    name_of,
    namespace_of,
    uid_of,
)
from sreagent.simulator.quantities import amount
from sreagent.simulator.recorder import Recorder
from sreagent.simulator.selectors import matches_selector
from sreagent.simulator.writing import set_condition, write_status

LOOK_SECONDS = 15.0
SLOW_SECONDS = 300.0
SLOW_AFTER = 20
SLOWEST_SECONDS = 21_600.0
"""While neither load nor pods change; an incident may begin weeks before anything happens."""
TOLERANCE = 0.1
NO_RESOURCE_METRIC = "FailedGetResourceMetric"


class MetricError(Exception):
    """The load is not known, with the reason and the message of the condition."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Autoscalers:
    """Scales the target of every autoscaler."""

    watches: tuple[Kind, ...] = (AUTOSCALER, POD)

    def __init__(self, api: Api, kubelet: Kubelet) -> None:
        self.api = api
        self.store = api.store
        self.kubelet = kubelet
        self.recorder = Recorder(api.store, "horizontal-pod-autoscaler")
        self._due: dict[str, float] = {}
        self._failures: dict[str, int] = {}
        self._calm: dict[str, tuple[list[Json], float]] = {}
        self._seen = 0

    def next_due(self) -> float | None:
        """When it looks again at a load it could not learn, or that moves."""
        return earliest(*self._due.values())

    def sync(self) -> None:
        """Look at every autoscaler whose time has come."""
        now = self.store.clock.now()
        known = {uid_of(each) for each in self.store.all(AUTOSCALER)}
        self._due = {uid: due for uid, due in self._due.items() if uid in known}
        if self.store.last_write(self.watches) != self._seen:
            self.look_soon()
        for autoscaler in self.store.all(AUTOSCALER):
            if self._due.get(uid_of(autoscaler), now) <= now:
                self._sync_one(autoscaler)
        self._seen = self.store.last_write(self.watches)

    def look_soon(self) -> None:
        """Somebody wrote, or programs do something else: what was calm may not be any more."""
        soon = self.store.clock.now() + LOOK_SECONDS
        self._due = {uid: min(due, soon) for uid, due in self._due.items()}
        self._calm.clear()

    def _sync_one(self, autoscaler: Json) -> None:
        now, uid = self.store.clock.now(), uid_of(autoscaler)
        target = self._target(autoscaler)
        if target is None:
            reference = autoscaler["spec"]["scaleTargetRef"]
            plural = f"{str(reference['kind']).lower()}s.apps"
            message = f'{plural} "{reference["name"]}" not found'
            told = f"the HPA controller was unable to get the target's current scale: {message}"
            self._fail(autoscaler, "FailedGetScale", message)
            conditions = [
                set_condition(autoscaler, now, "AbleToScale", "False", "FailedGetScale", told)
            ]
            self._write(autoscaler, 0, 0, [], conditions)
            return
        place, obj = target
        current = int(obj["spec"].get("replicas", 0))
        if current == 0:
            told = "scaling is disabled since the replica count of the target is zero"
            active = set_condition(
                autoscaler, now, "ScalingActive", "False", "ScalingDisabled", told
            )
            self._due[uid] = now + SLOW_SECONDS
            self._write(autoscaler, 0, 0, [], [self._able(autoscaler), active])
            return
        try:
            wanted, measured = self._desired(autoscaler, obj, current)
        except MetricError as problem:
            self._fail(autoscaler, problem.reason, str(problem))
            told = f"the HPA was unable to compute the replica count: {problem}"
            active = set_condition(autoscaler, now, "ScalingActive", "False", problem.reason, told)
            self._write(autoscaler, current, 0, [], [self._able(autoscaler), active])
            return
        self._failures.pop(uid, None)
        low, high = self._bounds(autoscaler)
        moves = max(low, min(high, wanted)) != current
        self._due[uid] = now + (LOOK_SECONDS if moves else self._pause(uid, measured))
        self._scale(autoscaler, place, current, wanted, measured)

    def _pause(self, uid: str, measured: list[Json]) -> float:
        """Longer each time that the same was measured."""
        before, pause = self._calm.get(uid, ([], 0.0))
        pause = min(pause * 2, SLOWEST_SECONDS) if before == measured and pause else SLOW_SECONDS
        self._calm[uid] = (measured, pause)
        return pause

    @staticmethod
    def _bounds(autoscaler: Json) -> tuple[int, int]:
        spec = autoscaler["spec"]
        return int(spec.get("minReplicas", 1)), int(spec["maxReplicas"])

    def _target(self, autoscaler: Json) -> tuple[Place, Json] | None:
        reference = autoscaler["spec"]["scaleTargetRef"]
        kind = self.store.kinds.named(
            reference.get("apiVersion", "apps/v1"), reference.get("kind", "")
        )
        if kind is None:
            return None
        place = Place(kind=kind, namespace=namespace_of(autoscaler), name=reference["name"])
        found = self.store.find(kind, place.namespace, place.name)
        return None if found is None else (place, found)

    def _desired(self, autoscaler: Json, target: Json, current: int) -> tuple[int, list[Json]]:
        """How many replicas the load asks for, and what was measured.

        Raises:
            MetricError: The load cannot be known.
        """
        ratios, measured = [1.0], []
        for metric in autoscaler["spec"].get("metrics") or ():
            if metric.get("type") != "Resource":
                name = lookup(metric, f"{str(metric.get('type')).lower()}.metric.name")
                reason = f"FailedGet{metric.get('type')}Metric"
                message = (
                    f"unable to get metric {name}: no metrics returned from custom metrics API"
                )
                raise MetricError(reason, message)
            ratio, percent = self._ratio(target, metric["resource"])
            ratios.append(ratio)
            resource = {
                "name": metric["resource"]["name"],
                "current": {"averageUtilization": percent},
            }
            measured.append({"type": "Resource", "resource": resource})
        ratio = max(ratios[1:], default=1.0)
        wanted = current if abs(ratio - 1) <= TOLERANCE else math.ceil(current * ratio)
        return wanted, measured

    def _ratio(self, target: Json, resource: Json) -> tuple[float, int]:
        name = resource["name"]
        goal = float(lookup(resource, "target.averageUtilization") or 80)
        selector = lookup(target, "spec.selector")
        pods = [
            pod
            for pod in self.store.all(POD, namespace_of(target))
            if matches_selector(selector, labels_of(pod)) and is_ready(pod)
        ]
        used = asked = 0.0
        for pod in pods:
            for life in self.kubelet.lives_of(pod):
                request = (lookup(life.spec, "resources.requests") or {}).get(name)
                if request is None:
                    message = (
                        f"failed to get {name} utilization: missing request for {name} in "
                        f"container {life.name} of Pod {name_of(pod)}"
                    )
                    raise MetricError(NO_RESOURCE_METRIC, message)
                asked += amount(request)
                now = self.store.clock.now()
                cores = life.run.program.cpu / 1000 if life.run else 0.0
                used += cores if name == "cpu" else life.memory_used(now)
        if not pods or not asked:
            message = (
                f"failed to get {name} utilization: unable to get metrics for resource {name}: "
                "no metrics returned from resource metrics API"
            )
            raise MetricError(NO_RESOURCE_METRIC, message)
        return used / asked * 100 / goal, round(used / asked * 100)

    def _scale(
        self, autoscaler: Json, place: Place, current: int, wanted: int, measured: list[Json]
    ) -> None:
        now = self.store.clock.now()
        low, high = self._bounds(autoscaler)
        chosen = max(low, min(high, wanted))
        told = ("False", "DesiredWithinRange", "the desired count is within the acceptable range")
        if wanted > high or (wanted == high == current and self._presses(measured, autoscaler)):
            told = (
                "True",
                "TooManyReplicas",
                "the desired replica count is more than the maximum replica count",
            )
        elif wanted < low:
            told = (
                "True",
                "TooFewReplicas",
                "the desired replica count is less than the minimum replica count",
            )
        active = "the HPA was able to successfully calculate a replica count"
        conditions = [
            self._able(autoscaler),
            set_condition(autoscaler, now, "ScalingActive", "True", "ValidMetricFound", active),
            set_condition(autoscaler, now, "ScalingLimited", *told),
        ]
        self._write(autoscaler, current, chosen, measured, conditions)
        if chosen != current:
            message = f"New size: {chosen}; reason: {_why(current, chosen, low, high)}"
            self.recorder.normal(autoscaler, "SuccessfulRescale", message)
            caller = Caller(manager="kube-controller-manager")
            self.api.scale(place, caller, lambda scale: {**scale, "spec": {"replicas": chosen}})

    def _presses(self, measured: list[Json], autoscaler: Json) -> bool:
        """Whether the load is above what was aimed at although all replicas are there."""
        for told, asked in zip(measured, autoscaler["spec"].get("metrics") or (), strict=False):
            percent = lookup(told, "resource.current.averageUtilization") or 0
            goal = lookup(asked, "resource.target.averageUtilization") or 80
            if percent > goal * (1 + TOLERANCE):
                return True
        return False

    def _able(self, autoscaler: Json) -> Json:
        now = self.store.clock.now()
        message = "the HPA controller was able to get the target's current scale"
        return set_condition(autoscaler, now, "AbleToScale", "True", "SucceededGetScale", message)

    def _fail(self, autoscaler: Json, reason: str, message: str) -> None:
        uid = uid_of(autoscaler)
        self._failures[uid] = self._failures.get(uid, 0) + 1
        pause = LOOK_SECONDS if self._failures[uid] < SLOW_AFTER else SLOW_SECONDS
        self._due[uid] = self.store.clock.now() + pause
        self.recorder.warning(autoscaler, reason, message)
        if reason == NO_RESOURCE_METRIC:
            told = f"invalid metrics (1 invalid out of 1), first error is: {message}"
            self.recorder.warning(autoscaler, "FailedComputeMetricsReplicas", told)

    def _write(
        self,
        autoscaler: Json,
        current: int,
        wanted: int,
        measured: list[Json],
        conditions: list[Json],
    ) -> None:
        status: Json = {"desiredReplicas": wanted, "conditions": conditions}
        if current:
            status["currentReplicas"] = current
        if measured:
            status["currentMetrics"] = measured
        write_status(self.store, AUTOSCALER, autoscaler, status)


def _why(current: int, chosen: int, low: int, high: int) -> str:
    """Why there are to be more pods, or fewer, as the controller says it."""
    if current > high:
        return "Current number of replicas above Spec.MaxReplicas"
    if current < low:
        return "Current number of replicas below Spec.MinReplicas"
    if chosen > current:
        return "cpu resource utilization (percentage of request) above target"
    return "All metrics below target"
