"""Names that do not resolve: the name server's configuration, or the pod's own."""

from collections.abc import Iterator
from ipaddress import ip_address

from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.logs.patterns import LogCause
from sreagent.diagnose.metrics.readings import is_hurt
from sreagent.diagnose.objects.managers import last_edit
from sreagent.diagnose.objects.podspec import EMPTY, spec_of
from sreagent.diagnose.objects.shapes import parts, word, words
from sreagent.diagnose.view.calling import FailingCall, configured_calls, failing_calls
from sreagent.diagnose.view.corefile import WrongAnswer, corefiles, wrong_answers
from sreagent.diagnose.view.revisions import workload_revisions
from sreagent.diagnose.view.scene import Scene
from sreagent.diagnose.view.targets import name_service
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj
from sreagent.domain.moment import span

MANY_DOTS = 5
"""The `ndots` that the kubelet writes; more of them make every name a longer search."""
HIDDEN = 5
"""Services without a name whose programs are told."""
_UNRESOLVED = frozenset({LogCause.NO_SUCH_HOST, LogCause.DNS_TIMEOUT})
_RUN = ("Deployment", "StatefulSet", "DaemonSet", "CronJob", "Job")
_NODE_LOCAL = "169.254."


@condition(
    "dns.corefile",
    "ConfigMap",
    worth=0.84,
    refuted_by="the same name resolving to the address of its Service",
)
def corefile(scene: Scene, entity: Entity, config: Obj) -> Iterator[Finding]:
    """The name server is told to give Services another answer than their address."""
    if entity not in [known for known, _ in corefiles(scene)]:
        return
    for wrong in (one for one in wrong_answers(scene) if one.config == entity):
        calls = [
            call
            for call in unresolved(scene)
            if call.target.entity and not call.target.missing and wrong.is_about(call.target.entity)
        ]
        edit = last_edit(config)
        yield Finding(
            condition="dns.corefile",
            entity=entity,
            claim=f"{entity} {wrong.says}{_say_age(scene, edit and edit.at)}{_say_calls(calls)}",
            category=Category.CONFIGURATION,
            severity=Severity.CRITICAL if calls else Severity.ERROR,
            uid=config["metadata"].get("uid", ""),
            path="data.Corefile",
            since=edit.at if edit else None,
            command=entity.get,
            facts=_facts(scene, calls, wrong),
        )


@condition(
    "workload.dns_policy",
    *_RUN,
    worth=0.82,
    even_mild=True,
    refuted_by="another workload with the same DNS settings that resolves the name",
)
def dns_policy(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """The pods of a workload do not ask the name server of the cluster."""
    spec = spec_of(entity.kind, item)
    asks = _asks_elsewhere(scene, spec)
    called = [call for call in configured_calls(scene).get(entity, ()) if call.target.entity]
    failing = [call for call in unresolved(scene) if call.caller == entity]
    if not asks or not (called or failing):
        return
    needed = str(called[0].target.address) if called else failing[0].error.target
    yield Finding(
        condition="workload.dns_policy",
        entity=entity,
        claim=f"{entity} {asks}, which knows no Service, and calls {needed}{_say_calls(failing)}",
        category=Category.CONFIGURATION,
        severity=Severity.CRITICAL if failing else Severity.WARNING,
        uid=item["metadata"].get("uid", ""),
        path="spec.template.spec.dnsPolicy",
        since=min((one.error.first_at for one in failing if one.error.first_at), default=None),
        command=entity.get,
        facts={"settled": "its DNS settings say so"} if failing else {},
    )


@condition(
    "workload.ndots",
    *_RUN,
    worth=0.60,
    even_mild=True,
    refuted_by="requests that stay slow with the default of 5",
)
def many_dots(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """Every name that a workload looks up is tried with each search domain first."""
    value = _dots(spec_of(entity.kind, item))
    if not value.isdigit() or int(value) <= MANY_DOTS:
        return
    yield Finding(
        condition="workload.ndots",
        entity=entity,
        claim=f"{entity} sets ndots to {value}: each name outside the cluster costs several "
        f"DNS questions that fail before the one that works",
        category=Category.CONFIGURATION,
        severity=Severity.ERROR if _slower_since(scene, entity, value) else Severity.WARNING,
        uid=item["metadata"].get("uid", ""),
        path="spec.template.spec.dnsConfig.options[ndots]",
        command=entity.get,
        facts={"ndots": value},
    )


def _dots(spec: Obj) -> str:
    options = parts(spec, "dnsConfig", "options")
    return next((word(one, "value") for one in options if one.get("name") == "ndots"), "")


def _slower_since(scene: Scene, entity: Entity, value: str) -> bool:
    """Whether it is slower since the revision that brought this value."""
    known = workload_revisions(scene, entity)
    if len(known) < 2 or known[0].at is None:
        return False
    brought = _dots(known[1].template.get("spec") or EMPTY) != value
    return brought and is_hurt(scene, entity, known[0].at)


@condition(
    "node.resolver",
    "Node",
    worth=0.66,
    refuted_by="a pod of the node that resolves names while these do not",
)
def node_resolver(scene: Scene, entity: Entity, node: Obj) -> Iterator[Finding]:
    """Several programs of one node, and nobody elsewhere, cannot resolve names."""
    calls = unresolved(scene)
    here = [call for call in calls if call.pod["spec"].get("nodeName") == entity.name]
    workloads = {call.caller for call in here}
    read = {log.pod for log in scene.inventory.logs}
    others = [pod for pod in map(scene.inventory.find, read) if pod and _is_away(pod, entity.name)]
    if len(workloads) < 2 or len(here) != len(calls) or not others or wrong_answers(scene):
        return
    if any(call.target.missing for call in here):
        return
    yield Finding(
        condition="node.resolver",
        entity=entity,
        claim=f"{entity} is the only node whose pods cannot resolve names: "
        f"{' and '.join(sorted(map(str, workloads))[:3])}; {len(others)} pods elsewhere can",
        category=Category.NODE,
        uid=node["metadata"].get("uid", ""),
        since=min((one.error.first_at for one in here if one.error.first_at), default=None),
        source="logs",
        command=here[0].log.command,
        excerpt=here[0].error.line,
        tainted=True,
        facts={"explains": " ".join(sorted(one.path for one in workloads))},
    )


def unresolved(scene: Scene) -> list[FailingCall]:
    """Calls that fail because a name does not resolve."""
    return [call for call in failing_calls(scene) if call.error.cause in _UNRESOLVED]


def _is_away(pod: Obj, node: str) -> bool:
    return (pod.get("spec") or EMPTY).get("nodeName") not in (node, None)


def _asks_elsewhere(scene: Scene, spec: Obj) -> str:
    """Whom the pods ask for names, in words, when it is not the name server of the cluster."""
    policy = word(spec, "dnsPolicy") or "ClusterFirst"
    if policy == "None":
        servers = words(spec, "dnsConfig", "nameservers")
        if not servers or _is_ours(scene, servers[0]):
            return ""
        # The answer of the first one is final, also when it is "no such name".
        return f"asks {servers[0]} for names (dnsPolicy None)"
    if policy == "Default":
        return "asks the resolver of its node for names (dnsPolicy Default)"
    if policy == "ClusterFirst" and spec.get("hostNetwork"):
        return (
            "is on the network of its node and asks that node's resolver (dnsPolicy ClusterFirst)"
        )
    return ""


def _is_ours(scene: Scene, server: str) -> bool:
    service = scene.inventory.find(name_service(scene))
    spec = (service or EMPTY).get("spec") or EMPTY
    known = {spec.get("clusterIP"), *(spec.get("clusterIPs") or ())}
    if server in known or server.startswith(_NODE_LOCAL):
        return True
    try:
        return service is None and not ip_address(server).is_global
    except ValueError:
        return False


def _say_age(scene: Scene, at: object) -> str:
    age = scene.age(at) if at else None  # type: ignore[arg-type]
    return f" (edited {span(age)} ago)" if age is not None else ""


def _say_calls(calls: list[FailingCall]) -> str:
    if not calls:
        return ""
    names = sorted({str(call.caller) for call in calls})
    first = calls[0].error
    return f"; {' and '.join(names[:3])} gets {first.cause.value} of {first.target}"


def _facts(scene: Scene, calls: list[FailingCall], wrong: WrongAnswer) -> dict[str, str]:
    """Who suffers: callers that get no answer, and those who are not called any more."""
    hidden = [
        entity
        for name, _, space in (one.partition(".") for one in wrong.names[:HIDDEN])
        for entity in scene.workloads_behind(scene.get("Service", space, name) or _BARE)
    ]
    suffering = {*(call.caller for call in calls), *hidden}
    facts = {"explains": " ".join(sorted(one.path for one in suffering))} if suffering else {}
    return facts | ({"settled": "the configuration says so"} if calls else {})


_BARE: Obj = {"metadata": {}}
