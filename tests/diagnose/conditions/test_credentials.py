"""Stores that refuse who logs in as ever."""

import pytest
from tests.diagnose.build import DAY, Json, ago, container, make, running, spotted
from tests.faults.neighbours import edit
from tests.faults.stage import calling, program, says

REFUSED = "ERROR redis: WRONGPASS invalid username-password pair or user is disabled. (cache:6379)"
BY_SECRET = {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "login", "key": "p"}}}
STORE = program("cache", port=6379)


def caller(age: float = 9 * DAY) -> list[Json]:
    one = container(env=[*calling("cache:6379"), BY_SECRET])
    return program("cart", revisions=[(age, one)], pods=[running(since=300)])


def login(since: float) -> Json:
    """The Secret that the caller logs in with, edited so long ago."""
    return make("Secret", "login", age=30 * DAY, managed=edit(since, {"f:data": {"f:p": {}}}))


def young(objects: list[Json]) -> list[Json]:
    objects[0]["metadata"]["creationTimestamp"] = ago(3600)
    return objects


def test_a_store_that_refuses_an_unchanged_caller_is_told() -> None:
    objects = [*caller(), *STORE, login(20 * DAY)]
    (found,) = spotted(
        "workload.refuses_credentials", *objects, logs=[says(objects, "cart", REFUSED)]
    )
    assert found.entity.path == "Deployment/shop/cache"
    assert found.facts["explains"] == "Deployment/shop/cart"
    assert "WRONGPASS" in found.claim
    assert found.tainted


@pytest.mark.parametrize(
    ("objects", "line", "times"),
    [
        pytest.param([*caller(), *STORE, login(900)], REFUSED, 20, id="its-secret-was-edited"),
        pytest.param([*caller(600), *STORE, login(20 * DAY)], REFUSED, 20, id="it-was-rolled-out"),
        pytest.param([*young(caller()), *STORE, login(20 * DAY)], REFUSED, 20, id="it-is-new"),
        pytest.param([*caller(), *STORE, login(20 * DAY)], REFUSED, 2, id="only-twice"),
        pytest.param(
            [*caller(), *STORE, login(20 * DAY)],
            "ERROR GET http://cache:6379/v1: 403 Forbidden: RBAC: access denied",
            20,
            id="a-rule-denies-it",
        ),
        pytest.param(
            [*caller(), *STORE, login(20 * DAY)],
            "ERROR dial tcp cache:6379: connect: connection refused",
            20,
            id="nobody-answers",
        ),
    ],
)
def test_other_refusals_are_not_the_stores_doing(
    objects: list[Json], line: str, times: int
) -> None:
    logs = [says(objects, "cart", line, times=times)]
    assert spotted("workload.refuses_credentials", *objects, logs=logs) == []


def test_a_store_that_is_not_ready_is_not_blamed_for_what_it_answers() -> None:
    store = program("cache", port=6379, pods=[running(ready=False)])
    objects = [*caller(), *store, login(20 * DAY)]
    logs = [says(objects, "cart", REFUSED)]
    assert spotted("workload.refuses_credentials", *objects, logs=logs) == []


LOGIN = 'FATAL: password authentication failed for user "orders"'
ELSEWHERE = "lab"


def copies(changed: float, namespace: str = ELSEWHERE) -> list[Json]:
    """Two Secrets of one name: one as it always was, the other changed so long ago."""
    managed = edit(changed, {"f:data": {"f:p": {}}})
    kept = make("Secret", "login", age=30 * DAY, managed=edit(29 * DAY, {"f:data": {"f:p": {}}}))
    newer = make("Secret", "login", namespace=namespace, age=30 * DAY, managed=managed)
    return [kept, newer]


def client() -> list[Json]:
    """It is configured with one database, whose name its log does not tell."""
    one = container(env=[*calling("orders-db.lab:5432"), BY_SECRET])
    return program("cart", revisions=[(9 * DAY, one)], pods=[running(since=9 * DAY)])


def store() -> list[Json]:
    objects = program("orders-db", port=5432)
    for one in objects:
        one["metadata"]["namespace"] = ELSEWHERE
    return [*objects, make("Namespace", ELSEWHERE)]


def test_a_copy_of_a_secret_that_was_changed_elsewhere_is_out_of_date() -> None:
    objects = [*client(), *store(), *copies(600)]
    (found,) = spotted("secret.outdated", *objects, logs=[says(objects, "cart", LOGIN)])
    assert found.entity.path == "Secret/shop/login"
    assert "secret lab/login" in found.claim
    assert found.facts["explains"] == "Deployment/shop/cart Deployment/lab/orders-db"
    assert not spotted(
        "workload.refuses_credentials", *objects, logs=[says(objects, "cart", LOGIN)]
    )


@pytest.mark.parametrize(
    ("secrets", "line"),
    [
        pytest.param(copies(20 * DAY), LOGIN, id="nothing-was-changed-lately"),
        pytest.param(copies(5), LOGIN, id="changed-since-the-refusals"),
        pytest.param(copies(600, "hr"), LOGIN, id="a-namesake-that-has-nothing-to-do-with-it"),
        pytest.param(copies(600)[:1], LOGIN, id="there-is-only-one"),
        pytest.param(copies(600), "ERROR connect ECONNREFUSED orders-db.lab:5432", id="no-login"),
    ],
)
def test_secrets_that_are_not_out_of_date(secrets: list[Json], line: str) -> None:
    objects = [*client(), *store(), *secrets]
    told = says(objects, "cart", line, times=60)
    assert spotted("secret.outdated", *objects, logs=[told]) == []
