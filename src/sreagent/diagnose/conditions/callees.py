"""Workloads that are up and still fail those who call them."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sreagent.diagnose.conditions.footing import nodes_at_fault
from sreagent.diagnose.conditions.network import blocking_policies
from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.logs.meaning import is_new
from sreagent.diagnose.logs.patterns import OF_STORES, QUOTED, LogCause
from sreagent.diagnose.objects.podspec import EMPTY, declared_ports, is_ready
from sreagent.diagnose.view.calling import FailingCall, failing_calls, failing_calls_to
from sreagent.diagnose.view.revisions import workload_revisions
from sreagent.diagnose.view.scene import Scene, labels_of
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.text import one_line

OFTEN = 3
"""Complaints from which on they count."""
_ANSWERED_BADLY = frozenset(
    {
        *(LogCause.TIMEOUT, LogCause.HTTP_5XX, LogCause.RESET, LogCause.WRONG_PROTOCOL),
        *OF_STORES,
    }
)
SHORTLY = timedelta(minutes=10)
"""Between a rollout and the first answer that could not be read any more."""
CLOCKS = timedelta(minutes=2)
"""By which they may disagree about which came first."""


@condition(
    "workload.fails_callers",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    role=Role.SYMPTOM,
    worth=0.50,
    vague=True,
    if_named=True,
)
def fails_callers(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A workload is ready, and those who call it get errors or no answer in time."""
    if not failing_calls(scene):
        return
    template = (item.get("spec") or EMPTY).get("template") or {"metadata": {}}
    complaints = [
        call
        for service in scene.services_of(labels_of(template), entity.namespace)
        for call in failing_calls_to(scene, entity_of("Service", service))
        if _is_its_own_fault(scene, service, call)
    ]
    if not complaints:
        return
    first = complaints[0]
    callers = sorted({str(call.caller) for call in complaints})
    causes = sorted({call.error.cause.value for call in complaints})
    times = sum(call.error.count for call in complaints)
    yield Finding(
        condition="workload.fails_callers",
        entity=entity,
        claim=f"{entity} is up and fails its callers: {' and '.join(callers[:3])} gets "
        f"{' and '.join(causes)}, {times} times{_words(complaints)}",
        category=Category.AVAILABILITY,
        uid=item["metadata"].get("uid", ""),
        since=min((c.error.first_at for c in complaints if c.error.first_at), default=None),
        source="logs",
        command=first.log.command,
        excerpt=first.error.line,
        tainted=True,
        suspects=(*_nodes_between(scene, entity, complaints), *_doors(complaints)),
        facts={"heard_from": " ".join(sorted({call.caller.path for call in complaints}))},
    )


def _words(complaints: list[FailingCall]) -> str:
    """What a client says of an answer; of errors and silence there is nothing to quote."""
    said = [call.error.line for call in complaints if call.error.cause in QUOTED]
    return f" ({one_line(said[0], 160)})" if said else ""


def _doors(complaints: list[FailingCall]) -> Iterator[Entity]:
    """The Services that were called: one that leads astray is to blame for what comes of it."""
    yield from dict.fromkeys(one.target.entity for one in complaints if one.target.entity)


def _nodes_between(
    scene: Scene, entity: Entity, complaints: list[FailingCall]
) -> tuple[Entity, ...]:
    """Nodes of either side that lose what is sent."""
    found: dict[Entity, None] = {}
    for call in complaints:
        pods = [*scene.pods(entity), *scene.pods(call.caller)]
        found |= dict.fromkeys(nodes_at_fault(scene, pods, call.error.cause))
    return tuple(found)


def _is_its_own_fault(scene: Scene, service: Obj, call: FailingCall) -> bool:
    """Whether the call reaches the right door, and nothing in between shuts it."""
    spec = service.get("spec") or EMPTY
    pods = [pod for pod in scene.backing(service) if is_ready(pod)]
    if call.error.count < OFTEN or not pods:
        return False
    if call.error.cause is LogCause.UNREADABLE_ANSWER:
        return _answers_anew(scene, pods[0], call)
    if call.error.cause is LogCause.RATE_LIMITED:
        return refuses_anew(scene, call)
    if call.error.cause not in _ANSWERED_BADLY:
        return False
    ports = spec.get("ports") or ()
    port = call.target.address.port
    if port is not None and port not in [one.get("port") for one in ports]:
        return False
    names = {str(one.get(key)) for pod in pods for one in declared_ports(pod["spec"])
             for key in ("name", "containerPort")}  # fmt: skip
    opened = all(str(one.get("targetPort", one.get("port"))) in names for one in ports)
    return (opened or not names) and not blocking_policies(scene, call)


def refuses_anew(scene: Scene, call: FailingCall) -> bool:
    """Whether who asks was not refused so before; who always is, lives with it."""
    readings = (reading for log, reading in scene.logs(call.pod) if log is call.log)
    return any(is_new(call.error, reading) for reading in readings)


def _answers_anew(scene: Scene, pod: Obj, call: FailingCall) -> bool:
    """Whether who answers was rolled out just before, and who asks was not."""
    first = call.error.first_at
    if first is None:
        return False
    return _is_new(scene, scene.workload_of(pod), first) and not _is_new(scene, call.caller, first)


def _is_new(scene: Scene, workload: Entity, at: datetime) -> bool:
    known = [one for one in workload_revisions(scene, workload) if one.at]
    latest = max((one.at for one in known if one.at), default=None)
    return len(known) > 1 and latest is not None and -CLOCKS <= at - latest <= SHORTLY
