"""Incidents on a real control plane, from the alert to the postmortem."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.lab.conftest import Lab
from tests.programs import Done, Terminal, sre

pytestmark = pytest.mark.lab("prometheus", "prometheus-alertmanager")

EXAMPLES = ("bad-deploy", "oom-limit", "selector-mismatch")
NAMES = {
    "rollout-undo": "rollout_undo",
    "set-resources": "set_resources",
    "patch-selector": "patch_service",
}
"""The lab's words for a mitigation, and ours."""


def scenario(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((folder / "scenario.yaml").read_text(encoding="utf-8"))
    return loaded


def investigate(lab: Lab, alert: str, *more: str, context: str = "admin") -> Done:
    return sre("investigate", alert, "--context", context, "--json", *more, env=lab.environment)


def path(entity: dict[str, str]) -> str:
    return "/".join(part for part in (entity["kind"], entity["namespace"], entity["name"]) if part)


def assert_right_cause(told: dict[str, Any], wanted: dict[str, Any]) -> None:
    """The cause is named, in the words it takes, and nobody who only suffers is blamed.

    With several independent faults the one that is told first may be any of them.
    """
    diagnosis = told["diagnosis"]
    roots = {wanted["root_entity"], *wanted.get("other_entities", ())}
    assert path(diagnosis["entity"]) in roots
    assert diagnosis["evidence"]
    told_of = [diagnosis, *(c for c in told["other_causes"] if path(c["entity"]) in roots)]
    known = {item["id"]: item["claim"] for item in told["evidence"]}
    said = " ".join(
        text
        for cause in told_of
        for text in (cause["root_cause"], *(known[id_] for id_ in cause["evidence"]))
    )
    for patterns in wanted["must_mention"]:
        assert any(re.search(pattern, said) for pattern in patterns), (patterns, said)
    blamed = [diagnosis, *told["other_causes"]]
    assert not {path(cause["entity"]) for cause in blamed} & set(wanted["must_not_blame"])


@pytest.fixture(params=EXAMPLES)
def incident(request: pytest.FixtureRequest, lab: Lab) -> tuple[Lab, dict[str, Any]]:
    folder = lab.example / request.param
    lab.apply(folder, again=True)
    return lab, scenario(folder)


def test_an_example_is_diagnosed_fixed_on_approval_verified_and_written_down(
    incident: tuple[Lab, dict[str, Any]],
) -> None:
    lab, wanted = incident
    first = investigate(lab, wanted["alert"], "--alertmanager", lab.environment["ALERTMANAGER_URL"])
    told = first.json
    assert_right_cause(told, wanted)
    assert told["outcome"] == "waiting"
    assert first.code == 5
    assert told["actions"] == []
    proposal = told["proposals"][0]
    mitigations = {NAMES.get(item["action"], item["action"]) for item in wanted["mitigation"]}
    assert proposal["verb"] in mitigations
    assert path(proposal["target"]) == wanted["mitigation"][0]["target"]
    assert proposal["command"]
    assert proposal["undo"]

    second = sre("approve", told["incident"], proposal["id"], "--json", env=lab.environment)
    fixed = second.json
    assert (fixed["outcome"], second.code) == ("fixed", 0)
    action = fixed["actions"][0]
    assert (action["state"], action["verified"]) == ("done", True)
    written = Path(f"postmortem-{told['incident']}.md").read_text(encoding="utf-8")
    for heading in ("Summary", "Impact", "Timeline", "Root cause", "What was done", "Evidence"):
        assert f"## {heading}" in written
    assert proposal["command"] in written
    assert sre("audit", "verify", told["incident"]).code == 0


def test_a_person_at_the_terminal_says_yes_and_sees_it_verified(lab: Lab) -> None:
    lab.apply(lab.example / "bad-deploy", again=True)
    where = ("-n", "shop", "--kubeconfig", lab.environment["KUBECONFIG"])
    with Terminal("investigate", "KubePodCrashLooping", *where) as t:
        shown = t.wait_for("[y] run")
        assert "Root cause" in shown
        assert "--to-revision=1" in shown
        t.type("?")
        assert "kubectl -n shop logs" in t.wait_for("[y] run")
        t.type("y")
        t.wait_for("Verified")
        assert t.finish() == 0
    assert "Fixed." in t.shown
    assert list(Path().glob("postmortem-INC-*.md"))


def test_a_viewer_gets_the_same_diagnosis_and_the_refusal_of_the_cluster(lab: Lab) -> None:
    folder = lab.example / "bad-deploy"
    lab.apply(folder, again=True)
    done = investigate(lab, "KubePodCrashLooping shop/checkout", context="viewer")
    told = done.json
    assert_right_cause(told, scenario(folder))
    assert told["outcome"] == "refused"
    assert done.code == 4
    action = told["actions"][0]
    assert action["state"] == "failed"
    assert "forbidden" in action["message"]
    assert any("secrets" in gap["what"] for gap in told["unknown"])


def test_what_a_limited_user_may_not_see_is_told_as_unknown(lab: Lab) -> None:
    folder = lab.example / "bad-deploy"
    lab.apply(folder)
    done = investigate(lab, "KubePodCrashLooping shop/checkout", "--read-only", context="limited")
    told = done.json
    assert_right_cause(told, scenario(folder))
    assert done.code == 3
    unseen = " ".join(gap["what"] for gap in told["unknown"])
    assert "nodes" in unseen
    assert "secrets" in unseen
    unknown = [item for item in told["evidence"] if item["verdict"] == "unknown"]
    assert len(unknown) >= 2


def test_reading_stays_within_forty_calls_and_writes_nothing(lab: Lab) -> None:
    lab.apply(lab.example / "bad-deploy")
    lab.run("calls", "--mark")
    done = investigate(lab, "KubePodCrashLooping shop/checkout", "--read-only")
    assert done.json["cost"]["api_calls"] <= 40
    assert done.json["proposals"] == []
    lab.run("calls", "--writes")
