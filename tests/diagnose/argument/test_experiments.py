"""What an experiment explains of the workload that it is aimed at, and what it does not."""

import pytest
from tests.diagnose.build import DAY, NOW, Json, alert, app, container, crashing, make, seen

from sreagent.diagnose.argument.explain import explain
from sreagent.diagnose.view.scene import Scene

CHAOS = "StressChaos/chaos-mesh/burn"
APP = "Deployment/shop/app"


def burn(since: float) -> Json:
    selector = {"namespaces": ["shop"], "labelSelectors": {"app": "app"}}
    spec = {"mode": "all", "selector": selector, "stressors": {"memory": {"workers": 1}}}
    return make("StressChaos", "burn", namespace="chaos-mesh", age=since, spec=spec)


def dying(began: float) -> Json:
    return crashing(code=137, reason="OOMKilled", since=began, ran=20, restarts=1)


@pytest.mark.parametrize(
    ("rolled_out", "began", "experiment", "roots"),
    [
        pytest.param(9 * DAY, 500, 600, [CHAOS], id="it-began-before-the-trouble"),
        pytest.param(9 * DAY, 3000, 600, [APP, CHAOS], id="the-trouble-was-there-before"),
        pytest.param(300, 200, 900, [APP, CHAOS], id="rolled-out-since"),
    ],
)
def test_an_experiment_explains_what_came_after_it(
    rolled_out: float, began: float, experiment: float, roots: list[str]
) -> None:
    objects = app(revisions=[(rolled_out, container())], pods=[dying(began)])
    scene = Scene(seen(*objects, burn(experiment)), NOW)
    causes = explain(scene, alert("HighErrorRate shop")).causes
    assert sorted(one.entity.path for one in causes if one.relevant) == sorted(roots)
