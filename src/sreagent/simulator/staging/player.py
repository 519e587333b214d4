"""Stages an incident: builds the cluster and lives through its story up to now."""

import time
from pathlib import Path
from typing import Any

from sreagent.simulator.api import Caller, Place
from sreagent.simulator.clock import seconds_in, stamp
from sreagent.simulator.cluster import Cluster
from sreagent.simulator.kinds import CRON_JOB, NODE, TODAY, Kinds
from sreagent.simulator.nodes import put_lease
from sreagent.simulator.objects import Json, namespace_of
from sreagent.simulator.problems import ApiError
from sreagent.simulator.recorder import forget_old_events
from sreagent.simulator.staging.applying import Applier, kind_of
from sreagent.simulator.staging.behaviours import read_behaviour
from sreagent.simulator.staging.conditions import holds
from sreagent.simulator.staging.documents import yaml_documents
from sreagent.simulator.staging.errors import StagingError
from sreagent.simulator.staging.kubectl import Kubectl, LineError
from sreagent.simulator.staging.scenario import Scenario, Step

PLATFORM = Path(__file__).parents[1] / "platform"
"""What any cluster has before somebody deploys to it."""
PLATFORM_AGE = "40d"
SETTLED_AFTER = 30.0
LONGEST_WAIT = 300.0
BEHAVIOUR = "behaviour.yaml"


def stage(scenario: Scenario, version: str = TODAY) -> Cluster:
    """A cluster that lived through an incident, up to now.

    Raises:
        StagingError: Names the file and the line that stand in the way.
    """
    return _Player(scenario, version).play()


class _Player:
    def __init__(self, scenario: Scenario, version: str) -> None:
        self.scenario = scenario
        self.cluster = Cluster(Kinds(version))
        self.now = time.time()
        self.applier = Applier(self.cluster.api)
        self.kubectl = Kubectl(self.cluster.api, scenario.folder)

    def play(self) -> Cluster:
        cluster = self.cluster
        ages = [step.age or 0.0 for step in self.scenario.steps]
        oldest = max(seconds_in(PLATFORM_AGE), *(age + seconds_in("1d") for age in ages))
        cluster.clock.stop_at(self.now - oldest)
        cluster.cron_jobs.present = self.now
        _build_platform(cluster)
        for at, step in enumerate(self.scenario.steps):
            cluster.play(self._begin(step))
            if at == 0:
                self._follow(BEHAVIOUR)
            self._do(step)
            later = self.scenario.steps[at + 1 : at + 2]
            self._wait(step, self._end(later[0]) if later else self.now)
        cluster.play(self.now)
        self._reload()
        self._check(self.scenario.ready, "ready")
        cluster.cron_jobs.present = None
        forget_old_events(cluster.store)
        cluster.store.forget_changes()
        return cluster

    def _begin(self, step: Step) -> float:
        if step.age is None:
            return min(self.now, self.cluster.clock.now())
        return max(self.cluster.clock.now(), self.now - step.age)

    def _end(self, following: Step) -> float:
        """Until when a step may take, when this one follows it."""
        if following.age is None:
            return min(self.now, self.cluster.clock.now() + LONGEST_WAIT)
        return self.now - following.age

    def _do(self, step: Step) -> None:
        if step.behaviour:
            self._follow(step.behaviour)
        if step.apply:
            self._apply(step)
        for at, line in enumerate(step.kubectl):
            try:
                self.kubectl.run(line, step.manager)
            except (LineError, ApiError) as problem:
                told = f"kubectl {line}: {problem}"
                raise self.scenario.error(told, "steps", step.number, "kubectl", at) from problem
        for each in step.cron_jobs:
            self._run_cron_job(step, each["namespace"], each["cronjob"], each.get("job", ""))
        self.cluster.settle()

    def _reload(self) -> None:
        """Let running programs see the configuration of the end, whose logs tell when they did."""
        path = self.scenario.folder / BEHAVIOUR
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        if "{{now" in text and not any(step.behaviour for step in self.scenario.steps):
            self._follow(BEHAVIOUR)

    def _follow(self, name: str) -> None:
        self.cluster.follow(read_behaviour(self.scenario.folder / name, self.now))

    def _apply(self, step: Step) -> None:
        folder = self.scenario.folder / step.apply
        paths = [folder] if folder.is_file() else sorted(folder.glob("*.y*ml"))
        if not paths:
            problem = f"{step.apply!r} holds no manifests"
            raise self.scenario.error(problem, "steps", step.number, "apply")
        for path in paths:
            for number, manifest in enumerate(yaml_documents(path)):
                self._apply_one(path, number, manifest, step.manager)

    def _apply_one(self, path: Path, number: int, manifest: Any, manager: str) -> None:  # noqa: ANN401
        named = isinstance(manifest, dict) and isinstance(manifest.get("metadata"), dict)
        if not named or not {"apiVersion", "kind"} <= set(manifest):
            problem = f"document {number + 1} is no object: it needs apiVersion, kind, metadata"
            raise StagingError(path, problem, _line_of_document(path, number))
        try:
            self.applier.apply(manifest, manager)
        except ApiError as problem:
            told = f"{manifest['kind']} is refused: {problem}"
            raise StagingError(path, told, _line_of_document(path, number)) from problem

    def _run_cron_job(self, step: Step, namespace: str, name: str, job: str) -> None:
        found = self.cluster.store.find(CRON_JOB, namespace, name)
        if found is None:
            problem = f"there is no CronJob {namespace}/{name}"
            raise self.scenario.error(problem, "steps", step.number, "run_cronjob")
        self.cluster.cron_jobs.start(found, job)

    def _wait(self, step: Step, until: float) -> None:
        """Live on until what the step waits for is true."""
        cluster = self.cluster
        if not step.wait:
            if step.age is not None:
                cluster.play(min(until, cluster.clock.now() + SETTLED_AFTER))
            return
        while cluster.clock.now() < until:
            cluster.play(min(until, cluster.clock.now() + 5.0))
            if all(self._holds(each, "steps", step.number, "wait") for each in step.wait):
                return
            if cluster.clock.now() + LONGEST_WAIT * 12 < until:
                cluster.play(cluster.clock.now() + LONGEST_WAIT)
        self._check(step.wait, "steps", step.number, "wait")

    def _check(self, conditions: Any, *keys: str | int) -> None:  # noqa: ANN401 - untyped YAML
        for at, each in enumerate(conditions):
            if not self._holds(each, *keys, at):
                problem = f"never came true: {dict(each)}"
                raise self.scenario.error(problem, *keys, at)

    def _holds(self, condition: Any, *keys: str | int) -> bool:  # noqa: ANN401 - untyped YAML
        try:
            return holds(self.cluster, condition)
        except (ValueError, TypeError, KeyError) as problem:
            told = f"is not understood: {problem}"
            raise self.scenario.error(told, *keys) from problem


def _build_platform(cluster: Cluster) -> None:
    _create_nodes(cluster, yaml_documents(PLATFORM / "nodes.yaml")[0])
    for obj in yaml_documents(PLATFORM / "objects.yaml"):
        kind = kind_of(cluster.store.kinds, obj)
        place = Place(kind=kind, namespace=namespace_of(obj))
        cluster.api.create(place, obj, Caller(manager="kubeadm"))


def _create_nodes(cluster: Cluster, data: Json) -> None:
    now = stamp(cluster.clock.now())
    version = cluster.store.kinds.version
    for number, each in enumerate(data["nodes"], start=1):
        times = {"lastHeartbeatTime": now, "lastTransitionTime": now}
        addresses = [
            {"type": "InternalIP", "address": each["address"]},
            {"type": "Hostname", "address": each["name"]},
        ]
        labels = {**data["labels"], **each["labels"], "kubernetes.io/hostname": each["name"]}
        status = {
            **data["status"],
            "addresses": addresses,
            "conditions": [{**told, **times} for told in data["conditions"]],
            "nodeInfo": {**data["status"]["nodeInfo"], "kubeletVersion": version},
        }
        cluster.store.put(
            NODE,
            {
                "apiVersion": "v1",
                "kind": "Node",
                "metadata": {"name": each["name"], "labels": labels},
                "spec": {"podCIDR": f"10.244.{number}.0/24", "providerID": each["provider"]},
                "status": status,
            },
        )
        put_lease(cluster.store, each["name"])


def _line_of_document(path: Path, number: int) -> int:
    lines = path.read_text(encoding="utf-8").split("\n")
    starts = [1, *(at for at, line in enumerate(lines, start=2) if line.startswith("---"))]
    if lines[0].startswith("---"):
        starts = starts[1:]
    return starts[min(number, len(starts) - 1)]
