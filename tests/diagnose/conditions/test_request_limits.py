"""Who is refused for asking too often since somebody edited a limit."""

import pytest
from tests.diagnose.build import DAY, NOW, Json, ago, seen
from tests.faults.stage import program, settings, wrote

from sreagent.diagnose.argument.explain import explain
from sreagent.diagnose.conditions.run import findings
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.alert import Alert
from sreagent.domain.finding import Finding

LIMITS = "domain: api\ndescriptors:\n- key: client\n  value: reports\n  rate_limit: {unit: minute}"
REFUSED = "INFO retry: HTTPError('429 Client Error: Too Many Requests for url: http://gate/v1')"


def told(since: float, reaches: float = 4000) -> str:
    return "\n".join(
        f"{ago(second)} {REFUSED if second <= since else 'INFO report done'}"
        for second in range(int(reaches), 0, -10)
    )


def cluster(limits: Json, text: str) -> list[Finding]:
    objects = [*program("reports", "gate"), *program("gate"), limits]
    found = findings(seen(*objects, logs=[wrote(objects, "reports", text)]), NOW)
    return [one for one in found if one.condition == "configmap.limits_caller"]


def test_a_limit_that_names_the_caller_and_was_edited_just_before_is_told() -> None:
    [found] = cluster(settings("limits", 1000, "api.yaml", LIMITS), told(since=900))
    assert found.entity.path == "ConfigMap/shop/limits"
    assert "limits the requests of deployment shop/reports" in found.claim
    assert found.facts["explains"].split() == ["Deployment/shop/reports", "Service/shop/gate"]


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        pytest.param(settings("limits", 5 * DAY, "a", LIMITS), told(900), id="edited days ago"),
        pytest.param(settings("limits", 300, "a", LIMITS), told(900), id="edited afterwards"),
        pytest.param(
            settings("limits", 1000, "a", LIMITS.replace("reports", "reports-old")),
            told(900),
            id="it names another one",
        ),
        pytest.param(
            settings("limits", 1000, "a", "team: reports"), told(900), id="it limits nothing"
        ),
        pytest.param(
            settings("limits", 1000, "a", LIMITS), told(900, reaches=900), id="refused all along"
        ),
        pytest.param(settings("limits", 1000, "a", LIMITS), told(0), id="nobody is refused"),
    ],
)
def test_no_limit_is_blamed_without_a_reason(limits: Json, text: str) -> None:
    assert cluster(limits, text) == []


def test_the_limit_explains_whoever_refuses_and_whoever_is_refused() -> None:
    limits = settings("limits", 1000, "api.yaml", LIMITS)
    objects = [*program("reports", "gate"), *program("gate"), limits]
    inventory = seen(*objects, logs=[wrote(objects, "reports", told(900))])
    about = Alert(
        name="ReportsLate", status="firing", labels={"namespace": "shop", "service": "reports"}
    )
    [cause, *_] = explain(Scene(inventory, NOW), about).causes
    assert cause.entity.path == "ConfigMap/shop/limits"
    assert cause.relevant
