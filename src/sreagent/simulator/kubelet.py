"""The nodes: run the containers of the pods placed on them and report how they do."""

import copy

from sreagent.simulator.behaviour import Behaviour, known_env
from sreagent.simulator.clock import fine_stamp, stamp
from sreagent.simulator.containers import PULL_SECONDS, Life, Run
from sreagent.simulator.controllers.writing import set_condition
from sreagent.simulator.kinds import CONFIG_MAP, LEASE, NODE, POD, SECRET, Kind
from sreagent.simulator.objects import (
    Json,
    is_terminating,
    lookup,
    meta,
    name_of,
    namespace_of,
    revised,
    uid_of,
)
from sreagent.simulator.ownership import claim
from sreagent.simulator.recorder import Recorder, forget_old_events
from sreagent.simulator.store import Store

HEARTBEAT_SECONDS = 30.0
SHUTDOWN_SECONDS = 1.0
RETRY_SECONDS = 15.0


class Kubelet:
    """All nodes at once."""

    watches: tuple[Kind, ...] = (
        POD,
        CONFIG_MAP,
        SECRET,
    )

    def __init__(self, store: Store, behaviour: Behaviour) -> None:
        self.store = store
        self.behaviour = behaviour
        self.recorder = Recorder(store, "kubelet")
        self.lives: dict[str, list[Life]] = {}
        self._addresses: dict[str, str] = {}
        self._leaving: dict[str, float] = {}
        self._reported: dict[str, str] = {}
        self._pulled: set[tuple[str, str]] = set()
        self._heartbeat_due: float | None = None

    def sync(self) -> None:
        """Do everything that is due on every node."""
        nodes = {name_of(node) for node in self.store.all(NODE)}
        pods = [pod for pod in self.store.all(POD) if lookup(pod, "spec.nodeName") in nodes]
        present = {uid_of(pod) for pod in pods}
        for uid in [uid for uid in self.lives if uid not in present]:
            self._forget(uid)
        for pod in pods:
            self._sync_pod(pod)
        self._beat()

    def next_due(self) -> float | None:
        """When something happens next on any node."""
        moments = [life.due for lives in self.lives.values() for life in lives]
        moments += [*self._leaving.values(), self._heartbeat_due]
        return min((each for each in moments if each is not None), default=None)

    def lives_of(self, pod: Json) -> list[Life]:
        """The containers of a pod, as its node knows them."""
        return self.lives.get(uid_of(pod), [])

    def start_heartbeats(self) -> None:
        """Report node health from now on; history needs only the last report."""
        self._heartbeat_due = self.store.clock.now()

    def _forget(self, uid: str) -> None:
        self.lives.pop(uid, None)
        self._leaving.pop(uid, None)
        self._reported.pop(uid, None)
        self._addresses.pop(uid, None)

    def _sync_pod(self, pod: Json) -> None:
        uid = uid_of(pod)
        if uid not in self.lives:
            self._admit(pod)
        if is_terminating(pod) and uid not in self._leaving:
            self._stop(pod)
        leaves_at = self._leaving.get(uid)
        if leaves_at is not None:
            if leaves_at <= self.store.clock.now():
                self._forget(uid)
                self.store.remove(POD, pod)
            return
        moved = [self._advance(pod, life) for life in self.lives[uid]]
        if any(moved) or self._reported.get(uid) != meta(pod)["resourceVersion"]:
            self._reported[uid] = self._report(pod)

    def _admit(self, pod: Json) -> None:
        now, node = self.store.clock.now(), pod["spec"]["nodeName"]
        program = self.behaviour.program(pod)
        self.lives[uid_of(pod)] = [
            Life(spec=spec, program=program, node=node, uid=uid_of(pod), due=now + PULL_SECONDS)
            for spec in pod["spec"]["containers"]
        ]

    def _stop(self, pod: Json) -> None:
        now = self.store.clock.now()
        grace = float(meta(pod).get("deletionGracePeriodSeconds") or 0)
        self._leaving[uid_of(pod)] = now + min(grace, SHUTDOWN_SECONDS)
        for life in self.lives[uid_of(pod)]:
            if life.is_running:
                message = f"Stopping container {life.name}"
                self.recorder.normal(pod, "Killing", message, **_where(life))
            life.due = None

    def _advance(self, pod: Json, life: Life) -> bool:
        now = self.store.clock.now()
        if not life.is_due(now):
            return False
        while life.is_due(now):
            run = life.run
            if run is None:
                self._start(pod, life)
            elif run.ends_at is not None and run.ends_at <= now:
                self._end(pod, life)
            else:
                self._probe(pod, life, run)
        return True

    def _start(self, pod: Json, life: Life) -> None:
        life.spec = next(each for each in pod["spec"]["containers"] if each["name"] == life.name)
        problem = self._start_problem(pod, life)
        if problem:
            life.waiting, life.due = problem, self.store.clock.now() + RETRY_SECONDS
            return
        self._pull(pod, life)
        life.probe_problem = _probe_problem(life)
        known = known_env(life.spec, lambda name: self._config_keys(pod, name))
        life.begin(self.store.clock.now(), life.program.crash(life.spec, known))
        if life.probe_problem and not life.due:
            life.due = self.store.clock.now() + RETRY_SECONDS
        self.recorder.normal(pod, "Created", f"Created container {life.name}", **_where(life))
        self.recorder.normal(pod, "Started", f"Started container {life.name}", **_where(life))

    def _start_problem(self, pod: Json, life: Life) -> tuple[str, str] | None:
        missing = self._missing_reference(pod, life.spec)
        if missing:
            self.recorder.warning(pod, "Failed", f"Error: {missing}", **_where(life))
            return "CreateContainerConfigError", missing
        image = life.spec["image"]
        if self.behaviour.can_pull(image):
            return None
        return self._pull_problem(pod, life, image)

    def _pull_problem(self, pod: Json, life: Life, image: str) -> tuple[str, str]:
        why = (
            f'failed to pull and unpack image "{image}": failed to resolve reference '
            f'"{image}": {image}: not found'
        )
        first = life.waiting is None or "Image" not in life.waiting[0]
        if first:
            told = f'Failed to pull image "{image}": rpc error: code = NotFound desc = {why}'
            self.recorder.normal(pod, "Pulling", f'Pulling image "{image}"', **_where(life))
            self.recorder.warning(pod, "Failed", told, **_where(life))
            self.recorder.warning(pod, "Failed", "Error: ErrImagePull", **_where(life))
            return "ErrImagePull", f"rpc error: code = NotFound desc = {why}"
        told = f'Back-off pulling image "{image}"'
        self.recorder.normal(pod, "BackOff", told, **_where(life))
        self.recorder.warning(pod, "Failed", "Error: ImagePullBackOff", **_where(life))
        return "ImagePullBackOff", told

    def _missing_reference(self, pod: Json, spec: Json) -> str:
        sources = [each.get("valueFrom") or {} for each in spec.get("env") or ()]
        wanted = [
            (kind, source[field], source[field].get("key"))
            for source in sources
            for kind, field in ((CONFIG_MAP, "configMapKeyRef"), (SECRET, "secretKeyRef"))
            if source.get(field)
        ]
        for kind, reference, key in wanted:
            found = self.store.find(kind, namespace_of(pod), reference["name"])
            if reference.get("optional"):
                continue
            if found is None:
                return f'{kind.singular} "{reference["name"]}" not found'
            if key not in (found.get("data") or {}):
                return (
                    f"couldn't find key {key} in {kind.name} "
                    f"{namespace_of(pod)}/{reference['name']}"
                )
        return ""

    def _config_keys(self, pod: Json, name: str) -> set[str]:
        for kind in (CONFIG_MAP, SECRET):
            found = self.store.find(kind, namespace_of(pod), name)
            if found:
                return set(found.get("data") or {})
        return set()

    def _pull(self, pod: Json, life: Life) -> None:
        image = life.spec["image"]
        if (life.node, image) in self._pulled:
            told = f'Container image "{image}" already present on machine'
        else:
            self._pulled.add((life.node, image))
            self.recorder.normal(pod, "Pulling", f'Pulling image "{image}"', **_where(life))
            told = (
                f'Successfully pulled image "{image}" in {int(PULL_SECONDS * 1000)}ms '
                f"({int(PULL_SECONDS * 1000)}ms including waiting). Image size: 48231144 bytes."
            )
        self.recorder.normal(pod, "Pulled", told, **_where(life))

    def _end(self, pod: Json, life: Life) -> None:
        run = life.runs[-1]
        policy = pod["spec"].get("restartPolicy", "Always")
        restarts = policy == "Always" or (policy == "OnFailure" and run.code != 0)
        life.end(run.ends_at or self.store.clock.now(), restarts=restarts)
        if life.waiting:
            whom = f"{life.name} pod={name_of(pod)}_{namespace_of(pod)}({uid_of(pod)})"
            life.waiting = (life.waiting[0], f"{life.waiting[1]}={whom}")
            told = (
                f"Back-off restarting failed container {life.name} in pod "
                f"{name_of(pod)}_{namespace_of(pod)}({uid_of(pod)})"
            )
            self.recorder.warning(pod, "BackOff", told, **_where(life))

    def _probe(self, pod: Json, life: Life, run: Run) -> None:
        now = self.store.clock.now()
        if not life.probe_problem:
            life.ready, life.due = True, run.ends_at
            return
        address = self._address(pod)
        told = f"Readiness probe failed: {life.probe_problem.format(address=address)}"
        self.recorder.warning(pod, "Unhealthy", told, **_where(life))
        again = now + RETRY_SECONDS
        life.due = again if run.ends_at is None else min(again, run.ends_at)

    def _report(self, pod: Json) -> str:
        lives = self.lives[uid_of(pod)]
        status = {**pod["status"], **self._status(pod, lives)}
        if status == pod["status"]:
            return str(meta(pod)["resourceVersion"])
        changed = revised(pod, status=status)
        claim(pod, changed, "kubelet", self.store.clock.now(), "status")
        return str(meta(self.store.put(POD, changed))["resourceVersion"])

    def _status(self, pod: Json, lives: list[Life]) -> Json:
        phase = _phase(pod, lives)
        status: Json = {
            "phase": phase,
            "conditions": self._conditions(pod, lives, phase),
            "containerStatuses": [life.status() for life in lives],
            "hostIP": self._node_address(pod["spec"]["nodeName"]),
            "startTime": pod["status"].get("startTime", stamp(self.store.clock.now())),
        }
        status["hostIPs"] = [{"ip": status["hostIP"]}]
        if any(life.runs for life in lives):
            status["podIP"] = self._address(pod)
            status["podIPs"] = [{"ip": status["podIP"]}]
        return status

    def _conditions(self, pod: Json, lives: list[Life], phase: str) -> list[Json]:
        now = self.store.clock.now()
        unready = [life.name for life in lives if not life.ready]
        if phase in ("Succeeded", "Failed"):
            told = ("False", "PodCompleted" if phase == "Succeeded" else "PodFailed", "")
        elif unready:
            names = " ".join(unready)
            told = ("False", "ContainersNotReady", f"containers with unready status: [{names}]")
        else:
            told = ("True", "", "")
        created = "True" if any(life.runs for life in lives) else "False"
        parts = [
            set_condition(pod, now, "PodReadyToStartContainers", created, "", ""),
            set_condition(pod, now, "Initialized", "True", "", ""),
            set_condition(pod, now, "Ready", *told),
            set_condition(pod, now, "ContainersReady", *told),
            set_condition(pod, now, "PodScheduled", "True", "", ""),
        ]
        return [{**each, "lastProbeTime": None} for each in parts]

    def _address(self, pod: Json) -> str:
        uid = uid_of(pod)
        if uid not in self._addresses:
            node = pod["spec"]["nodeName"]
            number = [name_of(each) for each in self.store.all(NODE)].index(node) + 1
            taken = set(self._addresses.values())
            free = (f"10.244.{number}.{host}" for host in range(4, 250))
            self._addresses[uid] = next(each for each in free if each not in taken)
        return self._addresses[uid]

    def _node_address(self, node: str) -> str:
        found = self.store.find(NODE, "", node) or {}
        addresses = lookup(found, "status.addresses") or [{"address": "10.0.0.10"}]
        return str(addresses[0]["address"])

    def _beat(self) -> None:
        now = self.store.clock.now()
        if self._heartbeat_due is None or self._heartbeat_due > now:
            return
        self._heartbeat_due = now + HEARTBEAT_SECONDS
        forget_old_events(self.store)
        for node in self.store.all(NODE):
            changed = copy.deepcopy(node)
            for each in changed["status"]["conditions"]:
                each["lastHeartbeatTime"] = stamp(now)
            self.store.put(NODE, changed)
        for lease in self.store.all(LEASE, "kube-node-lease"):
            spec = {**lease["spec"], "renewTime": fine_stamp(now)}
            self.store.put(LEASE, revised(lease, spec=spec))


def _where(life: Life) -> dict[str, str]:
    return {"container": life.name, "host": life.node}


def _phase(pod: Json, lives: list[Life]) -> str:
    if not any(life.runs for life in lives):
        return "Pending"
    over = [life.runs[-1] for life in lives if life.runs and not life.run and not life.waiting]
    if len(over) < len(lives) or any(life.due is not None for life in lives):
        return "Running"
    if pod["spec"].get("restartPolicy") == "Always":
        return "Running"
    return "Failed" if any(run.code for run in over) else "Succeeded"


def _probe_problem(life: Life) -> str:
    """Why the readiness probe of a container cannot succeed, or nothing when it can."""
    check = (life.spec.get("readinessProbe") or {}).get("httpGet")
    if not check or life.program.port is None:
        return ""
    named = {each.get("name"): each["containerPort"] for each in life.spec.get("ports") or ()}
    port = named.get(check["port"], check["port"])
    if port == life.program.port:
        return ""
    return (
        f'Get "http://{{address}}:{port}{check.get("path", "/")}": '
        f"dial tcp {{address}}:{port}: connect: connection refused"
    )
