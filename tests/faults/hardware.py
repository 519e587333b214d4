"""Faults of machines."""

from tests.diagnose.build import DAY, Json, app, crashing, event, lines, log, node, running
from tests.faults.scenes import fault
from tests.faults.stage import pod_of, watched

from sreagent.domain.inventory import Inventory


def spread(name: str, broken: Json) -> list[Json]:
    """A Deployment with a pod on each of two nodes; the one on `node-2` fails."""
    objects = app(name, pods=[running(since=DAY), broken])
    for number in (0, 1):
        one = pod_of(objects, name, number)
        one["spec"] = {**one["spec"], "nodeName": f"node-{number + 1}"}
    return objects


@fault("hw-memory", "Node/node-2", alert="KubePodCrashLooping shop/app")
def memory() -> Inventory:
    end = crashing(code=1, since=60, ran=40)
    objects = [*spread("app", end), *spread("cart", end), node(), node("node-2")]
    words = "fatal error: runtime: cannot allocate memory: mmap errno 12 ENOMEM\n"
    edac = (
        "EDAC MC0: 1 UE memory read error on CPU_SrcID#0_MC#0_Chan#1_DIMM#0 (channel:1 slot:0 "
        "page:0x3f1c2 offset:0x0 grain:32)"
    )
    logs = [log(pod_of(objects, name, 1), words, previous=True) for name in ("app", "cart")]
    told = event(objects[-1], "MemoryReadError", edac, since=120, type="Warning")
    return watched(*objects, told, logs=logs)


@fault("hw-mmu", "Node/node-2", alert="KubePodCrashLooping shop/app")
def mmu() -> Inventory:
    end = crashing(code=139, since=60, ran=40)
    objects = [*spread("app", end), *spread("cart", end), node(), node("node-2")]
    return watched(*objects)


@fault("hw-nic-down", "Node/node-2", alert="KubeNodeNotReady node-2")
def nic() -> Inventory:
    alone = running(ready=False, since=DAY)
    ill = node("node-2", ready="Unknown")
    ill["status"]["conditions"][0] |= {
        "reason": "NodeStatusUnknown",
        "message": "Kubelet stopped posting node status.",
    }
    objects = [*spread("app", alone), *spread("cart", alone), node(), ill]
    words = 'level=error msg="call failed" err="dial tcp 10.96.1.20:80: connect: network is down"'
    logs = [log(pod_of(objects, name, 1), lines(words)) for name in ("app", "cart")]
    return watched(*objects, logs=logs)
