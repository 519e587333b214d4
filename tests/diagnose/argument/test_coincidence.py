"""Alerts whose object calls others only in code: what broke beside it at the same moment."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

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
    lines,
    log,
    seen,
    service,
)
from tests.diagnose.build import named as pick
from tests.diagnose.signals import inventory, level, named, rate, signal

from sreagent.diagnose.argument.coincidence import by_echo
from sreagent.diagnose.argument.explain import Cause, Explanation, explain
from sreagent.diagnose.argument.looks import is_dark
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.entity import parse_path
from sreagent.domain.inventory import PodLog
from sreagent.domain.signal import Measure

WEB = named("web")
ERRORS = signal(Measure.ERRORS, level((10_800, 0.001), (500, 0.4)), entity=WEB)
ABOUT = alert("HighErrorRate", namespace="shop", service="web")


def edited(since: float) -> list[Json]:
    """Who wrote a Service's selector, and when."""
    fields: Json = {"f:spec": {"f:selector": {".": {}, "f:app": {}, "f:tier": {}}}}
    entry = {"manager": "kubectl-patch", "operation": "Update", "time": ago(since)}
    return [{**entry, "fieldsType": "FieldsV1", "fieldsV1": fields}]


def lost(name: str, since: float = 540, namespace: str = "shop") -> tuple[Json, ...]:
    """A Service whose selector fits nobody since somebody edited it."""
    selector = {"app": name, "tier": "backend"}
    return (
        *app(name),
        service(
            name,
            selector=selector,
            age=9 * DAY,
            managed=edited(since),
            namespace=namespace,
            ip=f"10.96.1.{len(name)}",
        ),
    )


def account(*objects: Json) -> Explanation:
    return explain(Scene(inventory(objects, ERRORS, rate(entity=WEB)), NOW), ABOUT)


def relevant(explanation: Explanation) -> list[str]:
    return [one.entity.path for one in explanation.causes if one.relevant]


def test_a_service_that_broke_just_before_explains_a_caller_whose_calls_nobody_can_see() -> None:
    found = account(*app("web"), service("web"), *lost("cart"))
    assert relevant(found) == ["Service/shop/cart"]
    assert WEB in found.causes[0].victims
    assert "that both began at once is all that links it to the alert" in dict(
        found.causes[0].parts
    )


@pytest.mark.parametrize(
    "others",
    [
        pytest.param(lost("cart", since=DAY), id="broken-since-yesterday"),
        pytest.param(lost("cart", since=60), id="broken-only-afterwards"),
        pytest.param((*lost("cart"), *lost("search")), id="two-that-it-could-be"),
    ],
)
def test_nothing_is_laid_to_what_began_at_another_time_or_is_not_the_only_one(
    others: tuple[Json, ...],
) -> None:
    assert relevant(account(*app("web"), service("web"), *others)) == ["Deployment/shop/web"]


def test_who_has_a_cause_of_its_own_is_not_laid_to_others() -> None:
    crashes = app("web", revisions=[(400, container())], pods=[crashing(), crashing()])
    found = account(*crashes, service("web"), *lost("cart"))
    assert relevant(found) == ["Deployment/shop/web"]


WRAPAROUND = "ERROR: database is not accepting commands to avoid wraparound data loss"


def store(line: str, since: float = 520) -> tuple[list[Json], PodLog]:
    """A database that nobody in view calls, and what it logs since some seconds."""
    objects = app("db")
    text = "\n".join(
        f"{ago(second)} {line if second <= since else 'LOG: checkpoint'}"
        for second in range(4000, 0, -10)
    )
    return objects, log(pick(objects, "Pod"), text)


@pytest.mark.parametrize(
    ("line", "since", "blamed"),
    [
        pytest.param(WRAPAROUND, 520, "Deployment/shop/db", id="its own trouble, since then"),
        pytest.param(WRAPAROUND, 3900, "Deployment/shop/web", id="an hour before"),
        pytest.param("ERROR: something else", 520, "Deployment/shop/web", id="it names nothing"),
        pytest.param("LOG: checkpoint", 520, "Deployment/shop/web", id="all is well"),
    ],
)
def test_the_one_log_that_names_its_own_trouble_explains_it(
    line: str, since: float, blamed: str
) -> None:
    objects, told = store(line, since)
    found = inventory((*app("web"), service("web"), *objects), ERRORS, rate(entity=WEB))
    found.logs.append(told)
    assert relevant(explain(Scene(found, NOW), ABOUT)) == [blamed]


def broken_beside(since: float, *, name: str = "cart", namespace: str = "shop") -> Explanation:
    """An alert about who is well, beside a Service whose selector fits nobody since a while."""
    about = alert("PricesStale", namespace="shop", service="web")
    about = replace(about, starts_at=NOW - timedelta(seconds=300))
    others = lost(name, since=since, namespace=namespace)
    found = inventory((*app("web"), service("web"), *others), rate(entity=WEB))
    return explain(Scene(found, NOW), about)


@pytest.mark.parametrize(
    ("since", "namespace", "blamed"),
    [
        pytest.param(600, "shop", ["Service/shop/cart"], id="five minutes before"),
        pytest.param(5000, "shop", ["Service/shop/cart"], id="more than an hour before"),
        pytest.param(DAY - 600, "shop", [], id="since yesterday"),
        pytest.param(60, "shop", [], id="only after it fired"),
        pytest.param(600, "other", [], id="in another namespace"),
    ],
)
def test_what_broke_near_before_an_alert_that_nothing_explains_is_told(
    since: float, namespace: str, blamed: list[str]
) -> None:
    found = broken_beside(since, namespace=namespace)
    assert relevant(found) == blamed


def test_what_only_began_at_the_same_time_does_not_end_the_search() -> None:
    assert is_dark(broken_beside(600))
    assert not is_dark(account(*app("web"), service("web")))


def cause_of(*objects: Json, logs: Iterable[PodLog] = ()) -> Cause:
    (cause,) = explain(Scene(seen(*objects, logs=logs), NOW), ABOUT).causes
    return replace(cause, relevant=True)


def says(line: str) -> Cause:
    """What is made of `web` when that is all that its log tells."""
    objects = app("web")
    return cause_of(*objects, logs=[log(pick(objects, "Pod"), lines(line))])


NOTHING = Scene(seen(), NOW)
UPSTREAM = says("ERROR bid not acknowledged: upstream timed out")
ELSEWHERE = replace(WEB, namespace="billing")


def asks(path: str) -> Cause:
    """The same, of which it is known whom it calls."""
    (first, *rest) = UPSTREAM.findings
    return replace(UPSTREAM, findings=(replace(first, suspects=(parse_path(path),)), *rest))


BROKEN = replace(cause_of(*lost("cart")), confidence=0.95)


def test_who_only_asked_in_vain_suffers_from_the_one_that_is_certain() -> None:
    for echo in (UPSTREAM, asks("Service/shop/cart")):
        (told,) = by_echo(NOTHING, [BROKEN, echo])
        assert told.entity == BROKEN.entity
        assert WEB in told.victims
        assert told.confidence < BROKEN.confidence


@pytest.mark.parametrize(
    "causes",
    [
        pytest.param([replace(BROKEN, confidence=0.8), UPSTREAM], id="not certain"),
        pytest.param(
            [BROKEN, says("ERROR open /x: no space left on device")], id="its own trouble"
        ),
        pytest.param([BROKEN, asks("Service/shop/price")], id="it asks somebody else"),
        pytest.param([BROKEN, replace(UPSTREAM, entity=ELSEWHERE)], id="it is elsewhere"),
        pytest.param(
            [replace(cause_of(*lost("cart", since=DAY)), confidence=0.95), UPSTREAM],
            id="broken since yesterday",
        ),
        pytest.param(
            [BROKEN, replace(BROKEN, entity=named("search")), UPSTREAM], id="two that are certain"
        ),
    ],
)
def test_otherwise_who_asked_stays_a_cause(causes: list[Cause]) -> None:
    assert by_echo(NOTHING, causes) == causes
