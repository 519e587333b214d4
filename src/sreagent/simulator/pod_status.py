"""The status a node reports of a pod."""

from sreagent.simulator.clock import stamp
from sreagent.simulator.containers import Life
from sreagent.simulator.objects import Json
from sreagent.simulator.writing import set_condition


def pod_status(pod: Json, lives: list[Life], now: float, host: str, address: str) -> Json:
    """The parts of the status that the kubelet writes; `address` is empty before it has one."""
    phase = phase_of(pod, lives)
    begun = [life for life in lives if not life.is_init]
    first = [life for life in lives if life.is_init]
    status: Json = {
        "phase": phase,
        "conditions": _conditions(pod, lives, phase, now),
        "containerStatuses": [life.status() for life in begun],
        "hostIP": host,
        "hostIPs": [{"ip": host}],
        "startTime": pod["status"].get("startTime", stamp(now)),
    }
    if first:
        status["initContainerStatuses"] = [life.status() for life in first]
    if address:
        status["podIP"] = address
        status["podIPs"] = [{"ip": address}]
    return status


def phase_of(pod: Json, lives: list[Life]) -> str:
    """The phase of a pod."""
    policy = pod["spec"].get("restartPolicy", "Always")
    first = [life for life in lives if life.is_init]
    begun = [life for life in lives if not life.is_init]
    if any(not life.is_done for life in first):
        lost = policy == "Never" and any(_failed(life) for life in first)
        return "Failed" if lost else "Pending"
    if not any(life.runs for life in begun):
        return "Pending"
    over = [life for life in begun if life.runs and not life.run and life.wake is None]
    if policy == "Always" or len(over) < len(begun):
        return "Running"
    return "Failed" if any(life.runs[-1].code for life in over) else "Succeeded"


def _failed(life: Life) -> bool:
    return bool(life.runs) and life.runs[-1].is_over() and life.runs[-1].code != 0


def _conditions(pod: Json, lives: list[Life], phase: str, now: float) -> list[Json]:
    unready = [life.name for life in lives if not life.is_init and not life.ready]
    undone = [life.name for life in lives if life.is_init and not life.is_done]
    if phase in ("Succeeded", "Failed"):
        told = ("False", "PodCompleted" if phase == "Succeeded" else "PodFailed", "")
    elif unready:
        names = " ".join(unready)
        told = ("False", "ContainersNotReady", f"containers with unready status: [{names}]")
    else:
        told = ("True", "", "")
    first = ("True", "", "")
    if undone:
        message = f"containers with incomplete status: [{' '.join(undone)}]"
        first = ("False", "ContainersNotInitialized", message)
    created = "True" if any(life.runs for life in lives) else "False"
    parts = [
        set_condition(pod, now, "PodReadyToStartContainers", created, "", ""),
        set_condition(pod, now, "Initialized", *first),
        set_condition(pod, now, "Ready", *told),
        set_condition(pod, now, "ContainersReady", *told),
        set_condition(pod, now, "PodScheduled", "True", "", ""),
    ]
    return [{**each, "lastProbeTime": None} for each in parts]
