"""What a cause says it explains is folded under it."""

import pytest
from tests.diagnose.build import (
    DAY,
    NOW,
    ago,
    alert,
    app,
    container,
    lines,
    log,
    make,
    named,
    running,
    seen,
    service,
)
from tests.faults.neighbours import caller, web_says
from tests.faults.stage import failing, watched

from sreagent.diagnose.argument.explain import Explanation, explain
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.inventory import Inventory

RESET = (
    'level=error msg="call failed" err="Get \\"http://app:80/\\": read tcp '
    '10.244.1.9:41220->10.96.0.7:80: read: connection reset by peer"'
)
STRICT = make("PeerAuthentication", "default", age=500, spec={"mtls": {"mode": "STRICT"}})


def plain_caller(*more: dict[str, object], own_log: str = "") -> Inventory:
    """`web`, outside the mesh, calls `app`, which is inside."""
    objects = [*app(), service(), *caller(), make("Namespace", "shop")]
    for one in objects:
        if one["kind"] == "Pod" and one["metadata"]["labels"]["app"] == "app":
            one["metadata"]["annotations"] = {"ambient.istio.io/redirection": "enabled"}
    logs = [web_says(objects, RESET)]
    if own_log:
        logs.append(log(named(objects, "Pod"), lines(own_log)))
    return seen(*objects, *more, logs=logs)


def explained(inventory: Inventory, about: str) -> Explanation:
    return explain(Scene(inventory, NOW), alert(about))


def roots(explanation: Explanation) -> list[str]:
    return [cause.entity.path for cause in explanation.causes if cause.relevant]


def test_who_is_explained_by_a_cause_is_its_victim_and_accuses_nobody_else() -> None:
    found = explained(plain_caller(STRICT), "HighErrorRate shop/web")
    assert roots(found) == ["PeerAuthentication/shop/default"]
    assert "Deployment/shop/web" in [one.path for one in found.causes[0].victims]


def test_without_that_cause_the_callee_is_suspected() -> None:
    assert roots(explained(plain_caller(), "HighErrorRate shop/web")) == ["Deployment/shop/app"]


def test_a_cause_matters_to_an_alert_about_what_it_explains_even_without_a_symptom() -> None:
    policy = make(
        "AuthorizationPolicy",
        "deny",
        age=500,
        spec={"selector": {"matchLabels": {"app": "app"}}, "action": "DENY", "rules": [{}]},
    )
    found = explained(seen(*app(), service(), policy), "NoRequests shop/app")
    assert roots(found) == ["AuthorizationPolicy/shop/deny"]


def test_what_a_log_says_is_told_with_what_the_metrics_show() -> None:
    objects = app()
    words = (
        "ERROR sqlalchemy.exc.ProgrammingError: You have an error in your SQL syntax near 'FORM'"
    )
    logs = [log(named(objects, "Pod"), lines(words))]
    inventory = watched(*objects, logs=logs, signals=failing("app", 0.4, 600))
    found = explained(inventory, "Errors shop/app")
    assert "SQL syntax" in found.causes[0].statement
    assert "of its requests" in found.causes[0].statement


def test_a_service_and_its_program_that_accuse_each_other_are_no_second_root() -> None:
    old, new = (container(env=[{"name": "STORE_URL", "value": "http://store:80"}]) for _ in "12")
    objects = [
        *app(revisions=[(9 * DAY, old), (900, new)], pods=[running(ready=False, since=800)]),
        service(),
        *app("store", pods=[running()]),
        *caller(),
    ]
    lost = 'ERROR Get "http://store:80/v1": dial tcp: lookup store on 10.96.0.10:53: no such host'
    logs = [log(named(objects, "Pod"), lines(lost)), web_says(objects, RESET)]
    found = explained(seen(*objects, logs=logs), "HighErrorRate shop/web")
    assert roots(found) == ["Service/shop/store"]


def unnamed_failure(*, troubled: float, released: float = 9 * DAY) -> list[str]:
    """Causes, when `web` complains of a request since 95 s and does not say whom it asked.

    `app`, which it calls besides `db`, is in trouble since so many seconds; the newest release of
    `web` is as old as `released`.
    """
    env = [{"name": f"{one.upper()}_URL", "value": f"http://{one}:80"} for one in ("app", "db")]
    old, new = container(env=env), container(env=[*env, {"name": "NEW", "value": "1"}])
    revisions = [(20 * DAY, old), (released, new)]
    broken = app(pods=[running(ready=False)])
    for one in broken:
        for marked in one["status"].get("conditions", ()) if "status" in one else ():
            marked["lastTransitionTime"] = ago(troubled)
    objects = [
        *(*broken, service()),
        *(*app("db"), service("db", ip="10.96.0.9")),
        *(*app("web", revisions=revisions, pods=[running(since=released)]), service("web")),
    ]
    logs = [web_says(objects, "ERROR checkout failed: upstream request failed with status 503")]
    return roots(explained(seen(*objects, logs=logs), "HighErrorRate shop/web"))


@pytest.mark.parametrize(
    "times",
    [
        pytest.param({"troubled": 600}, id="since minutes"),
        pytest.param({"troubled": 600, "released": 1800}, id="after a release that was well"),
    ],
)
def test_a_request_that_failed_without_a_name_is_laid_to_who_is_in_trouble_since(
    times: dict[str, float],
) -> None:
    assert unnamed_failure(**times) == ["Deployment/shop/app"]


@pytest.mark.parametrize(
    "times",
    [
        pytest.param({"troubled": 4 * 3600}, id="trouble too old to begin now"),
        pytest.param({"troubled": 600, "released": 200}, id="its own release came between"),
    ],
)
def test_a_request_that_failed_without_a_name_stays_with_who_asked(
    times: dict[str, float],
) -> None:
    assert "Deployment/shop/web" in unnamed_failure(**times)


def test_what_only_its_own_code_can_bring_is_not_laid_to_whom_it_calls() -> None:
    objects = [*app(pods=[running(ready=False)]), service(), *caller(), make("Namespace", "shop")]
    words = 'ERROR: syntax error at or near "ORDER" (SQLSTATE 42601)'
    logs = [web_says(objects, f"{RESET}\n{ago(2)} {words}\n{ago(1)} {words}")]
    assert set(roots(explained(seen(*objects, logs=logs), "HighErrorRate shop/web"))) == {
        "Deployment/shop/app",
        "Deployment/shop/web",
    }


def test_a_syntax_error_that_was_always_there_hides_nobody() -> None:
    objects = [*app(pods=[running(ready=False)]), service(), *caller(), make("Namespace", "shop")]
    words = 'ERROR: syntax error at or near "FORM" (SQLSTATE 42601)'
    told = "\n".join(f"{ago(second)} {words}" for second in range(7200, 0, -120))
    logs = [web_says(objects, f"{RESET}\n{told}")]
    found = explained(seen(*objects, logs=logs), "HighErrorRate shop/web")
    assert roots(found)[0] == "Deployment/shop/app"
