"""What a change would touch, told from what the cluster lists at this moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from sreagent.clients.clock import SystemClock
from sreagent.domain.action import Action
from sreagent.domain.entity import Entity
from sreagent.domain.errors import Forbidden, NotFound
from sreagent.domain.inventory import Inventory, Listing, Obj, PodLog
from sreagent.domain.ports import Cluster
from sreagent.tools.impact import Impact, Scales, Touched


@dataclass(frozen=True, slots=True)
class Shop:
    """A cluster that lists what it was given, and refuses some kinds."""

    objects: list[Obj]
    closed: frozenset[str] = frozenset()
    unserved: frozenset[str] = frozenset()
    asked: list[str] = field(default_factory=list)

    def list(self, kind: str, namespace: str = "") -> Listing:
        self.asked.append(kind)
        if kind in self.closed:
            msg = f"not allowed to list {kind}"
            raise Forbidden(msg)
        if kind in self.unserved:
            msg = f"there is no kind {kind}"
            raise NotFound(msg)
        items = tuple(
            one
            for one in self.objects
            if one["kind"] == kind and namespace in ("", one["metadata"].get("namespace", ""))
        )
        now = SystemClock().now()
        return Listing(kind=kind, namespace=namespace, items=items, seen_at=now, command="")


def thing(kind: str, name: str, spec: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    meta = {"name": name, "namespace": "shop", "uid": f"{kind}-{name}", **more.pop("meta", {})}
    return {"kind": kind, "apiVersion": "v1", "metadata": meta, "spec": dict(spec), **more}


def template(**pod: Any) -> dict[str, Any]:
    return {"spec": {"containers": [{"name": "web", **pod.pop("container", {})}], **pod}}


def deployment(name: str = "web", replicas: int = 4, **spec: Any) -> dict[str, Any]:
    spec.setdefault("template", template())
    meta = spec.pop("meta", {})
    return thing("Deployment", name, {"replicas": replicas, **spec}, meta=meta)


def pods(count: int, ready: int, owner: Obj, app: str = "web", **spec: Any) -> list[dict[str, Any]]:
    """Pods of a workload (owned by it without a ReplicaSet in between), the first ones ready."""
    reference = {
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
    }
    meta = {"labels": {"app": app}, "ownerReferences": [reference]}
    return [
        thing(
            "Pod",
            f"{app}-{number}",
            spec,
            meta=meta,
            status={"conditions": [{"type": "Ready", "status": str(number < ready)}]},
        )
        for number in range(count)
    ]


def service(name: str = "web", app: str = "web", **spec: Any) -> dict[str, Any]:
    return thing("Service", name, {"selector": {"app": app}, **spec})


def budget(allowed: int | None, selector: Any, version: str = "policy/v1") -> dict[str, Any]:
    status = {} if allowed is None else {"disruptionsAllowed": allowed}
    made = thing("PodDisruptionBudget", "guard", {"selector": selector}, status=status)
    return {**made, "apiVersion": version}


def act(verb: str, target: Obj, **arguments: Any) -> Action:
    meta = target["metadata"]
    entity = Entity(kind=target["kind"], namespace=meta["namespace"], name=meta["name"])
    return Action(verb=verb, target=entity, arguments=arguments)


def weigh(
    shop: Shop, verb: str, target: Obj, known: Inventory | None = None, **arguments: Any
) -> Impact:
    scales = Scales(cast("Cluster", shop), known or Inventory(), SystemClock())
    fields = ("/spec/replicas",) if verb == "scale" else ("/spec/template",)
    return scales.weigh(Touched(action=act(verb, target, **arguments), live=target, fields=fields))


ROLL = {"type": "RollingUpdate"}


@pytest.mark.parametrize(
    ("strategy", "replicas", "ready", "at_once"),
    [
        pytest.param({}, 4, 4, 1, id="a-quarter-by-default"),
        pytest.param({}, 3, 3, 0, id="a-quarter-is-rounded-down"),
        pytest.param({}, 4, 2, 0, id="those-that-are-down-count-as-away"),
        pytest.param({}, 4, 0, 0, id="nothing-serves"),
        pytest.param({**ROLL, "rollingUpdate": {"maxUnavailable": 2}}, 4, 4, 2, id="a-number"),
        pytest.param(
            {**ROLL, "rollingUpdate": {"maxUnavailable": "50%"}}, 5, 5, 2, id="a-percentage"
        ),
        pytest.param(
            {**ROLL, "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 0}}, 4, 4, 1, id="both-zero"
        ),
        pytest.param(
            {**ROLL, "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}, 1, 1, 0, id="surge"
        ),
        pytest.param({"type": "Recreate"}, 4, 3, 3, id="all-at-once"),
        pytest.param(
            {**ROLL, "rollingUpdate": {"maxUnavailable": "some"}}, 4, 4, 4, id="not-understood"
        ),
    ],
)
def test_a_rolling_change_of_a_deployment_takes_away_what_its_strategy_allows(
    strategy: dict[str, Any], replicas: int, ready: int, at_once: int
) -> None:
    web = deployment(replicas=replicas, strategy=strategy)
    shop = Shop([web, *pods(replicas, ready, web), service()])
    facts = weigh(shop, "rollout_restart", web).facts
    assert (facts.pods, facts.at_once, facts.capacity) == (replicas, at_once, ready)


@pytest.mark.parametrize(
    ("kind", "spec", "status", "count", "at_once"),
    [
        pytest.param("StatefulSet", {"replicas": 4}, {}, 4, 1, id="one-by-one"),
        pytest.param(
            "StatefulSet",
            {"replicas": 4, "updateStrategy": {**ROLL, "rollingUpdate": {"partition": 3}}},
            {},
            1,
            1,
            id="only-above-the-partition",
        ),
        pytest.param(
            "StatefulSet",
            {"replicas": 4, "updateStrategy": {"type": "OnDelete"}},
            {},
            0,
            0,
            id="only-when-deleted",
        ),
        pytest.param("DaemonSet", {}, {"desiredNumberScheduled": 4}, 4, 1, id="one-node-at-a-time"),
        pytest.param(
            "DaemonSet",
            {"updateStrategy": {**ROLL, "rollingUpdate": {"maxUnavailable": "30%"}}},
            {"desiredNumberScheduled": 4},
            4,
            2,
            id="a-percentage-is-rounded-up",
        ),
        pytest.param("Deployment", {"replicas": 4, "paused": True}, {}, 0, 0, id="paused"),
    ],
)
def test_other_kinds_roll_their_own_way(
    kind: str, spec: dict[str, Any], status: dict[str, Any], count: int, at_once: int
) -> None:
    owner = thing(kind, "web", {"template": template(), **spec}, status=status)
    shop = Shop([owner, *pods(4, 4, owner), service()])
    facts = weigh(shop, "rollout_restart", owner).facts
    assert (facts.pods, facts.at_once) == (count, at_once)


@pytest.mark.parametrize(
    ("replicas", "count", "at_once"),
    [
        pytest.param(6, 0, 0, id="more"),
        pytest.param(3, 1, 0, id="those-not-ready-go-first"),
        pytest.param(1, 3, 2, id="then-those-that-serve"),
    ],
)
def test_scaling_takes_away_what_is_above_the_wanted_number(
    replicas: int, count: int, at_once: int
) -> None:
    web = deployment()
    shop = Shop([web, *pods(4, 3, web), service()])
    facts = weigh(shop, "scale", web, replicas=replicas).facts
    assert (facts.pods, facts.at_once, facts.replicas) == (count, at_once, 4)


def test_the_share_is_that_of_the_service_that_is_hit_hardest() -> None:
    web = deployment()
    other = deployment("other", 6)
    mixed = thing("Service", "all", {"selector": {}})
    narrow = service("narrow")
    shop = Shop([web, other, *pods(1, 1, web), *pods(6, 6, other, "other"), mixed, narrow])
    (pod,) = [one for one in shop.objects if one["metadata"]["name"] == "web-0"]
    impact = weigh(shop, "delete_pod", pod)
    assert impact.facts.share == 1.0
    assert impact.touches == "1 pod of 1 (100 % of narrow away at once: 1 of 1 ready); PDB none"


def test_a_service_that_is_down_already_loses_nothing() -> None:
    web = deployment(replicas=3, strategy={"type": "Recreate"})
    shop = Shop([web, *pods(3, 0, web), service()])
    impact = weigh(shop, "rollout_undo", web, revision=1)
    assert impact.facts.share == 0.0
    assert impact.touches == "3 pods of 3 (100 % of web, which is down already); PDB none"


def test_pods_behind_no_service_have_no_known_share() -> None:
    web = deployment()
    impact = weigh(Shop([web, *pods(4, 4, web)]), "rollout_restart", web)
    assert impact.facts.capacity is None
    assert impact.facts.share is None
    assert "behind no service" in impact.touches


IN_WEB = {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]}


@pytest.mark.parametrize(
    ("guard", "name", "headroom"),
    [
        pytest.param(budget(1, {"matchLabels": {"app": "web"}}), "guard", 1, id="labels"),
        pytest.param(budget(0, IN_WEB), "guard", 0, id="expressions"),
        pytest.param(budget(None, IN_WEB), "guard", 0, id="no-status-allows-nothing"),
        pytest.param(budget(2, {}), "guard", 2, id="empty-means-all-in-v1"),
        pytest.param(budget(2, {}, "policy/v1beta1"), "", None, id="empty-means-none-in-v1beta1"),
        pytest.param(budget(2, None), "", None, id="no-selector"),
        pytest.param(budget(2, {"matchLabels": {"app": "x"}}), "", None, id="other-pods"),
        pytest.param(
            budget(
                2, {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}
            ),
            "",
            None,
            id="not-in",
        ),
    ],
)
def test_the_budget_over_the_pods_is_found(guard: Obj, name: str, headroom: int | None) -> None:
    web = deployment()
    facts = weigh(Shop([web, *pods(4, 4, web), guard]), "rollout_restart", web).facts
    assert (facts.budget, facts.headroom) == (name, headroom)


def test_the_tightest_of_several_budgets_counts_and_an_old_count_allows_nothing() -> None:
    web = deployment()
    old = budget(3, IN_WEB)
    old["metadata"] = {**old["metadata"], "name": "old", "generation": 2}
    old["status"]["observedGeneration"] = 1
    facts = weigh(
        Shop([web, *pods(4, 4, web), budget(2, IN_WEB), old]), "rollout_restart", web
    ).facts
    assert (facts.budget, facts.headroom) == ("old", 0)


@pytest.mark.parametrize(
    ("verb", "closed", "unseen"),
    [
        pytest.param("rollout_restart", {"Service"}, ("Service",), id="services"),
        pytest.param(
            "rollout_restart",
            {"Pod", "PodDisruptionBudget"},
            ("Pod", "PodDisruptionBudget"),
            id="pods-and-budgets",
        ),
        pytest.param(
            "scale", {"HorizontalPodAutoscaler"}, ("HorizontalPodAutoscaler",), id="scale"
        ),
        pytest.param("rollout_restart", {"ConfigMap"}, (), id="does-not-limit"),
    ],
)
def test_what_could_not_be_listed_is_told_and_never_counted_as_none(
    verb: str, closed: set[str], unseen: tuple[str, ...]
) -> None:
    web = deployment()
    web["status"] = {"readyReplicas": 4}
    shop = Shop([web, *pods(4, 4, web), service()], closed=frozenset(closed))
    arguments = {"replicas": 5} if verb == "scale" else {}
    impact = weigh(shop, verb, web, None, **arguments)
    assert impact.facts.unseen == unseen
    if closed & {"Pod", "ReplicaSet"}:
        assert (impact.facts.pods, impact.facts.at_once) == (4, 4)
        assert impact.facts.capacity is None
        assert impact.loses == "not looked at"
        assert "could not be looked at" in impact.touches


def test_a_kind_that_the_server_does_not_have_hides_nothing() -> None:
    web = deployment()
    shop = Shop([web, *pods(4, 4, web)], unserved=frozenset({"PodDisruptionBudget"}))
    assert weigh(shop, "rollout_restart", web).facts.unseen == ()


CACHE = {"name": "cache", "emptyDir": {}}
CLAIM = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}


@pytest.mark.parametrize(
    ("volumes", "kind", "affinity", "lost"),
    [
        pytest.param([CACHE], "Deployment", None, ("emptyDir cache of web",), id="empty-dir"),
        pytest.param([CACHE, CLAIM], "Deployment", None, (), id="with-a-claim-beside-it"),
        pytest.param([], "Deployment", None, (), id="nothing"),
        pytest.param(
            [], "Deployment", "ClientIP", ("the sessions of web (ClientIP)",), id="sessions"
        ),
        pytest.param(
            [], "StatefulSet", None, ("the state of web (no volume claims)",), id="stateful"
        ),
    ],
)
def test_what_does_not_survive_is_named(
    volumes: list[dict[str, Any]], kind: str, affinity: str | None, lost: tuple[str, ...]
) -> None:
    owner = thing(kind, "web", {"replicas": 2, "template": template()})
    spec = {"sessionAffinity": affinity} if affinity else {}
    shop = Shop([owner, *pods(2, 2, owner, volumes=volumes), service(**spec)])
    impact = weigh(shop, "rollout_restart", owner)
    assert impact.facts.state_lost == lost
    assert impact.loses == (", ".join(lost) or "no state")


@pytest.mark.parametrize(
    ("meta", "owner"),
    [
        pytest.param({}, "", id="nobody"),
        pytest.param({"labels": {"argocd.argoproj.io/instance": "x"}}, "Argo CD", id="argo-label"),
        pytest.param(
            {"annotations": {"argocd.argoproj.io/tracking-id": "x"}}, "Argo CD", id="argo-note"
        ),
        pytest.param({"labels": {"kustomize.toolkit.fluxcd.io/name": "x"}}, "Flux", id="flux"),
        pytest.param({"labels": {"app.kubernetes.io/managed-by": "Helm"}}, "Helm", id="helm"),
        pytest.param(
            {
                "ownerReferences": [
                    {"kind": "Prometheus", "name": "k8s", "uid": "1", "controller": True}
                ]
            },
            "Prometheus k8s",
            id="operator",
        ),
        pytest.param(
            {
                "managedFields": [
                    {
                        "manager": "argocd-controller",
                        "fieldsV1": {"f:spec": {"f:template": {"f:spec": {}}}},
                    }
                ]
            },
            "Argo CD",
            id="writer-of-the-field",
        ),
        pytest.param(
            {
                "managedFields": [
                    {"manager": "argocd-controller", "fieldsV1": {"f:spec": {"f:replicas": {}}}}
                ]
            },
            "",
            id="writer-of-another-field",
        ),
    ],
)
def test_who_sets_it_back_is_told(meta: dict[str, Any], owner: str) -> None:
    web = deployment(meta=meta)
    facts = weigh(Shop([web, *pods(4, 4, web)]), "rollout_undo", web, revision=1).facts
    assert facts.owner == owner


def test_an_autoscaler_owns_the_replicas_and_nothing_else() -> None:
    web = deployment()
    reference = {"kind": "Deployment", "name": "web"}
    scaler = thing(
        "HorizontalPodAutoscaler", "hpa", {"scaleTargetRef": reference, "maxReplicas": 9}
    )
    shop = Shop([web, scaler, *pods(4, 4, web)])
    scale = weigh(shop, "scale", web, replicas=5).facts
    assert (scale.autoscaler, scale.owner) == ("hpa", "HorizontalPodAutoscaler hpa")
    assert weigh(shop, "rollout_restart", web).facts.owner == ""


@pytest.mark.parametrize(
    ("value", "found"),
    [
        pytest.param("http://web/api", True, id="address"),
        pytest.param("web:8080", True, id="host-and-port"),
        pytest.param("web", True, id="host"),
        pytest.param("postgres://user@web:5432/db", True, id="behind-a-login"),
        pytest.param("a.example:1,web.shop:9092", True, id="in-a-list"),
        pytest.param("http://web.shop.svc.cluster.local", True, id="full-name"),
        pytest.param("http://web.other/x", False, id="another-namespace"),
        pytest.param("http://web-2/x", False, id="longer-name"),
        pytest.param("the web is slow", False, id="a-word"),
    ],
)
def test_a_workload_that_names_the_service_depends_on_it(value: str, *, found: bool) -> None:
    web = deployment()
    container = {"env": [{"name": "TARGET", "value": value}]}
    front = deployment("front", 1, template=template(container=container))
    impact = weigh(Shop([web, front, *pods(4, 4, web), service()]), "rollout_restart", web)
    assert impact.facts.dependants == (("front",) if found else ())


def test_callers_are_found_in_config_maps_logs_and_other_namespaces() -> None:
    web = deployment()
    source = {"envFrom": [{"configMapRef": {"name": "settings"}}]}
    configured = deployment("configured", 1, template=template(container=source))
    settings = {**thing("ConfigMap", "settings", {}), "data": {"URL": "x\nurl=http://web:80"}}
    far = deployment("far", 1, template=template(container={"args": ["--api=http://web.shop"]}))
    far["metadata"] = {**far["metadata"], "namespace": "elsewhere"}
    known = Inventory()
    now = SystemClock().now()
    known.add(Listing(kind="Deployment", namespace="", items=(far,), seen_at=now, command=""))
    pod = Entity(kind="Pod", namespace="shop", name="batch-1")
    text = "GET http://web/api 500"
    known.logs.append(PodLog(pod=pod, container="c", previous=False, text=text, command=""))
    shop = Shop([web, configured, settings, *pods(4, 4, web), service()])
    impact = weigh(shop, "rollout_restart", web, known)
    assert impact.facts.dependants == ("batch-1", "configured", "elsewhere/far")
    assert impact.depends == "batch-1, configured, elsewhere/far call it"


@pytest.mark.parametrize(
    ("selector", "at_once"),
    [
        pytest.param({"app": "other"}, 3, id="none-stays"),
        pytest.param({"app": "web"}, 0, id="all-stay"),
    ],
)
def test_routing_a_service_elsewhere_takes_away_what_it_reaches_now(
    selector: dict[str, str], at_once: int
) -> None:
    web, front = deployment(), service()
    impact = weigh(Shop([web, front, *pods(4, 3, web)]), "patch_service", front, selector=selector)
    assert (impact.facts.capacity, impact.facts.at_once) == (3, at_once)


def test_placing_pods_on_a_node_or_not_needs_no_look_around() -> None:
    shop = Shop([])
    node = {"kind": "Node", "metadata": {"name": "n", "namespace": "", "uid": "n"}, "spec": {}}
    impact = weigh(shop, "cordon", node)
    assert shop.asked == []
    assert impact.touches == "no pod"
