"""The nodes: run the containers of the pods placed on them and report how they do."""

import copy

from sreagent.simulator.behaviour import Behaviour
from sreagent.simulator.checks import LABELS, probe_problem
from sreagent.simulator.clock import fine_stamp, stamp
from sreagent.simulator.containers import PULL_SECONDS, Ending, Life, Probe, Run, earliest
from sreagent.simulator.endings import plan_end
from sreagent.simulator.environment import mount_problem
from sreagent.simulator.kinds import (
    CLAIM,
    CONFIG_MAP,
    ENDPOINTS,
    LEASE,
    NAMESPACE,
    NETWORK_POLICY,
    NODE,
    POD,
    SECRET,
    SERVICE,
    Kind,
)
from sreagent.simulator.network import DEEPEST, Network
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
from sreagent.simulator.pod_status import pod_status
from sreagent.simulator.recorder import Recorder, forget_old_events
from sreagent.simulator.starting import (
    QUIET_AFTER,
    QUIET_SECONDS,
    Starter,
    first_check,
    where_of,
)
from sreagent.simulator.store import Store

HEARTBEAT_SECONDS = 30.0
SHUTDOWN_SECONDS = 1.0
TOLD_SECONDS = 4 * 3600.0
"""Of what lies longer ago only counts are left in a cluster; logs, events and metrics are gone."""
LONGEST_MOUNT_PAUSE = 122.0
_FOR_CALLS = (SERVICE, ENDPOINTS, NETWORK_POLICY, NAMESPACE)
_FOR_STARTS = (CONFIG_MAP, SECRET, CLAIM)


class Kubelet:
    """All nodes at once."""

    watches: tuple[Kind, ...] = (POD, NODE, *_FOR_CALLS, *_FOR_STARTS)

    def __init__(self, store: Store) -> None:
        self.store = store
        self.recorder = Recorder(store, "kubelet")
        self.network = Network(store, self.lives_of, self.is_down)
        self.starter = Starter(store, self.recorder)
        self.lives: dict[str, list[Life]] = {}
        self.horizon: float | None = None
        """Until when nobody will change anything; None in real time."""
        self._down: frozenset[str] = frozenset()
        self._addresses: dict[str, str] = {}
        self._leaving: dict[str, float] = {}
        self._mounting: dict[str, tuple[float, float]] = {}
        self._reported: dict[str, str] = {}
        self._heartbeat_due: float | None = None
        self._calls_seen = -1
        self._calls_due: float | None = None
        self._starts_seen = -1

    def sync(self) -> None:
        """Do everything that is due on every node."""
        nodes = {name_of(node) for node in self.store.all(NODE)}
        pods = [pod for pod in self.store.all(POD) if lookup(pod, "spec.nodeName") in nodes]
        present = {uid_of(pod) for pod in pods}
        for uid in [uid for uid in self.lives if uid not in present]:
            self._forget(uid)
        self._wake_for_config()
        for pod in pods:
            if not self.is_down(pod["spec"]["nodeName"]):
                self._sync_pod(pod)
        self._judge_calls(pods)
        self._beat()

    def next_due(self) -> float | None:
        """When something happens next on any node."""
        moments = [
            life.due
            for lives in self.lives.values()
            for life in lives
            if life.node not in self._down
        ]
        moments += [*self._leaving.values(), self._heartbeat_due, self._calls_due]
        moments += [due for due, _ in self._mounting.values()]
        return earliest(*moments)

    def lives_of(self, pod: Json) -> list[Life]:
        """The containers of a pod, as its node knows them."""
        return self.lives.get(uid_of(pod), [])

    def is_down(self, node: str) -> bool:
        """Whether a node is dead: nothing on it moves or answers."""
        return node in self._down

    def follow(self, behaviour: Behaviour) -> None:
        """Let every program, running ones too, do what a behaviour says from here on."""
        self.network.behaviour = behaviour
        self.starter.behaviour = behaviour
        self._down = frozenset(name for name, plan in behaviour.nodes.items() if plan.down)
        for pod in self.store.all(POD):
            for life in self.lives_of(pod):
                if life.run is not None:
                    self._change_program(pod, life, life.run)
        self._calls_seen = -1
        self._calls_due = self.store.clock.now()

    def evict(self, pod: Json, message: str) -> None:
        """End a pod for the good of its node."""
        now = self.store.clock.now()
        self.recorder.warning(pod, "Evicted", message, host=pod["spec"]["nodeName"])
        for life in self.lives_of(pod):
            if life.run:
                life.run.ending = Ending(at=now, code=137, reason="Error")
                told = f"Stopping container {life.name}"
                self.recorder.normal(pod, "Killing", told, **where_of(life))
                life.end(now, restarts=False)
            life.wake = None
        kept = {
            key: pod["status"][key] for key in ("startTime", "qosClass") if key in pod["status"]
        }
        status = {**kept, "phase": "Failed", "reason": "Evicted", "message": message}
        changed = revised(pod, status=status)
        claim(pod, changed, "kubelet", now, "status")
        self.store.put(POD, changed)

    def start_heartbeats(self) -> None:
        """Report node health from now on; history needs only the last report."""
        self._heartbeat_due = self.store.clock.now()

    def _change_program(self, pod: Json, life: Life, run: Run) -> None:
        program = self.starter.behaviour.program(self.starter.facts(pod, life, run.env))
        if program == run.program:
            return
        if len(program.depends_on) != len(run.program.depends_on):
            run.calls = {}
        run.program, run.memory = program, program.memory.of(run.env)
        planned = plan_end(life, run, pod)
        if planned is not None and planned.at < self.store.clock.now():
            planned = Ending(
                at=self.store.clock.now() + 1, code=planned.code, reason=planned.reason
            )
        run.ending = planned
        self._check_again(life)

    def _forget(self, uid: str) -> None:
        self.lives.pop(uid, None)
        for known in (self._leaving, self._reported, self._addresses, self._mounting):
            known.pop(uid, None)
        self._calls_seen = -1

    def _wake_for_config(self) -> None:
        seen = self.store.last_write(_FOR_STARTS)
        if seen == self._starts_seen:
            return
        self._starts_seen = seen
        now = self.store.clock.now()
        self._mounting = {uid: (now, pause) for uid, (_, pause) in self._mounting.items()}
        for lives in self.lives.values():
            for life in lives:
                if life.waiting and life.waiting[0] == "CreateContainerConfigError":
                    life.wake = now

    def _sync_pod(self, pod: Json) -> None:
        uid = uid_of(pod)
        if lookup(pod, "status.phase") in ("Succeeded", "Failed"):
            if is_terminating(pod):
                self._remove(pod)
            return
        if uid not in self.lives:
            self._admit(pod)
        if is_terminating(pod) and uid not in self._leaving:
            self._stop(pod)
        leaves_at = self._leaving.get(uid)
        if leaves_at is not None:
            if leaves_at <= self.store.clock.now():
                self._remove(pod)
            return
        self._mount(pod)
        moved = [self._advance(pod, life) for life in self.lives[uid]]
        if any(moved):
            self._unlock(pod)
        if any(moved) or self._reported.get(uid) != meta(pod)["resourceVersion"]:
            self._reported[uid] = self._report(pod)

    def _remove(self, pod: Json) -> None:
        self._forget(uid_of(pod))
        self.store.remove(POD, pod)

    def _admit(self, pod: Json) -> None:
        uid, node = uid_of(pod), pod["spec"]["nodeName"]
        first = pod["spec"].get("initContainers") or ()
        waiting = ("PodInitializing", "") if first else ("ContainerCreating", "")
        self.lives[uid] = [
            *(Life(spec=e, node=node, uid=uid, is_init=True, waiting=waiting) for e in first),
            *(Life(spec=e, node=node, uid=uid, waiting=waiting) for e in pod["spec"]["containers"]),
        ]
        self._mounting[uid] = (self.store.clock.now(), 0.5)

    def _mount(self, pod: Json) -> None:
        uid, now = uid_of(pod), self.store.clock.now()
        due, pause = self._mounting.get(uid, (now + 1, 0.0))
        if due > now:
            return
        problem = mount_problem(self.store, pod)
        if problem is None:
            self._mounting.pop(uid, None)
            self._unlock(pod)
            return
        volume, why = problem
        told = f'MountVolume.SetUp failed for volume "{volume}" : {why}'
        self.recorder.warning(pod, "FailedMount", told, host=pod["spec"]["nodeName"])
        self._mounting[uid] = (now + pause, min(pause * 2, LONGEST_MOUNT_PAUSE))

    def _unlock(self, pod: Json) -> None:
        """Let the containers start whose turn has come."""
        now = self.store.clock.now()
        if uid_of(pod) in self._mounting:
            return
        for life in self.lives[uid_of(pod)]:
            if not life.runs and life.wake is None:
                life.wake = now + PULL_SECONDS
            if life.is_init and not life.is_done:
                return

    def _stop(self, pod: Json) -> None:
        now = self.store.clock.now()
        grace = float(meta(pod).get("deletionGracePeriodSeconds") or 0)
        self._leaving[uid_of(pod)] = now + min(grace, SHUTDOWN_SECONDS)
        self._mounting.pop(uid_of(pod), None)
        for life in self.lives[uid_of(pod)]:
            if life.is_running:
                message = f"Stopping container {life.name}"
                self.recorder.normal(pod, "Killing", message, **where_of(life))
            life.wake, life.probes = None, {}
            if life.run:
                life.run.ending, life.run.listens_at = None, None

    def _advance(self, pod: Json, life: Life) -> bool:
        now, moved = self.store.clock.now(), False
        while life.is_due(now):
            moved = True
            run = life.run
            if run is None:
                if self.starter.start(pod, life):
                    self._calls_seen = -1
                    life.is_done = life.is_done or life.is_sidecar
            elif run.ending and run.ending.at <= now:
                self._end(pod, life, run)
            elif run.listens_at is not None and run.listens_at <= now:
                run.listens_at = None
                self._check_again(life)
            else:
                self._probe(pod, life)
        return moved

    def _end(self, pod: Json, life: Life, run: Run) -> None:
        now = self.store.clock.now()
        policy = pod["spec"].get("restartPolicy", "Always")
        if life.is_init and not life.is_sidecar:
            life.is_done = run.code == 0
            restarts = run.code != 0 and policy != "Never"
        else:
            restarts = policy == "Always" or (policy == "OnFailure" and run.code != 0)
        life.end(now, restarts=restarts)
        if self.horizon is not None:
            life.skip(self.horizon - TOLD_SECONDS)
        self._calls_seen = -1
        if life.waiting:
            whom = f"{life.name} pod={name_of(pod)}_{namespace_of(pod)}({uid_of(pod)})"
            life.waiting = (life.waiting[0], f"{life.waiting[1]}={whom}")
            told = (
                f"Back-off restarting failed container {life.name} in pod "
                f"{name_of(pod)}_{namespace_of(pod)}({uid_of(pod)})"
            )
            self.recorder.warning(pod, "BackOff", told, **where_of(life))

    def _probe(self, pod: Json, life: Life) -> None:
        now = self.store.clock.now()
        due = [name for name, each in life.probes.items() if each.due and each.due <= now]
        for name in due:
            probe = life.probes.get(name)
            if probe is None:
                # An earlier one of these ended the container.
                continue
            problem = probe_problem(life, name, probe.spec, self._address(pod))
            if problem:
                self._failed_probe(pod, life, name, problem)
            else:
                self._passed_probe(life, name, probe)

    def _passed_probe(self, life: Life, name: str, probe: Probe) -> None:
        now = self.store.clock.now()
        probe.failures, probe.successes = 0, probe.successes + 1
        if probe.successes < int(probe.spec.get("successThreshold", 1)):
            probe.due = now + float(probe.spec.get("periodSeconds", 10))
            return
        # It is asked again when something changes that could make it fail.
        probe.due = None
        if name == "startupProbe":
            del life.probes[name]
            life.is_started = True
            life.ready = "readinessProbe" not in life.spec
            for each in life.probes.values():
                each.due = first_check(each.spec, now)
        elif name == "readinessProbe":
            life.ready = True

    def _failed_probe(self, pod: Json, life: Life, name: str, problem: str) -> None:
        probe, now = life.probes[name], self.store.clock.now()
        probe.failures, probe.successes, probe.told = probe.failures + 1, 0, probe.told + 1
        told = f"{LABELS[name]} probe failed: {problem}"
        self.recorder.warning(pod, "Unhealthy", told, **where_of(life))
        pause = float(probe.spec.get("periodSeconds", 10))
        probe.due = now + (pause if probe.told < QUIET_AFTER else max(pause, QUIET_SECONDS))
        if probe.failures < int(probe.spec.get("failureThreshold", 3)):
            return
        if name == "readinessProbe":
            life.ready = False
        elif life.run:
            word = LABELS[name].lower()
            told = f"Container {life.name} failed {word} probe, will be restarted"
            self.recorder.normal(pod, "Killing", told, **where_of(life))
            code = life.run.program.sigterm_exit
            reason = "Error" if code else "Completed"
            life.run.ending = Ending(at=now + 2.0, code=code, reason=reason)
            life.probes = {}

    def _check_again(self, life: Life) -> None:
        """Look soon at what a probe found before, since it may be different now."""
        now = self.store.clock.now()
        self._calls_seen = -1
        if not life.is_started:
            return
        for probe in life.probes.values():
            pause = float(probe.spec.get("periodSeconds", 10)) / 2
            earliest_look = first_check(probe.spec, life.runs[-1].started)
            probe.due = max(earliest_look, min(probe.due or now + pause, now + pause))

    def _judge_calls(self, pods: list[Json]) -> None:
        now, seen = self.store.clock.now(), self.store.last_write(_FOR_CALLS)
        due = self._calls_due is not None and self._calls_due <= now
        if seen == self._calls_seen and not due:
            return
        self._calls_seen = seen
        callers = [
            (pod, life, life.run)
            for pod in pods
            for life in self.lives_of(pod)
            if life.run and life.run.program.depends_on and life.node not in self._down
        ]
        for _ in range(DEEPEST):
            if not any([self._judge(pod, life, run) for pod, life, run in callers]):
                break
        self._calls_due = self._next_change(callers)

    def _next_change(self, callers: list[tuple[Json, Life, Run]]) -> float | None:
        moments = [*self.network.moments()]
        for _, _, run in callers:
            moments += [each.inactive_until for each in run.program.depends_on]
        now = self.store.clock.now()
        return earliest(*(each for each in moments if each > now))

    def _judge(self, pod: Json, life: Life, run: Run) -> bool:
        """Whether any call of a container fails in another way than before."""
        changed = False
        for at, dependency in enumerate(run.program.depends_on):
            told = self.network.call(pod, run, dependency)
            past = run.calls.setdefault(at, [])
            if past and past[-1][1] == told:
                continue
            changed = True
            now = self.store.clock.now()
            past.append((now if past else run.started, told))
            if dependency.effect == "not_ready":
                self._check_again(life)
            elif dependency.effect == "wait" and not told:
                run.ending = Ending(at=now + 1.0)
            elif dependency.effect == "crash":
                run.ending = plan_end(life, run, pod)
                if told:
                    at_ = now + dependency.after
                    run.ending = Ending(at=at_, code=dependency.exit_code, reason="Error")
        return changed

    def _report(self, pod: Json) -> str:
        now = self.store.clock.now()
        lives = self.lives[uid_of(pod)]
        host = self._node_address(pod["spec"]["nodeName"])
        address = self._address(pod) if any(life.runs for life in lives) else ""
        status = {**pod["status"], **pod_status(pod, lives, now, host, address)}
        if status == pod["status"]:
            return str(meta(pod)["resourceVersion"])
        changed = revised(pod, status=status)
        claim(pod, changed, "kubelet", now, "status")
        return str(meta(self.store.put(POD, changed))["resourceVersion"])

    def _address(self, pod: Json) -> str:
        uid = uid_of(pod)
        node = pod["spec"]["nodeName"]
        if pod["spec"].get("hostNetwork"):
            return self._node_address(node)
        if uid not in self._addresses:
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
            if self.is_down(name_of(node)):
                continue
            changed = copy.deepcopy(node)
            for each in changed["status"]["conditions"]:
                each["lastHeartbeatTime"] = stamp(now)
            self.store.put(NODE, changed)
        for lease in self.store.all(LEASE, "kube-node-lease"):
            if not self.is_down(name_of(lease)):
                spec = {**lease["spec"], "renewTime": fine_stamp(now)}
                self.store.put(LEASE, revised(lease, spec=spec))
