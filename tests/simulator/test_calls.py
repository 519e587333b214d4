"""A call between programs is judged by the objects there are."""

from pathlib import Path
from typing import Any

import pytest
from tests.simulator.folders import Lab, app, deployment, service, write

from sreagent.simulator.objects import Json, is_ready
from sreagent.simulator.staging.kubectl import Kubectl

PORTS = [{"containerPort": 8080}]
CALLER = deployment("web", env=[{"name": "BACK_URL", "value": "http://back:80"}])
BACK = deployment("back", ports=PORTS)
CALL = {"env": "BACK_URL", "every": 2, "line": "FAILED {{errno}} {{error}}", "ok_line": "fine"}
WEB = app("web", depends_on=[CALL])
DENY: Json = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "NetworkPolicy",
    "metadata": {"name": "deny", "namespace": "lab"},
    "spec": {"podSelector": {"matchLabels": {"app": "back"}}, "policyTypes": ["Ingress"]},
}


def policy(name: str, direction: str, rules: list[Json], of: str) -> Json:
    spec = {
        "podSelector": {"matchLabels": {"app": of}},
        "policyTypes": [direction],
        direction.lower(): rules,
    }
    return {**DENY, "metadata": {"name": name, "namespace": "lab"}, "spec": spec}


ONLY_BACK = policy(
    "only", "Egress", [{"to": [{"podSelector": {"matchLabels": {"app": "back"}}}]}], "web"
)
WITH_DNS = policy(
    "only",
    "Egress",
    [
        {"to": [{"podSelector": {"matchLabels": {"app": "back"}}}]},
        {"ports": [{"port": 53, "protocol": "UDP"}]},
    ],
    "web",
)
FROM_WEB = policy(
    "from-web", "Ingress", [{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}]}], "back"
)
TWO_FAULTY = app("back", serves={"status": 500})


@pytest.mark.parametrize(
    ("manifests", "apps", "said"),
    [
        pytest.param([BACK, service("back")], [], "fine", id="works"),
        pytest.param([BACK], [], "lookup back on 10.96.0.10:53: no such host", id="no-service"),
        pytest.param(
            [BACK, service("back", app="nobody")], [], "connect: connection refused", id="no-pods"
        ),
        pytest.param([BACK, service("back", port=81)], [], "i/o timeout", id="no-such-port"),
        pytest.param(
            [BACK, service("back", target=9090)], [], "connection refused", id="wrong-target-port"
        ),
        pytest.param(
            [BACK, service("back")],
            [app("back", listens=[{"port": 9999}])],
            "ECONNREFUSED",
            id="listens-elsewhere",
        ),
        pytest.param(
            [BACK, service("back")],
            [app("back", start_delay=7200)],
            "connection refused",
            id="does-not-listen-yet",
        ),
        pytest.param([BACK, service("back"), DENY], [], "i/o timeout", id="policy-at-the-callee"),
        pytest.param([BACK, service("back"), FROM_WEB], [], "fine", id="policy-lets-it-in"),
        pytest.param(
            [BACK, service("back"), ONLY_BACK],
            [],
            "lookup back on 10.96.0.10:53: read udp",
            id="policy-forgets-dns",
        ),
        pytest.param([BACK, service("back"), WITH_DNS], [], "fine", id="policy-with-dns"),
        pytest.param(
            [BACK, service("back")],
            [TWO_FAULTY],
            "unexpected status 500 from http://back:80",
            id="callee-fails",
        ),
    ],
)
def test_a_call_is_judged_by_the_objects(
    tmp_path: Path, manifests: list[Json], apps: list[Any], said: str
) -> None:
    lab = Lab(
        write(tmp_path, manifests=[CALLER, *manifests], behaviour_yaml={"apps": [WEB, *apps]})
    )
    assert said in lab.text("web").splitlines()[-1]


def test_a_callee_that_is_too_slow_times_out(tmp_path: Path) -> None:
    slow = app("back", serves={"latency": 4})
    apps = [app("web", depends_on=[{**CALL, "timeout": 2}]), slow]
    lab = Lab(
        write(tmp_path, manifests=[CALLER, BACK, service("back")], behaviour_yaml={"apps": apps})
    )
    assert "context deadline exceeded" in lab.text("web")


def test_a_failure_is_passed_on_by_those_who_propagate(tmp_path: Path) -> None:
    front = deployment("front")
    calls_web = {"service": "web", "every": 2, "line": "{{error}}", "ok_line": "fine"}
    apps = [
        app("front", depends_on=[calls_web]),
        app("web", depends_on=[{**CALL, "propagate": True}]),
    ]
    web = deployment("web", ports=PORTS, env=[{"name": "BACK_URL", "value": "http://back"}])
    lab = Lab(
        write(tmp_path, manifests=[front, web, service("web")], behaviour_yaml={"apps": apps})
    )
    assert "unexpected status 503 from http://web:80" in lab.text("front")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        pytest.param("ok", "fine", id="ok"),
        pytest.param("nxdomain", "no such host", id="nxdomain"),
        pytest.param("refused", "connection refused", id="refused"),
        pytest.param("timeout", "i/o timeout", id="timeout"),
        pytest.param("x509: certificate has expired", "certificate has expired", id="words"),
    ],
)
def test_the_world_outside_answers_as_it_is_told(tmp_path: Path, state: str, said: str) -> None:
    call = {"host": "api.example.com", "port": 443, "line": "{{error}}", "ok_line": "fine"}
    behaviour = {"apps": [app("web", depends_on=[call])], "external": {"api.example.com": state}}
    lab = Lab(write(tmp_path, manifests=[CALLER], behaviour_yaml=behaviour))
    assert said in lab.text("web")


def test_a_lost_dependency_takes_readiness_away_and_gives_it_back(tmp_path: Path) -> None:
    web = deployment("web", ports=PORTS, readinessProbe={"httpGet": {"path": "/", "port": 8080}})
    call = {"service": "back", "effect": "not_ready"}
    folder = write(
        tmp_path,
        manifests=[web, BACK, service("back")],
        behaviour_yaml={"apps": [app("web", depends_on=[call])]},
        steps=[
            {"apply": "manifests", "age": "30m"},
            {"kubectl": ["-n lab scale deploy back --replicas=0"], "age": "5m"},
        ],
    )
    lab = Lab(folder)
    assert not is_ready(lab.of("web")[0])
    assert "Readiness probe failed: HTTP probe failed with statuscode: 503" in lab.events(
        "Unhealthy"
    )
    Kubectl(lab.cluster.api, folder).run("-n lab scale deploy/back --replicas=1")
    lab.pass_time(60)
    assert is_ready(lab.of("web")[0])


def test_a_dependency_can_end_a_program_or_hold_up_an_init_container(tmp_path: Path) -> None:
    init = {"initContainers": [{"name": "wait", "image": "busybox"}]}
    late = deployment("late", spec=init)
    apps = [
        app(
            "web",
            depends_on=[{"service": "back", "effect": "crash", "exit_line": "gave up: {{error}}"}],
        ),
        {
            "match": {"labels": {"app": "late"}, "container": "wait"},
            "depends_on": [{"service": "back", "effect": "wait", "line": "waiting"}],
        },
    ]
    lab = Lab(write(tmp_path, manifests=[CALLER, late], behaviour_yaml={"apps": apps}))
    assert lab.state("web") == "CrashLoopBackOff"
    assert "gave up: dial tcp" in lab.text("web", previous=True)
    (pod,) = lab.of("late")
    assert pod["status"]["phase"] == "Pending"
    assert pod["status"]["initContainerStatuses"][0]["state"]["running"]
