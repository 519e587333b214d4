"""What can go wrong is told in at most three lines, with the right exit code and no traceback."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.programs import Done, sre

from sreagent.simulator import Simulation

ALERT = "KubePodCrashLooping"
PODS = "/api/v1/namespaces/shop/pods"


def told(done: Done, code: int, *words: str) -> None:
    """It failed with this code and these words, and in the form of an error."""
    assert done.code == code, done.err or done.out
    assert "Traceback" not in done.out + done.err
    assert "bug in sreagent" not in done.err
    lines = done.err.strip().splitlines()
    assert lines, done.out
    assert lines[0].startswith("sre: ")
    assert len(lines) <= 3
    for word in words:
        assert word in done.err, done.err


def place(simulation: Simulation) -> tuple[str, str]:
    return ("--kubeconfig", str(simulation.kubeconfig))


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulation]:
    with Simulation.start("bad-deploy") as simulation:
        yield simulation


@pytest.fixture
def good(sim: Simulation) -> Simulation:
    """The same simulation, well again."""
    sim.faults.delay = 0.0
    sim.faults.answers.clear()
    sim.faults.cuts.clear()
    return sim


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param("nope", ("no such command 'nope'", "try: sre --help"), id="command"),
        pytest.param("policy nope", ("no such command", "try: sre policy --help"), id="group"),
        pytest.param(
            "rbac nope", ("sre: invalid value for 'role': 'nope' is not one of",), id="choice"
        ),
        pytest.param("resume --nope", ("no such option: --nope",), id="option"),
        pytest.param("resume last --out", ("'--out' requires an argument",), id="no-value"),
        pytest.param("approve", ("missing argument", "usage: sre approve"), id="no-argument"),
        pytest.param("resume last --time-limit x", ("'--time-limit'", "'x'"), id="number"),
    ],
)
def test_a_wrong_command_line_is_told_like_any_other_error(
    line: str, words: tuple[str, ...]
) -> None:
    told(sre(*line.split()), 2, *words)


@pytest.mark.parametrize("line", ["", "policy"])
def test_without_a_command_the_help_is_told(line: str) -> None:
    done = sre(*line.split())
    assert done.code == 2
    assert done.err.startswith("Usage: sre")


def test_no_kubeconfig() -> None:
    told(sre("investigate", ALERT), 2, "kubeconfig", "try")


def test_unknown_context_names_the_near_one(good: Simulation) -> None:
    done = sre("investigate", ALERT, *place(good), "--context", "admln")
    told(done, 2, "admln", "admin")


def test_refused_connection(good: Simulation) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    config = yaml.safe_load(good.kubeconfig.read_text(encoding="utf-8"))
    for cluster in config["clusters"]:
        cluster["cluster"]["server"] = f"http://127.0.0.1:{port}"
    Path("config").write_text(yaml.safe_dump(config), encoding="utf-8")
    told(sre("investigate", ALERT, "--kubeconfig", "config"), 1, "refused", str(port))


def test_wrong_token(good: Simulation) -> None:
    good.faults.answers["/"] = 401
    told(sre("investigate", ALERT, *place(good)), 1, "credentials", "admin", "log in again")


def test_namespace_that_does_not_exist_names_the_near_one(good: Simulation) -> None:
    done = sre("investigate", ALERT, "-n", "shpo", *place(good))
    told(done, 2, "'shpo'", "does not exist", "shop")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", ("empty",), id="empty"),
        pytest.param("{not json", ("JSON",), id="not-json"),
        pytest.param('{"kind": "Pod"}', ("alert",), id="not-an-alert"),
        pytest.param("[]", ("alert",), id="no-alerts"),
        pytest.param("[" * 100_000, ("nested too deeply",), id="deeply-nested"),
        pytest.param('{"alerts": [{"labels": {"alertname": 5}}]}', ("alertname",), id="number"),
    ],
)
def test_an_alert_that_cannot_be_understood(good: Simulation, text: str, words: tuple[str]) -> None:
    Path("alert.json").write_text(text, encoding="utf-8")
    told(sre("investigate", "alert.json", *place(good)), 2, *words)
    told(sre("investigate", "-", *place(good), stdin=text), 2, *words)


def test_an_alert_file_that_is_not_there(good: Simulation) -> None:
    told(sre("investigate", "nope.json", *place(good)), 2, "nope.json")


def test_an_empty_alert(good: Simulation) -> None:
    told(sre("investigate", "  ", *place(good)), 2, "empty")


def test_bad_settings_name_file_line_and_key(good: Simulation) -> None:
    Path("sre.yaml").write_text("namespace: shop\ntime_limt: 5\n", encoding="utf-8")
    told(sre("investigate", ALERT, *place(good)), 2, "sre.yaml, line 2", "time_limt", "time_limit")
    Path("sre.yaml").write_text("time_limit: soon\n", encoding="utf-8")
    told(sre("investigate", ALERT, *place(good)), 2, "line 1", "soon", "seconds")
    Path("sre.yaml").write_text("kubeconfig: /tmp/x\n", encoding="utf-8")
    told(sre("investigate", ALERT, *place(good)), 2, "kubeconfig")


def test_an_unknown_incident_and_an_unknown_action(good: Simulation) -> None:
    told(sre("resume", "INC-20200101-0000", *place(good)), 1, "INC-20200101-0000")
    incident = sre("investigate", ALERT, "-n", "shop", "--json", *place(good)).json["incident"]
    told(sre("approve", incident, "A9", *place(good)), 2, "A9")
    told(sre("undo", incident, "A1", *place(good)), 2, "A1")


def test_a_kind_that_may_not_be_listed_is_unknown_and_the_rest_is_diagnosed(
    good: Simulation,
) -> None:
    good.faults.answers["/api/v1/namespaces/shop/configmaps"] = 403
    done = sre("investigate", ALERT, "-n", "shop", "--json", "--read-only", *place(good))
    assert done.code == 3
    assert done.json["diagnosis"]["entity"]["name"] == "checkout"
    assert [gap["what"] for gap in done.json["unknown"]] == ["kubectl -n shop get configmaps"]


def test_a_namespace_without_the_right_to_see_pods_is_unknown_never_healthy(
    good: Simulation,
) -> None:
    good.faults.answers[PODS] = 403
    done = sre("investigate", ALERT, "-n", "shop", "--json", *place(good))
    assert done.code in (3, 5)
    assert done.json["outcome"] in ("unknown", "escalated")


def test_a_server_that_drops_half_way_is_unknown_and_what_was_gathered_is_kept(
    good: Simulation,
) -> None:
    good.faults.cuts["/api/v1/namespaces/shop/services"] = 300
    done = sre("investigate", ALERT, "-n", "shop", "--json", "--read-only", *place(good))
    assert done.json["diagnosis"]["entity"]["name"] == "checkout"
    assert "broke off" in done.json["unknown"][0]["why"]
    assert done.code == 3


def test_a_slow_server_is_waited_for(good: Simulation) -> None:
    good.faults.delay = 1.0
    done = sre("investigate", ALERT, "-n", "shop", "--json", "--read-only", *place(good))
    assert done.json["diagnosis"]["entity"]["name"] == "checkout"
    assert done.json["unknown"] == []


def test_a_server_slower_than_the_time_limit_gives_what_there_is(good: Simulation) -> None:
    good.faults.delay = 0.7
    limits = ("--time-limit", "1", "--read-only")
    done = sre("investigate", ALERT, "-n", "shop", "--json", *limits, *place(good))
    assert done.code in (0, 3, 5)
    assert done.json["outcome"] != "no_fault"
    assert "time limit" in json.dumps(done.json["unknown"])


def test_an_empty_namespace_has_no_fault_and_says_what_was_looked_at(good: Simulation) -> None:
    done = sre("investigate", "anything odd", "-n", "default", "--json", *place(good))
    assert (done.code, done.json["outcome"], done.json["diagnosis"]) == (0, "no_fault", None)
    assert "looked at" in done.json["evidence"][0]["claim"]


def test_an_alert_about_a_pod_that_does_not_exist_says_so(good: Simulation) -> None:
    alert = {"labels": {"alertname": "KubePodNotReady", "namespace": "shop", "pod": "ghost-1"}}
    Path("alert.json").write_text(
        json.dumps([{**alert, "status": {"state": "active"}}]), encoding="utf-8"
    )
    done = sre("investigate", "alert.json", "--json", "--read-only", *place(good))
    assert "ghost-1" in json.dumps(done.json["evidence"]) + done.json["summary"]


def test_without_an_answer_of_alertmanager_the_words_are_investigated(good: Simulation) -> None:
    where = ("--alertmanager", "http://127.0.0.1:1", "-n", "shop", "--read-only")
    done = sre("investigate", ALERT, *where, "--json", *place(good))
    assert done.code == 3, done.err
    assert done.json["diagnosis"]["entity"]["name"] == "checkout"
    assert "127.0.0.1:1" in done.json["alert"]["source"]
    assert "amtool alert query" in json.dumps(done.json["unknown"])


def test_a_folder_is_no_alert(good: Simulation, tmp_path: Path) -> None:
    told(sre("investigate", str(tmp_path), *place(good)), 2, str(tmp_path))


def test_a_policy_that_cannot_be_used_leaves_no_incident_behind(
    good: Simulation, tmp_path: Path
) -> None:
    broken = tmp_path / "policy.yaml"
    broken.write_text("autonomie: {}\n")
    env = {"SRE_POLICY": str(broken), "XDG_STATE_HOME": str(tmp_path / "state")}
    told(sre("investigate", ALERT, *place(good), env=env), 2, "policy.yaml")
    assert not list(tmp_path.glob("state/sreagent/incidents/*"))


def test_a_state_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    env = {"XDG_STATE_HOME": str(tmp_path / "file" / "state")}
    told(sre("sim", "up", env=env), 1, "cannot use", "XDG_STATE_HOME")


def test_a_prometheus_that_does_not_answer_is_unknown(good: Simulation) -> None:
    where = ("--prometheus", "http://127.0.0.1:1", "--read-only")
    done = sre("investigate", ALERT, "-n", "shop", "--json", *where, *place(good))
    assert done.code == 3
    assert done.json["diagnosis"]
    assert any(gap["source"] == "prometheus" for gap in done.json["unknown"])


def test_a_postmortem_that_cannot_be_written_is_told_before_the_work(good: Simulation) -> None:
    out = ("--out", "/nonexistent/folder/pm.md")
    done = sre("investigate", ALERT, "-n", "shop", "--read-only", *out, *place(good))
    told(done, 2, "/nonexistent/folder/pm.md", "--out")


def test_a_long_text_is_text_and_not_a_file_name(good: Simulation) -> None:
    text = "checkout pods crash looping in shop " * 20
    assert sre("investigate", text, "--json", "--read-only", *place(good)).json["diagnosis"]


@pytest.mark.parametrize(
    "text",
    ["pod checkout-7d9f8b6c5d-zzzzz is crash looping", "the deployment billing-worker is down"],
)
def test_a_text_about_an_object_that_does_not_exist_is_not_called_healthy(
    good: Simulation, text: str
) -> None:
    done = sre("investigate", text, "-n", "default", "--json", *place(good))
    assert (done.json["outcome"], done.code) == ("unknown", 3)
    assert "does not exist" in done.json["summary"]


def test_a_prometheus_that_refuses_the_question_does_not_end_the_investigation(
    good: Simulation,
) -> None:
    good.faults.answers["/prometheus/api/v1/rules"] = 400
    where = ("--prometheus", good.prometheus_url, "--read-only")
    done = sre("investigate", ALERT, "-n", "shop", "--json", *where, *place(good))
    assert done.json["diagnosis"]["entity"]["name"] == "checkout"
    assert done.code == 3


def test_a_run_that_could_not_see_looks_again_when_it_is_resumed(good: Simulation) -> None:
    good.faults.answers[PODS] = 500
    blind = sre("investigate", ALERT, "-n", "shop", "--json", *place(good)).json
    assert blind["outcome"] in ("unknown", "escalated")
    good.faults.answers.clear()
    seen = sre("resume", blind["incident"], "--json", *place(good)).json
    assert seen["outcome"] == "waiting"
    assert seen["unknown"] == []
    assert seen["diagnosis"]["entity"]["name"] == "checkout"
    # What the incident cost is told, and not only the last run of it.
    assert seen["cost"]["api_calls"] > blind["cost"]["api_calls"] + 10
    assert seen["cost"]["seconds"] > blind["cost"]["seconds"]


def test_a_namespace_that_is_not_the_alerts_is_never_called_healthy(good: Simulation) -> None:
    alert = {"labels": {"alertname": "X", "namespace": "shop"}, "status": {"state": "active"}}
    Path("alert.json").write_text(json.dumps([alert]), encoding="utf-8")
    done = sre("investigate", "alert.json", "-n", "default", "--json", *place(good))
    assert (done.json["outcome"], done.code) == ("unknown", 3)
    assert "was not looked at" in json.dumps(done.json["evidence"])


def test_a_target_that_may_be_listed_and_not_read_is_told(good: Simulation) -> None:
    good.faults.answers["/apis/apps/v1/namespaces/shop/deployments/checkout"] = 403
    done = sre("investigate", ALERT, "-n", "shop", "--json", *place(good))
    assert done.json["diagnosis"]["entity"]["name"] == "checkout"
    assert done.code == 3
    assert "could not be prepared" in done.json["unknown"][0]["why"]
