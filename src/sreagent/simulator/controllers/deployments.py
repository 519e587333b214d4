"""Deployments: revisions as ReplicaSets, moved from old to new as the strategy allows."""

import copy

from sreagent.simulator.api import Api
from sreagent.simulator.clock import moment_of, stamp
from sreagent.simulator.controllers.templates import HASH_LABEL, template_hash
from sreagent.simulator.kinds import DEPLOYMENT, POD, REPLICA_SET, Kind
from sreagent.simulator.objects import (
    Json,
    annotations_of,
    condition,
    is_terminating,
    labels_of,
    lookup,
    meta,
    name_of,
    namespace_of,
    owned_by,
    owner_uids,
    uid_of,
)
from sreagent.simulator.quantities import share
from sreagent.simulator.recorder import Recorder
from sreagent.simulator.writing import set_condition, write, write_status

REVISION = "deployment.kubernetes.io/revision"
HISTORY = "deployment.kubernetes.io/revision-history"
DESIRED = "deployment.kubernetes.io/desired-replicas"
HIGHEST = "deployment.kubernetes.io/max-replicas"
_NOT_COPIED = (REVISION, HISTORY, DESIRED, HIGHEST)
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_DONE = "NewReplicaSetAvailable"


class Deployments:
    """Rolls every Deployment towards its template."""

    watches: tuple[Kind, ...] = (
        DEPLOYMENT,
        REPLICA_SET,
        POD,
    )

    def __init__(self, api: Api) -> None:
        self.store = api.store
        self.recorder = Recorder(api.store, "deployment-controller")
        self._digests: dict[tuple[str, int], str] = {}

    def sync(self) -> None:
        """Bring every Deployment one step closer."""
        for deployment in self.store.all(DEPLOYMENT):
            if not is_terminating(deployment):
                self._sync_one(deployment)

    def next_due(self) -> float | None:
        """When the next progress deadline runs out."""
        deadlines = [_deadline(each) for each in self.store.all(DEPLOYMENT)]
        return min((each for each in deadlines if each is not None), default=None)

    def _sync_one(self, deployment: Json) -> None:
        if deployment["spec"].get("paused"):
            self._resize(deployment)
        else:
            newest = self._newest(deployment)
            if deployment["spec"]["strategy"]["type"] == "Recreate":
                self._recreate(deployment, newest)
            else:
                self._roll(deployment, name_of(newest))
            self._forget_history(deployment)
        self._write_status(deployment)

    def _sets(self, deployment: Json) -> list[Json]:
        owned = self.store.where(
            REPLICA_SET,
            namespace_of(deployment),
            lambda each: uid_of(deployment) in owner_uids(each),
        )
        return sorted(owned, key=revision_of)

    def _current(self, deployment: Json) -> Json | None:
        digest = self._digest(deployment)
        same = (each for each in self._sets(deployment) if labels_of(each)[HASH_LABEL] == digest)
        return next(same, None)

    def _digest(self, deployment: Json) -> str:
        key = (uid_of(deployment), meta(deployment).get("generation", 1))
        if key not in self._digests:
            self._digests[key] = template_hash(deployment["spec"]["template"])
        return self._digests[key]

    def _newest(self, deployment: Json) -> Json:
        sets = self._sets(deployment)
        found = self._current(deployment)
        last = max((revision_of(each) for each in sets), default=0)
        if found is None:
            found = self._create_set(deployment, last + 1)
        elif revision_of(found) < last:
            found = self._renumber(deployment, found, last + 1)
        self._annotate(deployment, {REVISION: str(revision_of(found))})
        return found

    def _create_set(self, deployment: Json, revision: int) -> Json:
        template = copy.deepcopy(deployment["spec"]["template"])
        digest = self._digest(deployment)
        template["metadata"].setdefault("labels", {})[HASH_LABEL] = digest
        selector = copy.deepcopy(deployment["spec"]["selector"])
        selector.setdefault("matchLabels", {})[HASH_LABEL] = digest
        return write(
            self.store,
            REPLICA_SET,
            None,
            {
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "metadata": {
                    "name": f"{name_of(deployment)}-{digest}",
                    "namespace": namespace_of(deployment),
                    "generation": 1,
                    "labels": dict(labels_of(template)),
                    "annotations": _set_annotations(deployment, revision),
                    "ownerReferences": [owned_by(deployment, "Deployment", "apps/v1")],
                },
                "spec": {"replicas": 0, "selector": selector, "template": template},
                "status": {"replicas": 0},
            },
        )

    def _renumber(self, deployment: Json, replica_set: Json, revision: int) -> Json:
        before = annotations_of(replica_set)
        earlier = [each for each in before.get(HISTORY, "").split(",") if each]
        changed = copy.deepcopy(replica_set)
        meta(changed)["annotations"] = _set_annotations(deployment, revision) | {
            HISTORY: ",".join([*earlier, before[REVISION]])
        }
        return write(self.store, REPLICA_SET, replica_set, changed)

    def _annotate(self, deployment: Json, wanted: dict[str, str]) -> None:
        live = self._live(deployment)
        if any(annotations_of(live).get(key) != value for key, value in wanted.items()):
            changed = copy.deepcopy(live)
            meta(changed).setdefault("annotations", {}).update(wanted)
            write(self.store, DEPLOYMENT, live, changed)

    def _live(self, deployment: Json) -> Json:
        found = self.store.find(DEPLOYMENT, namespace_of(deployment), name_of(deployment))
        return found or deployment

    def _scale(self, deployment: Json, replica_set: Json, wanted: int) -> None:
        now = replica_set["spec"]["replicas"]
        changed = copy.deepcopy(replica_set)
        changed["spec"]["replicas"] = wanted
        meta(changed)["annotations"].update(_size_annotations(deployment))
        write(self.store, REPLICA_SET, replica_set, changed)
        if wanted != now:
            direction = "up" if wanted > now else "down"
            message = (
                f"Scaled {direction} replica set {name_of(replica_set)} from {now} to {wanted}"
            )
            self.recorder.normal(deployment, "ScalingReplicaSet", message)

    def _resize(self, deployment: Json) -> None:
        active = [each for each in self._sets(deployment) if each["spec"]["replicas"]]
        if len(active) == 1 and active[0]["spec"]["replicas"] != deployment["spec"]["replicas"]:
            self._scale(deployment, active[0], deployment["spec"]["replicas"])

    def _recreate(self, deployment: Json, newest: Json) -> None:
        others = [each for each in self._sets(deployment) if uid_of(each) != uid_of(newest)]
        for old in others:
            if old["spec"]["replicas"]:
                self._scale(deployment, old, 0)
        leftover = {uid_of(each) for each in others}
        pods = self.store.all(POD, namespace_of(deployment))
        if any(leftover.intersection(owner_uids(pod)) for pod in pods):
            return
        if newest["spec"]["replicas"] != deployment["spec"]["replicas"]:
            self._scale(deployment, newest, deployment["spec"]["replicas"])

    def _roll(self, deployment: Json, newest_name: str) -> None:
        sets = self._sets(deployment)
        newest = next(each for each in sets if name_of(each) == newest_name)
        wanted = deployment["spec"]["replicas"]
        room = wanted + _surge(deployment) - sum(each["spec"]["replicas"] for each in sets)
        size = newest["spec"]["replicas"]
        if size > wanted:
            self._scale(deployment, newest, wanted)
        elif size < wanted and room > 0:
            self._scale(deployment, newest, size + min(room, wanted - size))
        else:
            old = [each for each in sets if name_of(each) != newest_name]
            self._shrink_old(deployment, newest, old)

    def _shrink_old(self, deployment: Json, newest: Json, old: list[Json]) -> None:
        active = [each for each in old if each["spec"]["replicas"]]
        floor = deployment["spec"]["replicas"] - max_unavailable(deployment)
        total = sum(each["spec"]["replicas"] for each in [*active, newest])
        unavailable_new = newest["spec"]["replicas"] - _available(newest)
        budget = total - floor - unavailable_new
        for each in active:
            dead = each["spec"]["replicas"] - _available(each)
            drop = min(dead, budget)
            if drop > 0:
                self._scale(deployment, each, each["spec"]["replicas"] - drop)
                return
        spare = sum(_available(each) for each in [*active, newest]) - floor
        for each in active:
            drop = min(spare, each["spec"]["replicas"])
            if drop > 0:
                self._scale(deployment, each, each["spec"]["replicas"] - drop)
                return

    def _forget_history(self, deployment: Json) -> None:
        kept = deployment["spec"].get("revisionHistoryLimit", 10)
        current = self._current(deployment)
        idle = [
            each
            for each in self._sets(deployment)
            if not each["spec"]["replicas"]
            and not lookup(each, "status.replicas")
            and (current is None or uid_of(each) != uid_of(current))
        ]
        for each in idle[: max(0, len(idle) - kept)]:
            self.store.remove(REPLICA_SET, each)

    def _write_status(self, deployment: Json) -> None:
        live = self._live(deployment)
        sets = self._sets(live)
        newest = self._current(live)
        counts = {
            "replicas": _sum(sets, "replicas"),
            "updatedReplicas": _sum([newest] if newest else [], "replicas"),
            "readyReplicas": _sum(sets, "readyReplicas"),
            "availableReplicas": _sum(sets, "availableReplicas"),
        }
        wanted = live["spec"]["replicas"]
        counts["unavailableReplicas"] = max(0, wanted - counts["availableReplicas"])
        status: Json = {key: value for key, value in counts.items() if value}
        status["observedGeneration"] = meta(live).get("generation", 1)
        status["conditions"] = self._conditions(live, counts, newest)
        write_status(self.store, DEPLOYMENT, live, status)

    def _conditions(self, live: Json, counts: dict[str, int], newest: Json | None) -> list[Json]:
        now = self.store.clock.now()
        floor = live["spec"]["replicas"] - max_unavailable(live)
        if counts["availableReplicas"] >= floor:
            told = ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
        else:
            told = (
                "False",
                "MinimumReplicasUnavailable",
                "Deployment does not have minimum availability.",
            )
        available = set_condition(live, now, "Available", *told)
        available.setdefault("lastUpdateTime", available["lastTransitionTime"])
        progressing = self._progress(live, counts, newest)
        failure = condition(newest, "ReplicaFailure") if newest else None
        return [each for each in (available, progressing, failure) if each]

    def _progress(self, live: Json, counts: dict[str, int], newest: Json | None) -> Json | None:
        now = self.store.clock.now()
        old = condition(live, "Progressing")
        if live["spec"].get("paused"):
            message = "Deployment is paused"
            return self._moved(live, "Unknown", "DeploymentPaused", message)
        if newest is None:
            return old
        name = name_of(newest)
        if _is_complete(live, counts):
            message = f'ReplicaSet "{name}" has successfully progressed.'
            return self._moved(live, "True", _DONE, message)
        about_newest = old is not None and name in old["message"]
        if old is None or not about_newest or _advanced(live, counts):
            finished = about_newest and old is not None and old["reason"] == _DONE
            no_old_left = counts["replicas"] == counts["updatedReplicas"]
            return old if finished and no_old_left else self._moving(live, name)
        deadline = _deadline(live)
        if deadline is None or now < deadline:
            return old
        message = f'ReplicaSet "{name}" has timed out progressing.'
        return self._moved(live, "False", "ProgressDeadlineExceeded", message)

    def _moving(self, live: Json, name: str) -> Json:
        return self._moved(
            live, "True", "ReplicaSetUpdated", f'ReplicaSet "{name}" is progressing.'
        )

    def _moved(self, live: Json, status: str, reason: str, message: str) -> Json:
        now = self.store.clock.now()
        old = condition(live, "Progressing")
        told = set_condition(live, now, "Progressing", status, reason, message)
        if told is old and reason != "ReplicaSetUpdated":
            return told
        return {**told, "lastUpdateTime": stamp(now)}


def revision_of(replica_set: Json) -> int:
    """The revision number of a ReplicaSet, or of the Deployment above it."""
    return int(annotations_of(replica_set).get(REVISION, "0"))


def max_unavailable(deployment: Json) -> int:
    """How many pods a rollout may take away, as the real controller rounds it."""
    rolling = lookup(deployment, "spec.strategy.rollingUpdate")
    if not rolling:
        return 0
    wanted = int(deployment["spec"]["replicas"])
    down = share(rolling.get("maxUnavailable", "25%"), wanted, up=False)
    if down == 0 and share(rolling.get("maxSurge", "25%"), wanted, up=True) == 0:
        return 1
    return min(down, wanted)


def _surge(deployment: Json) -> int:
    rolling = lookup(deployment, "spec.strategy.rollingUpdate") or {}
    return share(rolling.get("maxSurge", "25%"), deployment["spec"]["replicas"], up=True)


def _available(replica_set: Json) -> int:
    return int(lookup(replica_set, "status.availableReplicas") or 0)


def _sum(sets: list[Json], field: str) -> int:
    return sum(int(lookup(each, f"status.{field}") or 0) for each in sets)


def _is_complete(live: Json, counts: dict[str, int]) -> bool:
    wanted = live["spec"]["replicas"]
    fields = ("replicas", "updatedReplicas", "availableReplicas")
    return all(counts[field] == wanted for field in fields)


def _advanced(live: Json, counts: dict[str, int]) -> bool:
    old = live.get("status") or {}
    more = ("updatedReplicas", "readyReplicas", "availableReplicas")
    return any(counts[field] > old.get(field, 0) for field in more)


def _deadline(deployment: Json) -> float | None:
    progressing = condition(deployment, "Progressing")
    seconds = deployment["spec"].get("progressDeadlineSeconds")
    if not progressing or progressing["reason"] != "ReplicaSetUpdated" or seconds is None:
        return None
    return moment_of(progressing["lastUpdateTime"]) + float(seconds)


def _set_annotations(deployment: Json, revision: int) -> dict[str, str]:
    inherited = {
        key: value
        for key, value in annotations_of(deployment).items()
        if key not in (*_NOT_COPIED, _APPLIED)
    }
    return inherited | _size_annotations(deployment) | {REVISION: str(revision)}


def _size_annotations(deployment: Json) -> dict[str, str]:
    wanted = deployment["spec"]["replicas"]
    return {DESIRED: str(wanted), HIGHEST: str(wanted + _surge(deployment))}
