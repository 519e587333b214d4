"""Asks each part that a run would use one cheap question."""

import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from sreagent.domain.conversation import Completion, Message, Speaker, Stop, ToolSpec
from sreagent.domain.errors import BadInput, BadSettings, Forbidden, Refused, SreError
from sreagent.domain.text import one_line

if TYPE_CHECKING:
    from sreagent.domain.ports import Alerts, Clock, Cloud, Cluster, KillSwitch, Metrics, Model
    from sreagent.policy.document import Policy

SKEW = 30.0
"""Seconds that two clocks may differ before times of logs and changes mislead."""
MODEL_SECONDS = 30.0
MODEL_LIMIT = 64
"""Tokens of the answer; a model that thinks first needs a few more than its words."""
READY = ToolSpec(
    name="ready",
    description="Say that you are ready.",
    parameters={
        "type": "object",
        "properties": {"word": {"type": "string"}},
        "required": ["word"],
    },
)
_WITH_TOOL = "Call the tool `ready` with the word ok. Say nothing else."
_WITHOUT_TOOL = "Answer with the one word ok."

T = TypeVar("T")


class State(StrEnum):
    """How a part stands."""

    FINE = "fine"
    BROKEN = "broken"
    UNUSED = "unused"
    """It is not configured, and nothing needs it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What came of looking at one part."""

    name: str
    state: State
    said: str
    why: str = ""
    hint: str = ""
    """What to type."""
    settings: bool = False
    """The settings are to blame, not what they lead to."""
    seconds: float = 0.0


class Parts(Protocol):
    """Builds what a run would use; each may raise SreError, None is what is not configured."""

    def cluster(self) -> "Cluster":
        """The cluster."""
        ...

    def metrics(self) -> "Metrics | None":
        """Prometheus."""
        ...

    def alerts(self) -> "Alerts | None":
        """Alertmanager."""
        ...

    def cloud(self) -> "Cloud | None":
        """The AWS account, where settings name one."""
        ...

    def policy(self) -> "Policy":
        """The policy that holds."""
        ...

    def switch(self) -> "KillSwitch":
        """What stops all changes."""
        ...

    def models(self) -> "Sequence[Model]":
        """The language models, each once; none in rules mode."""
        ...

    @property
    def namespace(self) -> str:
        """The namespace of the settings."""
        ...

    @property
    def source(self) -> str:
        """Where the policy is from."""
        ...

    @property
    def state(self) -> Path:
        """The state folder."""
        ...

    @property
    def clock(self) -> "Clock":
        """The time."""
        ...


def examine(parts: Parts) -> Iterator[Check]:
    """Check everything at once; the results come in a fixed order."""
    looks: tuple[tuple[str, Callable[[Parts], Check]], ...] = (
        ("cluster", _cluster),
        ("prometheus", _prometheus),
        ("alertmanager", _alertmanager),
        ("aws", _aws),
        ("policy", _policy),
        ("changes", _changes),
        ("state", _state),
        ("model", _models),
    )
    pool = ThreadPoolExecutor(len(looks), thread_name_prefix="check")
    try:
        running = [pool.submit(_timed, name, look, parts) for name, look in looks]
        for one in running:
            yield one.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def check_model(model: "Model", clock: "Clock") -> Check:
    """Ask a model one small question, with one small tool; never raises SreError."""
    return _timed_by(clock, partial(_model, model), model.name)


def _timed(name: str, look: Callable[[Parts], Check], parts: Parts) -> Check:
    return _timed_by(parts.clock, partial(look, parts), name)


def _timed_by(clock: "Clock", look: Callable[[], Check], name: str) -> Check:
    began = clock.monotonic()
    try:
        check = look()
    except SreError as error:
        check = _broken(name, error)
    return replace(check, name=name, seconds=clock.monotonic() - began)


def _broken(name: str, error: SreError) -> Check:
    return Check(
        name=name,
        state=State.BROKEN,
        said=error.message,
        why=error.why,
        hint=error.hint,
        settings=isinstance(error, BadSettings | BadInput),
    )


def _fine(said: str) -> Check:
    return Check(name="", state=State.FINE, said=said)


def _unused(said: str, hint: str) -> Check:
    return Check(name="", state=State.UNUSED, said=said, hint=hint)


def _cluster(parts: Parts) -> Check:
    cluster = parts.cluster()
    version = cluster.version()
    where = f"{version} at {cluster.server}, context {cluster.context}, as {cluster.user}"
    namespace = parts.namespace or cluster.default_namespace or "default"
    try:
        # The version is told to anybody; this needs the login.
        cluster.list("Pod", namespace)
    except Forbidden as error:
        hint = "try: sre rbac | kubectl apply -f -"
        return replace(_broken("", error), why=where, hint=error.hint or hint)
    return _fine(where)


def _prometheus(parts: Parts) -> Check:
    metrics = parts.metrics()
    if metrics is None:
        return _unused("not configured", "set it with --prometheus or PROMETHEUS_URL")
    told = metrics.instant("time()")
    version = _version(metrics)
    where = f"{version} at {metrics.url}"
    ahead = (told[0][1] - parts.clock.now().timestamp()) if told else 0.0
    if abs(ahead) <= SKEW:
        return _fine(where)
    return Check(
        name="",
        state=State.BROKEN,
        said=f"{where}: its clock is {abs(ahead):.0f} s {'ahead' if ahead > 0 else 'behind'}",
        why="then changes and metrics are matched at wrong times",
        hint="try: timedatectl, here and there",
    )


def _version(metrics: "Metrics") -> str:
    found = metrics.instant("prometheus_build_info")
    version = found[0][0].get("version", "") if found else ""
    return f"v{version}" if version else "answers"


def _alertmanager(parts: Parts) -> Check:
    alerts = parts.alerts()
    if alerts is None:
        return _unused("not configured", "set it with --alertmanager or ALERTMANAGER_URL")
    return _fine(f"{len(alerts.firing())} alerts firing at {alerts.url}")


def _aws(parts: Parts) -> Check:
    cloud = parts.cloud()
    if cloud is None:
        return _unused("not configured", "set it with SRE_AWS_PROFILE and SRE_AWS_REGION")
    return _fine(f"account {cloud.account}, region {cloud.region}")


def _policy(parts: Parts) -> Check:
    policy = parts.policy()
    level = policy.autonomy.default.value
    return _fine(f"{policy.version[:4]} from {parts.source}, autonomy {level}")


def _changes(parts: Parts) -> Check:
    reason = parts.switch().reason()
    if not reason:
        return _fine("may run, as far as policy lets them")
    return _unused(f"stopped: {reason}", "to let them run again: sre halt --lift")


def _state(parts: Parts) -> Check:
    folder = parts.state
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
    except OSError as error:
        return Check(
            name="",
            state=State.BROKEN,
            said=f"cannot write to {folder}: {error.strerror}",
            hint="try: export XDG_STATE_HOME=FOLDER",
        )
    return _fine(f"{folder} can be written")


def _models(parts: Parts) -> Check:
    models = parts.models()
    if not models:
        hint = "to add one: export SRE_MODEL=PROVIDER/MODEL"
        return _unused("none: the built-in rules alone", hint)
    checks = [check_model(model, parts.clock) for model in models]
    broken = [check for check in checks if check.state is State.BROKEN]
    return (broken or [_fine("; ".join(check.said for check in checks))])[0]


def _model(model: "Model") -> Check:
    able = model.abilities()
    try:
        answer = _asked(model, tools=able.tools)
    except Refused:
        if model.abilities().tools == able.tools:
            raise
        # Now it is known to take none.
        able = model.abilities()
        answer = _asked(model, tools=False)
    price = "price known" if able.priced else "price unknown"
    told = (_calls(answer, tools=able.tools), f"reads {able.context:,} tokens", price)
    said = f"{model.name} answers in {answer.seconds:.1f} s, {', '.join(told)}"
    if able.tools and not answer.calls and answer.stop is not Stop.LENGTH:
        why = f"it said {one_line(answer.text, 60)!r}"
        hint = "try: export SRE_MODEL_TOOLS=no"
        return Check(name="", state=State.BROKEN, said=said, why=why, hint=hint)
    return _fine(said)


def _asked(model: "Model", *, tools: bool) -> Completion:
    said = Message(speaker=Speaker.USER, text=_WITH_TOOL if tools else _WITHOUT_TOOL)
    given = (READY,) if tools else ()
    return _drained(model.ask((said,), given, limit=MODEL_LIMIT, seconds=MODEL_SECONDS))


def _drained(asking: Generator[str, None, T]) -> T:
    while True:
        try:
            next(asking)
        except StopIteration as end:
            answer: T = end.value
            return answer


def _calls(answer: Completion, *, tools: bool) -> str:
    if not tools:
        return "is asked for JSON in place of tools"
    return "calls tools" if answer.calls else "called no tool"
