"""Which logs and namespaces are worth a look."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from tests.diagnose.build import (
    DAY,
    NOW,
    Json,
    ago,
    alert,
    app,
    container,
    crashing,
    ended,
    lines,
    log,
    make,
    named,
    pod,
    running,
    seen,
    service,
    waiting,
)
from tests.faults.stage import program, rose, watched

from sreagent.diagnose.argument.explain import explain
from sreagent.diagnose.argument.looks import LogWanted, unmeasured, wanted_logs, wanted_namespaces
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.alert import Alert
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Gap, Inventory, Listing
from sreagent.domain.kinds import KINDS
from sreagent.domain.signal import Measure, Signal, Unit


def wanted(inventory: Inventory, about: Alert | None = None, **more: int) -> tuple[LogWanted, ...]:
    scene = Scene(inventory, NOW)
    return wanted_logs(scene, explain(scene, about or alert("X", namespace="shop")), **more)


def spaces(inventory: Inventory) -> tuple[str, ...]:
    scene = Scene(inventory, NOW)
    return wanted_namespaces(scene, explain(scene, alert("X", namespace="shop")))


def names(logs: Iterable[LogWanted]) -> list[tuple[str, bool]]:
    return [(one.pod.name, one.previous) for one in logs]


def calls(url: str) -> Json:
    return container(env=[{"name": "NEXT_URL", "value": url}])


def test_the_last_words_of_a_crash_come_from_the_run_before() -> None:
    assert names(wanted(seen(*app(pods=[crashing()])))) == [("app-1-0", True)]


def test_the_last_words_are_read_of_what_an_edit_of_its_settings_surely_broke() -> None:
    scene = Scene(seen(*app(pods=[crashing()])), NOW)
    so_far = explain(scene, alert("X", namespace="shop"))
    (crash, *_) = so_far.causes
    settings = Entity(kind="Secret", namespace="shop", name="login")
    told = replace(crash, entity=settings, confidence=0.95, victims=(crash.entity,))
    assert names(wanted_logs(scene, replace(so_far, causes=(told,)))) == [("app-1-0", True)]


def test_of_many_crashing_pods_of_one_revision_few_are_read() -> None:
    many = seen(*app(pods=[crashing() for _ in range(30)]))
    assert 1 <= len(wanted(many)) <= 2


def test_a_container_that_ended_once_is_read_as_it_is() -> None:
    once = {"name": "app", "ready": False, "restartCount": 0, "state": ended(1)}
    job = make("Job", "nightly", spec={}, status={"failed": 1})
    one = pod("nightly-1", status=once, phase="Failed", owner=job)
    found = wanted(seen(job, one), alert("KubeJobFailed shop/nightly"))
    assert names(found) == [("nightly-1", False)]


def test_a_failing_init_container_is_read_by_its_name() -> None:
    one = pod(
        init=crashing("migrate"),
        status=waiting("PodInitializing"),
        phase="Pending",
        spec={"initContainers": [container("migrate")]},
    )
    (found, *_) = wanted(seen(one))
    assert (found.container, found.previous) == ("migrate", True)


def test_a_pod_that_never_started_has_no_log_to_read() -> None:
    assert wanted(seen(pod(status=waiting("ImagePullBackOff")))) == ()


def test_one_pod_of_what_the_alert_names_is_read() -> None:
    found = wanted(seen(*app()), alert("HighErrorRate shop/app"))
    assert len(found) == 1
    assert found[0].reason == "the alert names it"


def test_while_nothing_is_sure_a_log_of_each_program_is_read() -> None:
    objects = (*app("web"), *app("cart"), *app("mail"))
    found = wanted(seen(*objects), alert("HighErrorRate shop/web"))
    read = [log(one, "INFO fine") for one in objects if one["metadata"]["name"] == "web-1-0"]
    assert names(found) == [("web-1-0", False)]
    rest = wanted(seen(*objects, logs=read), alert("HighErrorRate shop/web"))
    assert sorted(pod for pod, _ in names(rest)) == ["cart-1-0", "mail-1-0"]


def test_while_nothing_is_found_logs_of_all_replicas_are_read() -> None:
    objects = (*app("web"), *app("cart"))
    pods = [one for one in objects if one["kind"] == "Pod"]
    first = [log(one, "INFO fine") for one in pods if one["metadata"]["name"].endswith("-1-0")]
    rest = wanted(seen(*objects, logs=first), alert("HighErrorRate shop/web"))
    assert sorted(pod for pod, _ in names(rest)) == ["cart-1-1", "web-1-1"]
    told = [log(one, "ERROR pool exhausted: no free connection") for one in pods]
    assert wanted(seen(*objects, logs=told), alert("HighErrorRate shop/web")) == ()


def test_of_a_revision_the_pod_that_has_run_longest_is_read() -> None:
    objects = app(pods=[running(), running(), running()])
    for age, one in zip((60, 9000, 600), [o for o in objects if o["kind"] == "Pod"], strict=True):
        one["metadata"]["creationTimestamp"] = ago(age)
    found = wanted(seen(*objects), alert("HighErrorRate shop/app"))
    assert names(found) == [("app-1-1", False)]


def test_both_ends_of_a_suspicious_service_are_read() -> None:
    objects = (
        *app("web", revisions=[(5 * DAY, calls("http://cart:80"))]),
        *app("cart", pods=[running(ready=False)]),
        service("cart"),
    )
    assert {pod.rpartition("-1-")[0] for pod, _ in names(wanted(seen(*objects)))} == {"web", "cart"}


def test_after_a_log_named_another_service_that_one_is_read_next() -> None:
    objects = (
        *app("web", revisions=[(5 * DAY, calls("http://cart:80"))]),
        *app("cart"),
        service("cart"),
    )
    about = alert("HighErrorRate shop/web")
    words = lines("ERROR unexpected status 503 from http://cart:80")
    inventory = seen(*objects, logs=[log(named(objects, "Pod"), words)])
    assert ("cart-1-0", False) in names(wanted(inventory, about))


def test_what_was_read_or_refused_is_not_asked_for_again() -> None:
    objects = app(pods=[crashing()])
    inventory = seen(*objects, logs=[log(named(objects, "Pod"), "", previous=True)])
    assert wanted(inventory) == ()
    refused = seen(*objects)
    refused.gaps.append(
        Gap(
            what="logs of pod shop/app-1-0",
            namespace="shop",
            reason="forbidden",
            message="403",
            command="kubectl logs",
        )
    )
    assert wanted(refused) == ()


def test_never_more_logs_than_the_limit() -> None:
    objects = [one for n in range(12) for one in app(f"app{n}", pods=[crashing()])]
    assert len(wanted(seen(*objects), limit=4)) == 4


def only_of(space: str, *objects: Json) -> Inventory:
    inventory = Inventory()
    for kind in ("Pod", "Deployment", "ReplicaSet", "Service", "ConfigMap"):
        items = tuple(one for one in objects if one["kind"] == kind)
        inventory.add(Listing(kind=kind, namespace=space, items=items, seen_at=NOW, command=""))
    return inventory


def test_namespaces_that_are_called_into_are_wanted() -> None:
    objects = app(revisions=[(DAY, calls("http://ledger.bank.svc.cluster.local:80"))])
    assert spaces(only_of("shop", *objects)) == ("bank",)


def test_the_system_namespace_is_wanted_when_names_do_not_resolve() -> None:
    objects = app()
    inventory = only_of("shop", *objects)
    inventory.logs.append(
        log(named(objects, "Pod"), lines("ERROR lookup cart on 10.96.0.10:53: i/o timeout"))
    )
    assert spaces(inventory) == ("kube-system",)


def test_a_namespace_that_was_listed_is_not_wanted_again() -> None:
    objects = app(revisions=[(DAY, calls("http://cart.shop.svc:80"))])
    assert spaces(only_of("shop", *objects)) == ()
    assert spaces(Inventory()) == ()


def several(count: int) -> list[Json]:
    """Healthy workloads; `fresh` was rolled out today, `front` calls others."""
    old = [one for n in range(count) for one in app(f"part{n:02}")]
    fresh = app("fresh", revisions=[(600, container())])
    front = app("front", revisions=[(9 * DAY, calls("http://part00:80"))])
    return [*old, *fresh, *front, service("part00")]


def test_where_the_alert_names_nobody_each_workload_is_asked_the_likeliest_first() -> None:
    found = wanted(seen(*several(20)), alert("HighErrorRate", namespace="shop"), limit=12)
    assert len(found) == 12
    assert {one.pod.name.partition("-")[0] for one in found[:2]} == {"fresh", "front"}
    assert {one.reason for one in found} == {"the alert names nobody"}


@pytest.mark.parametrize(
    "about",
    [
        pytest.param(alert("Watchdog"), id="it-always-fires"),
        pytest.param(Alert(name="HighErrorRate", status="resolved", labels={}), id="it-is-over"),
        pytest.param(alert("HighErrorRate", namespace="other"), id="it-is-about-elsewhere"),
    ],
)
def test_nobody_is_asked_without_need(about: Alert) -> None:
    assert wanted(seen(*several(3)), about) == ()


def test_nobody_else_is_asked_once_the_cause_is_sure() -> None:
    small, big = (container(resources={"limits": {"memory": size}}) for size in ("64Mi", "256Mi"))
    dying = crashing(code=137, reason="OOMKilled")
    broken = app("bad", revisions=[(9 * DAY, big), (600, small)], pods=[dying])
    found = wanted(seen(*broken, *several(3)), alert("HighErrorRate", namespace="shop"))
    assert "the alert names nobody" not in {one.reason for one in found}


def elsewhere() -> Inventory:
    """`web` of shop waits for `geo` of maps; both namespaces were listed."""
    caller = app("web", revisions=[(DAY, calls("http://geo.maps:80"))], pods=[running(since=DAY)])
    there = [*app("geo"), service("geo")]
    for one in there:
        one["metadata"]["namespace"] = "maps"
    pods = [one for one in caller if one["kind"] == "Pod"]
    late = log(pods[0], lines("ERROR GET http://geo.maps:80/route: request timed out"))
    return seen(*caller, *there, logs=[late])


@pytest.mark.parametrize(
    ("measured", "found"),
    [
        pytest.param(("shop",), {"maps"}, id="where-the-trouble-leads"),
        pytest.param(("shop", "maps"), set(), id="measured-before"),
    ],
)
def test_metrics_of_other_namespaces_are_read_where_somebody_there_is_accused(
    measured: tuple[str, ...], found: set[str]
) -> None:
    scene = Scene(elsewhere(), NOW)
    so_far = explain(scene, alert("X", namespace="shop", service="web"))
    assert {one.namespace for one in unmeasured(scene, so_far, measured)} == found


def test_no_more_metrics_are_read_where_nothing_is_accused() -> None:
    inventory = elsewhere()
    inventory.logs.clear()
    scene = Scene(inventory, NOW)
    assert unmeasured(scene, explain(scene, alert("X", namespace="shop")), ("shop",)) == ()


def flooded(*more: Json, signals: Iterable[Signal] = (), rate: float = 90) -> Inventory:
    """`search` of shop works at the end of its CPU, and is asked for more by nobody in view."""
    objects = [*program("web", "search"), *program("search"), *more]
    names = [make("Namespace", one) for one in ("shop", "shop-jobs", "payments")]
    found = watched(
        *objects,
        *names,
        signals=[
            rose(Measure.RATE, "search", 50, rate, 600, Unit.PER_SECOND),
            rose(Measure.LATENCY, "search", 0.05, 2, 590, Unit.SECONDS),
            rose(Measure.CPU, "search", 0.2, 0.99, 600, about="container app"),
            *signals,
        ],
    )
    for (kind, _), listing in list(found.listings.items()):
        if KINDS[kind].namespaced:
            del found.listings[kind, ""]
            found.add(replace(listing, namespace="shop"))
    return found


def asking(inventory: Inventory) -> tuple[str, ...]:
    scene = Scene(inventory, NOW)
    return wanted_namespaces(scene, explain(scene, alert("X", namespace="shop", service="search")))


@pytest.mark.parametrize(
    ("inventory", "found"),
    [
        pytest.param(flooded(), ("shop-jobs",), id="of-the-same-first-word"),
        pytest.param(flooded(rate=52), (), id="as-many-requests-as-ever"),
        pytest.param(
            flooded(signals=[rose(Measure.RATE, "web", 50, 90, 610, Unit.PER_SECOND)]),
            (),
            id="somebody-in-view-asks-for-more",
        ),
    ],
)
def test_namespaces_are_wanted_from_which_more_may_be_asked(
    inventory: Inventory, found: tuple[str, ...]
) -> None:
    assert asking(inventory) == found
