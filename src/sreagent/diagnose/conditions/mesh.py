"""Istio: rules that deny, encrypt, delay or lead astray."""

from collections.abc import Iterator

from sreagent.diagnose.conditions.registry import condition
from sreagent.diagnose.conditions.saying import say
from sreagent.diagnose.logs.patterns import LogCause
from sreagent.diagnose.objects.managers import last_edit
from sreagent.diagnose.objects.podspec import EMPTY, container_specs, is_over
from sreagent.diagnose.objects.shapes import labels_in, part, parts, word, words
from sreagent.diagnose.view.calling import callers, failing_calls_to
from sreagent.diagnose.view.scene import Scene, labels_of
from sreagent.diagnose.view.targets import service_name
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj
from sreagent.domain.moment import span

DAY = 86_400
ROOT = "istio-system"
_MODE = "istio.io/dataplane-mode"
_REDIRECTED = "ambient.istio.io/redirection"
_BROKEN_OFF = frozenset(
    {LogCause.RESET, LogCause.REFUSED, LogCause.TIMEOUT, LogCause.HTTP_5XX, LogCause.CERTIFICATE}
)
_DENIED = ("RBAC: access denied", "rbac_access_denied")


@condition(
    "mesh.denies",
    "AuthorizationPolicy",
    worth=0.80,
    even_mild=True,
    refuted_by="the same request passing while the policy is there",
)
def denies(scene: Scene, entity: Entity, policy: Obj) -> Iterator[Finding]:
    """An Istio policy denies requests to a workload."""
    said = _denial(policy)
    pods = _selected(scene, policy)
    if not said or not pods:
        return
    hit = sorted({scene.workload_of(pod) for pod in pods})
    witness = _denied_line(scene)
    age = _age(scene, policy)
    yield say(
        entity,
        policy,
        "mesh.denies",
        f"{said} to {' and '.join(map(str, hit[:3]))}"
        + (f"; a log has {witness}" if witness else "")
        + (f"; it is {span(age)} old" if age is not None else ""),
        category=Category.SECURITY,
        severity=Severity.CRITICAL
        if witness
        else Severity.ERROR
        if age is not None and age < DAY
        else Severity.WARNING,
        path="spec",
        facts={"explains": " ".join(one.path for one in hit)}
        | ({"settled": "a log tells of the refusals"} if witness else {}),
    )


@condition(
    "mesh.strict",
    "PeerAuthentication",
    worth=0.80,
    even_mild=True,
    refuted_by="a caller outside the mesh that is answered",
)
def strict(scene: Scene, entity: Entity, policy: Obj) -> Iterator[Finding]:
    """Only encrypted calls are taken, and a caller is outside the mesh and cannot encrypt."""
    if word(policy, "spec", "mtls", "mode") != "STRICT":
        return
    outside = list(dict.fromkeys(_outsiders(scene, policy)))
    if not outside:
        return
    failing = [one for one in outside if _fails(scene, *one)]
    caller, service = (failing or outside)[0]
    fresh = (_age(scene, policy) or DAY) < DAY
    yield say(
        entity,
        policy,
        "mesh.strict",
        f"takes only mutual TLS (STRICT), and {caller}, which is outside the mesh, calls {service}"
        + (": its calls are broken off" if failing else ""),
        category=Category.SECURITY,
        severity=Severity.CRITICAL if failing else Severity.ERROR if fresh else Severity.WARNING,
        path="spec.mtls.mode",
        facts={"explains": " ".join(sorted({one.path for one, _ in failing or outside}))},
    )


@condition(
    "mesh.injects_fault",
    "VirtualService",
    worth=0.86,
    even_mild=True,
    refuted_by="the same errors after the fault is taken out of the route",
)
def injects_fault(scene: Scene, entity: Entity, route: Obj) -> Iterator[Finding]:
    """A route of Istio aborts or delays requests on purpose."""
    for http in parts(route, "spec", "http"):
        fault = part(http, "fault")
        said = _say_fault(fault)
        if not said:
            continue
        hosts = ", ".join(words(route, "spec", "hosts")[:3])
        yield say(
            entity,
            route,
            "mesh.injects_fault",
            f"{said} to {hosts}",
            category=Category.NETWORK,
            severity=Severity.ERROR,
            path="spec.http[].fault",
            since=edit.at if (edit := last_edit(route)) else scene.created(route),
            facts={"explains": " ".join(_behind(scene, route)), "settled": "the route says so"},
        )
        return


@condition(
    "mesh.route_to_nowhere",
    "VirtualService",
    worth=0.80,
    even_mild=True,
    refuted_by="the destination answering requests by this route",
)
def route_to_nowhere(scene: Scene, entity: Entity, route: Obj) -> Iterator[Finding]:
    """A route leads to a host or a subset that does not exist."""
    for kind in ("http", "tcp", "tls"):
        for rule in parts(route, "spec", kind):
            for leg in parts(rule, "route"):
                wrong = _wrong_leg(scene, entity, part(leg, "destination"))
                if wrong and leg.get("weight") != 0:
                    yield say(
                        entity,
                        route,
                        "mesh.route_to_nowhere",
                        f"sends requests to {wrong}",
                        category=Category.NETWORK,
                        severity=Severity.ERROR,
                        path=f"spec.{kind}[].route[].destination",
                        facts={"explains": " ".join(_behind(scene, route))},
                    )
                    return


@condition(
    "mesh.subset_empty",
    "DestinationRule",
    worth=0.70,
    even_mild=True,
    refuted_by="a ready pod with the labels of the subset",
)
def subset_empty(scene: Scene, entity: Entity, rule: Obj) -> Iterator[Finding]:
    """A subset of a Service is of labels that none of its pods carries."""
    service = service_name(scene, entity.namespace, word(rule, "spec", "host"))
    item = scene.inventory.find(service) if service else None
    pods = scene.backing(item) if item else []
    for subset in parts(rule, "spec", "subsets"):
        wanted = labels_in(subset, "labels")
        if pods and wanted and not any(wanted.items() <= labels_of(pod).items() for pod in pods):
            said = ",".join(f"{key}={value}" for key, value in sorted(wanted.items()))
            yield say(
                entity,
                rule,
                "mesh.subset_empty",
                f"has subset {word(subset, 'name')} ({said}), which none of the {len(pods)} pods "
                f"of {service} is in",
                category=Category.NETWORK,
                severity=Severity.WARNING,
                path="spec.subsets",
            )


@condition(
    "mesh.left",
    "Namespace",
    worth=0.66,
    even_mild=True,
    refuted_by="requests to its pods that go through the mesh",
)
def left(scene: Scene, entity: Entity, namespace: Obj) -> Iterator[Finding]:
    """A namespace was taken out of the mesh, or its pods are not in it although it is."""
    labels = labels_of(namespace)
    pods = [pod for pod in scene.all("Pod", entity.name) if not is_over(pod)]
    redirected = [
        pod for pod in pods if part(pod, "metadata", "annotations").get(_REDIRECTED) == "enabled"
    ]
    taken_out = labels.get(_MODE) != "ambient" and redirected and not _has_sidecars(redirected)
    bare = labels.get("istio-injection") == "enabled" and pods and not _has_sidecars(pods)
    if not (taken_out or labels.get(_MODE) == "none" or bare):
        return
    edit = last_edit(namespace, "labels")
    age = scene.age(edit.at) if edit else None
    said = (
        f"wants sidecars (istio-injection=enabled), and none of its {len(pods)} pods has one"
        if bare
        else f"is not in the ambient mesh ({_MODE}={labels.get(_MODE, 'unset')})"
        + (f", while {len(redirected)} of its pods still are" if redirected else "")
    )
    yield say(
        entity,
        namespace,
        "mesh.left",
        said + (f"; its labels were edited {span(age)} ago" if age is not None else ""),
        category=Category.NETWORK,
        severity=Severity.ERROR if age is not None and age < DAY else Severity.WARNING,
        path=f"metadata.labels[{_MODE}]",
        since=edit.at if edit else None,
        facts={"explains": " ".join(sorted({scene.workload_of(pod).path for pod in pods})[:20])},
    )


def _denial(policy: Obj) -> str:
    """What a policy denies, in words; empty when it lets something through."""
    spec = part(policy, "spec")
    action = word(spec, "action") or "ALLOW"
    rules = parts(spec, "rules")
    if action == "ALLOW" and not rules and "rules" not in spec:
        return "allows nothing (no rules), and so denies every request"
    if action != "DENY" or not rules:
        return ""
    open_ = any(not one.get("from") and not one.get("to") and not one.get("when") for one in rules)
    return "denies every request" if open_ else f"denies {_say_rule(rules[0])}"


def _say_rule(rule: Obj) -> str:
    to = [part(one, "operation") for one in parts(rule, "to")]
    sources = [part(one, "source") for one in parts(rule, "from")]
    what = [text for one in to for key in ("methods", "paths") for text in words(one, key)]
    who = [
        text for one in sources for key in ("principals", "namespaces") for text in words(one, key)
    ]
    said = f"{' '.join(what[:3])} requests" if what else "requests"
    return f"{said} from {', '.join(who[:2])}" if who else said


def _denied_line(scene: Scene) -> str:
    for log in scene.inventory.logs:
        for sign in _DENIED:
            if sign in log.text[-200_000:]:
                return f'"{sign}"'
    return ""


def _selected(scene: Scene, policy: Obj) -> list[Obj]:
    """Pods that a policy is about; one in the root namespace is about all."""
    wanted = labels_in(policy, "spec", "selector", "matchLabels")
    space = policy["metadata"].get("namespace", "")
    if parts(policy, "spec", "targetRefs") or part(policy, "spec", "targetRef"):
        return _of_targets(scene, policy, space)
    pods = scene.all("Pod") if space == ROOT else scene.all("Pod", space)
    return [pod for pod in pods if wanted.items() <= labels_of(pod).items() and not is_over(pod)]


def _of_targets(scene: Scene, policy: Obj, space: str) -> list[Obj]:
    refs = [*parts(policy, "spec", "targetRefs"), part(policy, "spec", "targetRef")]
    services = [
        scene.get("Service", space, word(ref, "name"))
        for ref in refs
        if word(ref, "kind") == "Service"
    ]
    return [pod for service in services if service for pod in scene.backing(service)]


def _outsiders(scene: Scene, policy: Obj) -> Iterator[tuple[Entity, Entity]]:
    """Callers outside the mesh, each with the Service of the policy's pods that it calls."""
    chosen = {pod["metadata"].get("uid") for pod in _selected(scene, policy)}
    for service, users in sorted(callers(scene).items()):
        item = scene.inventory.find(service) if service.kind == "Service" else None
        backing = scene.backing(item) if item else []
        if not chosen & {pod["metadata"].get("uid") for pod in backing}:
            continue
        for user in sorted(users):
            pods = scene.pods(user)
            if pods and not any(_is_in_mesh(scene, pod) for pod in pods):
                yield user, service


def _is_in_mesh(scene: Scene, pod: Obj) -> bool:
    if _has_sidecars([pod]):
        return True
    labels, notes = labels_of(pod), part(pod, "metadata", "annotations")
    if notes.get(_REDIRECTED) == "enabled" or labels.get(_MODE) == "ambient":
        return True
    space = scene.get("Namespace", "", pod["metadata"].get("namespace", ""))
    # Of a namespace whose labels were not read nobody can tell that it is outside.
    inside = space is None or labels_of(space).get(_MODE) == "ambient"
    return inside and labels.get(_MODE) != "none"


def _has_sidecars(pods: list[Obj]) -> bool:
    return any(
        one.get("name") == "istio-proxy"
        for pod in pods
        for one in container_specs(pod.get("spec") or EMPTY)
    )


def _fails(scene: Scene, caller: Entity, service: Entity) -> bool:
    calls = failing_calls_to(scene, service)
    return any(one.caller == caller and one.error.cause in _BROKEN_OFF for one in calls)


def _say_fault(fault: Obj) -> str:
    said = []
    abort, delay = part(fault, "abort"), part(fault, "delay")
    if abort:
        code = word(abort, "httpStatus") or word(abort, "grpcStatus") or "an error"
        said.append(f"answers {_share(abort)}requests with {code} on purpose")
    if delay:
        held = word(delay, "fixedDelay") or "a while"
        said.append(f"holds back {_share(delay)}requests for {held} on purpose")
    return " and ".join(said)


def _share(fault: Obj) -> str:
    value = word(fault, "percentage", "value") or word(fault, "percent")
    return f"{value}% of " if value else ""


def _wrong_leg(scene: Scene, entity: Entity, destination: Obj) -> str:
    host, subset = word(destination, "host"), word(destination, "subset")
    service = service_name(scene, entity.namespace, host) if host else None
    if service is None:
        return ""
    if scene.is_missing(service):
        return f"{host}, and there is no {service}"
    if not subset or not scene.inventory.looked("DestinationRule", service.namespace):
        return ""
    rules = [
        rule
        for rule in scene.all("DestinationRule")
        if service_name(scene, rule["metadata"].get("namespace", ""), word(rule, "spec", "host"))
        == service
    ]
    known = {word(one, "name") for rule in rules for one in parts(rule, "spec", "subsets")}
    return (
        f"subset {subset} of {host}, which no DestinationRule defines"
        if subset not in known
        else ""
    )


def _behind(scene: Scene, route: Obj) -> list[str]:
    """Workloads behind the hosts of a route."""
    found = []
    for host in words(route, "spec", "hosts"):
        service = service_name(scene, route["metadata"].get("namespace", ""), host)
        item = scene.inventory.find(service) if service else None
        found += [one.path for one in (scene.workloads_behind(item) if item else ())]
    return list(dict.fromkeys(found))


def _age(scene: Scene, policy: Obj) -> float | None:
    edit = last_edit(policy)
    return scene.age(edit.at if edit else scene.created(policy))
