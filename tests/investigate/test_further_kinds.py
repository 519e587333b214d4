"""Which kinds are listed beside the first ones, and why."""

from typing import Any

import pytest
from tests.diagnose.build import (
    NOW,
    Json,
    alert,
    app,
    container,
    event,
    lines,
    log,
    make,
    named,
    pod,
    seen,
    service,
    unschedulable,
)
from tests.diagnose.signals import level, signal

from sreagent.diagnose.argument.causes import Cause, Explanation
from sreagent.diagnose.argument.explain import explain
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category
from sreagent.domain.inventory import Gap, Inventory
from sreagent.domain.kinds import CHAOS, KINDS
from sreagent.domain.signal import Measure, Unit
from sreagent.investigate.rules.further_kinds import FROM_AFAR, UNEXPLAINED, further_lists
from sreagent.investigate.rules.reasoner import FIRST_KINDS
from sreagent.tools.looks import ListObjects

HOOKS = {"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"}


def view(*objects: Json, logs: Any = (), beside: tuple[str, ...] = ()) -> Inventory:
    """What is in view after the first lists of namespace shop."""
    inventory = seen(*objects, logs=logs)
    for kind, space in list(inventory.listings):
        listing = inventory.listings.pop((kind, space))
        if kind in (*FIRST_KINDS, *beside):
            inventory.listings[kind, "shop" if KINDS[kind].namespaced else ""] = listing
    return inventory


def asked(inventory: Inventory, namespace: str = "shop") -> set[tuple[str, str]]:
    return {(look.namespace, kind) for look in looks(inventory, namespace) for kind in look.kinds}


def looks(inventory: Inventory, namespace: str = "shop") -> tuple[ListObjects, ...]:
    scene = Scene(inventory, NOW)
    return further_lists(scene, explain(scene, alert()), namespace)


def kinds(inventory: Inventory) -> set[str]:
    extra = {*UNEXPLAINED, *CHAOS}
    return {kind for _, kind in asked(inventory) if kind not in extra}


REFUSED = 'failed calling webhook "check.example.com": service "check" not found'
FORBIDDEN = (
    'pods is forbidden: User "system:serviceaccount:shop:app" cannot list resource "pods" '
    'in API group "" in the namespace "shop"'
)


def complaint(message: str) -> list[Json]:
    objects = app()
    return [*objects, event(named(objects, "ReplicaSet"), "FailedCreate", message, type="Warning")]


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        pytest.param([*app(), service()], set(), id="nothing-special"),
        pytest.param(complaint("exceeded quota"), {"LimitRange"}, id="pods-refused"),
        pytest.param(complaint(REFUSED), {"LimitRange", *HOOKS}, id="webhook"),
        pytest.param(
            complaint("Timeout: request did not complete"), {"LimitRange", *HOOKS}, id="slow"
        ),
        pytest.param(
            complaint('violates PodSecurity "restricted:latest"'),
            {"LimitRange"},
            id="pod-security",
        ),
        pytest.param(
            complaint(FORBIDDEN),
            {"LimitRange", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"},
            id="rights-of-a-controller",
        ),
        pytest.param([*app(), make("Ingress", "web", spec={})], {"IngressClass"}, id="ingress"),
        pytest.param([make("Service", "db", spec={"ports": []})], {"EndpointSlice"}, id="selector"),
        pytest.param(
            [make("PersistentVolumeClaim", "d")], {"PersistentVolume", "StorageClass"}, id="claims"
        ),
    ],
)
def test_kinds_are_asked_for_when_something_makes_them_matter(
    objects: list[Json], expected: set[str]
) -> None:
    assert kinds(view(*objects)) == expected


def test_what_a_log_says_decides_too() -> None:
    objects = app()
    first = named(objects, "Pod")
    names = view(*objects, logs=[log(first, lines("ERROR lookup cart: no such host"))])
    assert {("kube-system", "ConfigMap"), ("kube-system", "Pod")} <= asked(names)
    rights = view(*objects, logs=[log(first, lines(FORBIDDEN))])
    assert {"Role", "RoleBinding"} <= kinds(rights)


NO_MATCH = 'ERROR no matches for kind "Widget" in version "ops.example.com/v1"'
DEFINITION = "CustomResourceDefinition"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        pytest.param(NO_MATCH, True, id="no-such-kind"),
        pytest.param(
            "E0304 failed to list *v1.Widget: the server could not find the requested resource",
            True,
            id="nothing-there",
        ),
        pytest.param(
            'ERROR conversion webhook for ops.example.com/v1, Kind=Widget failed: Post "https://x"',
            True,
            id="not-converted",
        ),
        pytest.param("ERROR failed to list *v1.Pod: connection refused", False, id="other-trouble"),
    ],
)
def test_definitions_are_asked_for_when_a_kind_cannot_be_read(line: str, wanted: bool) -> None:
    objects = app()
    told = [log(named(objects, "Pod"), lines(line))]
    assert (("", DEFINITION) in asked(view(*objects, logs=told))) is wanted


def test_definitions_are_asked_for_when_a_list_fails_by_its_conversion() -> None:
    inventory = view(*app())
    said = "status 500: conversion webhook for cert-manager.io/v1, Kind=Certificate failed: Post"
    gap = Gap(what="Certificate", namespace="shop", reason="unreachable", message=said, command="")
    inventory.gaps.append(gap)
    assert ("", DEFINITION) in asked(inventory)


@pytest.mark.parametrize("near", [True, False])
def test_certificates_are_asked_for_when_metrics_tell_that_one_ends(near: bool) -> None:
    inventory = view(*app())
    held = Entity(kind="Certificate", namespace="shop", name="web")
    told = signal(Measure.CERTIFICATE, level((10_800, 600)), Unit.SECONDS, held)
    inventory.signals.extend([told] if near else [])
    cause = Cause(
        entity=held, statement="", category=Category.SECURITY, confidence=0.9, findings=()
    )
    looks = further_lists(Scene(inventory, NOW), Explanation(causes=(cause,)), "shop")
    listed = {kind for look in looks for kind in look.kinds}
    assert ({"Certificate", "ClusterIssuer"} <= listed) is near


def test_the_namespace_of_what_converts_a_kind_is_looked_at() -> None:
    client = {"service": {"name": "widgets", "namespace": "ops"}}
    spec = {
        "group": "ops.example.com",
        "names": {"kind": "Widget"},
        "conversion": {"strategy": "Webhook", "webhook": {"clientConfig": client}},
    }
    objects = app()
    told = [log(named(objects, "Pod"), lines(NO_MATCH))]
    item = make(DEFINITION, "widgets.ops.example.com", spec=spec)
    inventory = view(*objects, item, logs=told, beside=(DEFINITION,))
    assert {("ops", "Service"), ("ops", "Pod")} <= asked(inventory)


def test_pods_of_every_namespace_are_asked_for_when_one_finds_no_node() -> None:
    waits = app()
    waiting = named(waits, "Pod")
    waiting["status"]["conditions"] = [unschedulable("0/1 nodes are available")]
    assert ("", "Pod") in asked(view(*waits))


def test_nothing_is_asked_for_twice_or_after_a_refusal() -> None:
    inventory = view(*complaint(REFUSED), beside=("LimitRange",))
    gap = Gap(what="MutatingWebhookConfiguration", namespace="", reason="forbidden",
              message="403", command="")  # fmt: skip
    inventory.gaps.append(gap)
    assert kinds(inventory) == {"ValidatingWebhookConfiguration"}


def test_extensions_are_asked_for_where_nothing_explains_the_trouble() -> None:
    wished = asked(view(*app()))
    assert {kind for _, kind in wished} >= {*UNEXPLAINED, *CHAOS}
    assert ("istio-system", "PeerAuthentication") in wished
    assert {space for space, kind in wished if kind in CHAOS} == {""}


def test_who_acts_from_afar_is_looked_for_once_logs_do_not_tell() -> None:
    objects = app()
    assert not {kind for _, kind in asked(view(*objects))} & {*FROM_AFAR}
    told = view(*objects, logs=[log(named(objects, "Pod"), lines("INFO all is well"))])
    assert {space for space, kind in asked(told) if kind in FROM_AFAR} == {""}


def test_extensions_are_left_alone_where_the_trouble_is_explained() -> None:
    small = container(resources={"limits": {"memory": "16Mi"}})
    killed = {
        "name": "app",
        "ready": False,
        "restartCount": 5,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {
            "terminated": {
                "exitCode": 137,
                "reason": "OOMKilled",
                "finishedAt": "2026-03-04T02:59:00Z",
            }
        },
    }
    objects = app(revisions=[(90_000, container()), (600, small)], pods=[killed, killed])
    assert not {kind for _, kind in asked(view(*objects))} & {*UNEXPLAINED, *FROM_AFAR}


def test_what_brought_a_workload_is_asked_for_where_its_marks_point() -> None:
    objects = app()
    meta = named(objects, "Deployment")["metadata"]
    meta["labels"] = {"kustomize.toolkit.fluxcd.io/namespace": "flux-system"}
    meta["annotations"] = {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/app"}
    wished = asked(view(*objects))
    assert {
        ("flux-system", "Kustomization"),
        ("flux-system", "GitRepository"),
        ("argocd", "Application"),
        ("shop", "Application"),
    } <= wished


def test_the_namespace_of_a_webhook_that_fails_is_looked_at() -> None:
    hook = {
        "name": "check.example.com",
        "clientConfig": {"service": {"name": "check", "namespace": "guard"}},
    }
    config = make("ValidatingWebhookConfiguration", "guard", webhooks=[hook])
    inventory = view(*complaint(REFUSED), config, beside=("ValidatingWebhookConfiguration",))
    assert {("guard", "Service"), ("guard", "Pod")} <= asked(inventory)


def test_kinds_without_a_namespace_are_asked_for_once() -> None:
    for look in looks(view(*app())):
        assert all(KINDS[kind].namespaced or not look.namespace for kind in look.kinds)


def test_of_pods_elsewhere_that_pushed_others_out_the_workload_is_asked_for() -> None:
    gone = pod("app-1-x", labels={"app": "app"})
    owner = {"kind": "ReplicaSet", "name": "cruncher-1", "uid": "r", "controller": True}
    winner = pod("cruncher-1-0", namespace="batch")
    winner["metadata"]["ownerReferences"] = [owner]
    words = f"Preempted by pod {winner['metadata']['uid']} on node node-1"
    told = event(gone, "Preempted", words, kind="Pod", namespace="shop")
    objects = app(pods=[], replicas=1)
    assert {("batch", "ReplicaSet"), ("batch", "Deployment")} <= asked(
        view(*objects, gone, winner, told)
    )
