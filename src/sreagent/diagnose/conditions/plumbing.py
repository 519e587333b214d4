"""What carries everybody's traffic, rolled out anew shortly before several programs suffered."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.conditions.saying import say
from sreagent.diagnose.metrics.readings import SHORTLY, SYMPTOMS, TOGETHER, behind, readings
from sreagent.diagnose.view.calling import configured_calls
from sreagent.diagnose.view.revisions import workload_revisions
from sreagent.diagnose.view.scene import WORKLOADS, Scene, labels_of
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj
from sreagent.domain.moment import span

LONG = timedelta(hours=1)
"""For how long the revision before must have carried traffic."""
SEVERAL = 2
_CARRIERS = frozenset(
    {
        *(
            "kube-proxy",
            "cilium",
            "cilium-agent",
            "calico-node",
            "canal",
            "flannel",
            "kube-flannel",
        ),
        *("kube-flannel-ds", "weave-net", "antrea-agent", "aws-node", "azure-cni", "kube-router"),
        *("ovnkube-node", "kube-ovn-cni", "node-local-dns", "coredns", "kube-dns", "ztunnel"),
        *("istio-cni-node", "linkerd-cni"),
    }
)
"""Programs that every connection in a cluster goes through, by the names they are known by."""
_NAMES = ("k8s-app", "app.kubernetes.io/name", "app", "name", "component")


@condition(
    "network.carrier_changed",
    "DaemonSet",
    "Deployment",
    worth=0.62,
    vague=True,
    breaks_anything=True,
    refuted_by="the same trouble on nodes where the revision before still runs",
)
def carrier_changed(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """Programs that do not call each other suffer since what carries their traffic was changed."""
    if not _is_carrier(entity, item):
        return
    known = workload_revisions(scene, entity)
    if len(known) < 2 or not known[0].at or not known[1].at or known[0].at - known[1].at < LONG:
        return
    hurt = [one for one in _hurt_since(scene, known[0].at) if one != entity]
    apart = _apart(scene, hurt)
    if len(apart) < SEVERAL:
        return
    yield say(
        entity,
        item,
        "network.carrier_changed",
        f"carries the traffic of the cluster and was rolled out anew ({known[0].label}) "
        f"{span(scene.age(known[0].at) or 0)} ago; since then {' and '.join(map(str, apart[:3]))}, "
        "which do not call each other, fail or slow down",
        category=Category.NETWORK,
        severity=Severity.ERROR,
        since=known[0].at,
        facts={"explains": " ".join(one.path for one in hurt)},
    )


def _is_carrier(entity: Entity, item: Obj) -> bool:
    labels = labels_of(item)
    return bool(_CARRIERS & {entity.name, *(labels.get(key, "") for key in _NAMES)})


def _hurt_since(scene: Scene, rollout: datetime) -> list[Entity]:
    """Workloads that began to fail or slow down right after, and were not rolled out themselves."""
    found = []
    for entity, each in readings(scene).items():
        began = [one.since for one in each if one.measure in SYMPTOMS and one.rose and one.since]
        if entity.kind not in WORKLOADS or not began:
            continue
        own = workload_revisions(scene, entity)
        anew = bool(own and own[0].at and own[0].at >= rollout - SHORTLY)
        if not anew and -TOGETHER <= min(began) - rollout <= SHORTLY:
            found.append(entity)
    return sorted(found)


def _apart(scene: Scene, hurt: list[Entity]) -> list[Entity]:
    """Those of them whose trouble is not that of another one they call."""
    return [one for one in hurt if not (_called(scene, one) & (set(hurt) - {one}))]


def _called(scene: Scene, entity: Entity) -> set[Entity]:
    called = (call.target.entity for call in configured_calls(scene).get(entity, ()))
    return {one for service in called if service for one in behind(scene, service)}
