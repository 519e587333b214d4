"""Getting a container to run: its image, its configuration, its first moment."""

import re

from sreagent.simulator.behaviour import Behaviour, Facts
from sreagent.simulator.containers import (
    FIRST_BACK_OFF,
    LONGEST_BACK_OFF,
    PROBES,
    PULL_SECONDS,
    Ending,
    Life,
    Probe,
    Run,
)
from sreagent.simulator.endings import plan_end
from sreagent.simulator.environment import ConfigError, config_text, environment
from sreagent.simulator.objects import Json, labels_of, name_of, namespace_of
from sreagent.simulator.recorder import Recorder
from sreagent.simulator.store import Store

CONFIG_RETRY_SECONDS = 12.0
QUIET_AFTER = 25
"""Events about one thing after which they come seldom, as the real spam filter does it."""
QUIET_SECONDS = 300.0

_NAMED = re.compile(r"^[a-z0-9]+([._/:@-]+[A-Za-z0-9_.-]+)*$")
_DENIED = (
    "failed to authorize: failed to fetch oauth token: unexpected status from GET request to "
    "https://{host}/token: 401 Unauthorized"
)
_UNREACHABLE = 'failed to do request: Head "https://{host}/v2/": dial tcp: i/o timeout'


class Starter:
    """Starts containers, or says why it cannot."""

    def __init__(self, store: Store, recorder: Recorder) -> None:
        self.store = store
        self.recorder = recorder
        self.behaviour = Behaviour()
        self._pulled: set[tuple[str, str]] = set()
        self._refused: dict[tuple[str, str], int] = {}

    def start(self, pod: Json, life: Life) -> bool:
        """Try to start a container that waits; whether it runs now."""
        now = self.store.clock.now()
        everything = [*(pod["spec"].get("initContainers") or ()), *pod["spec"]["containers"]]
        life.spec = next(each for each in everything if each["name"] == life.name)
        if not self._pull(pod, life):
            return False
        try:
            env = environment(self.store, pod, life.spec)
        except ConfigError as problem:
            self._cannot_configure(pod, life, str(problem))
            return False
        program = self.behaviour.program(self.facts(pod, life, env))
        run = Run(
            number=len(life.runs) + life.skipped,
            started=now,
            program=program,
            env=env,
            memory=program.memory.of(env),
            listens_at=now + program.start_delay if program.start_delay else None,
        )
        where = where_of(life)
        self.recorder.normal(pod, "Created", f"Created container {life.name}", **where)
        life.begin(run)
        if program.start_error:
            self.recorder.warning(pod, "Failed", f"Error: {program.start_error}", **where)
            told = program.start_error
            run.ending = Ending(at=now, code=128, reason="StartError", message=told)
            return True
        self.recorder.normal(pod, "Started", f"Started container {life.name}", **where)
        run.ending = plan_end(life, run, pod)
        life.probes = _probes(life, run)
        return True

    def facts(self, pod: Json, life: Life, env: dict[str, str]) -> Facts:
        """What decides which program a container runs."""
        spec, namespace = life.spec, namespace_of(pod)
        return Facts(
            namespace=namespace,
            labels=labels_of(pod),
            pod=name_of(pod),
            node=life.node,
            container=life.name,
            image=spec["image"],
            command=" ".join([*(spec.get("command") or ()), *(spec.get("args") or ())]),
            env=env,
            config=lambda place: config_text(self.store, namespace, place),
        )

    def _cannot_configure(self, pod: Json, life: Life, problem: str) -> None:
        self.recorder.warning(pod, "Failed", f"Error: {problem}", **where_of(life))
        life.waiting = ("CreateContainerConfigError", problem)
        life.wake = self.store.clock.now() + self._pause(life, CONFIG_RETRY_SECONDS)

    def _pause(self, life: Life, usual: float) -> float:
        key = (life.uid, life.name)
        self._refused[key] = self._refused.get(key, 0) + 1
        return usual if self._refused[key] < QUIET_AFTER else QUIET_SECONDS

    def _pull(self, pod: Json, life: Life) -> bool:
        """Whether the image is there; says so, or why not."""
        image, where = life.spec["image"], where_of(life)
        policy = life.spec.get("imagePullPolicy", "IfNotPresent")
        there = (life.node, image) in self._pulled
        if not _NAMED.match(image):
            return self._refuse_name(pod, life)
        if there and policy != "Always":
            told = f'Container image "{image}" already present on machine'
            self.recorder.normal(pod, "Pulled", told, **where)
            return True
        if policy == "Never":
            told = f'Container image "{image}" is not present with pull policy of Never'
            self.recorder.warning(pod, "ErrImageNeverPull", told, **where)
            life.waiting = ("ErrImageNeverPull", told)
            life.wake = self.store.clock.now() + self._pause(life, CONFIG_RETRY_SECONDS)
            return False
        problem = self.behaviour.images.problem(image)
        if problem:
            self._cannot_pull(pod, life, problem)
            return False
        self._pulled.add((life.node, image))
        self.recorder.normal(pod, "Pulling", f'Pulling image "{image}"', **where)
        took = int(PULL_SECONDS * 1000)
        told = (
            f'Successfully pulled image "{image}" in {took}ms '
            f"({took}ms including waiting). Image size: 48231144 bytes."
        )
        self.recorder.normal(pod, "Pulled", told, **where)
        return True

    def _refuse_name(self, pod: Json, life: Life) -> bool:
        image = life.spec["image"]
        told = (
            f'Failed to apply default image tag "{image}": couldn\'t parse image name '
            f'"{image}": invalid reference format'
        )
        self.recorder.warning(pod, "InspectFailed", told, **where_of(life))
        self.recorder.warning(pod, "Failed", "Error: InvalidImageName", **where_of(life))
        life.waiting = ("InvalidImageName", told)
        life.wake = self.store.clock.now() + self._pause(life, CONFIG_RETRY_SECONDS)
        return False

    def _cannot_pull(self, pod: Json, life: Life, problem: str) -> None:
        image, where, now = life.spec["image"], where_of(life), self.store.clock.now()
        if life.waiting and life.waiting[0] == "ErrImagePull":
            told = f'Back-off pulling image "{image}"'
            self.recorder.normal(pod, "BackOff", told, **where)
            self.recorder.warning(pod, "Failed", "Error: ImagePullBackOff", **where)
            life.waiting = ("ImagePullBackOff", told)
            life.wake = now + life.pull_pause
            life.pull_pause = min(life.pull_pause * 2, LONGEST_BACK_OFF)
            return
        why = pull_error(image, problem)
        told = f'Failed to pull image "{image}": {why}'
        self.recorder.normal(pod, "Pulling", f'Pulling image "{image}"', **where)
        self.recorder.warning(pod, "Failed", told, **where)
        self.recorder.warning(pod, "Failed", "Error: ErrImagePull", **where)
        life.waiting = ("ErrImagePull", why)
        life.wake = now + FIRST_BACK_OFF


def pull_error(image: str, problem: str) -> str:
    """What the runtime says of an image it cannot get."""
    full = image if "/" in image else f"docker.io/library/{image}"
    host = full.partition("/")[0]
    head = (
        "rpc error: code = {code} desc = failed to pull and unpack image "
        f'"{full}": failed to resolve reference "{full}": '
    )
    match problem:
        case "denied":
            return head.format(code="Unknown") + _DENIED.format(host=host)
        case "unreachable":
            return head.format(code="Unknown") + _UNREACHABLE.format(host=host)
    return head.format(code="NotFound") + f"{full}: not found"


def where_of(life: Life) -> dict[str, str]:
    """The container and the node an event is about."""
    field = "initContainers" if life.is_init else "containers"
    return {"field": f"spec.{field}{{{life.name}}}", "host": life.node}


def _probes(life: Life, run: Run) -> dict[str, Probe]:
    found: dict[str, Probe] = {}
    for name in PROBES:
        spec = life.spec.get(name)
        if spec:
            waits = name != "startupProbe" and "startupProbe" in life.spec
            found[name] = Probe(spec=spec, due=None if waits else first_check(spec, run.started))
    return found


def first_check(spec: Json, since: float) -> float:
    """When a probe looks for the first time."""
    return since + float(spec.get("initialDelaySeconds", 0)) + 1.0
