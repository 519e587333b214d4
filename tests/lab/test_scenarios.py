"""Ten incidents of the suite on a real control plane: the right cause, nobody else blamed."""

from pathlib import Path

import pytest
from tests.lab.conftest import Lab
from tests.lab.test_examples import assert_right_cause, investigate, path, scenario
from tests.programs import sre

pytestmark = pytest.mark.lab("prometheus", "prometheus-alertmanager")

SUITE = Path(__file__).parents[2] / "suites" / "incidents"
PLAYED = (
    "claim-without-class",
    "config-content-broken",
    "healthy-but-busy",
    "liveness-kills",
    "node-down",
    "node-tainted",
    "policy-blocks-dns",
    "quota-exceeded",
    "refused-three-deep",
    "two-faults",
)
"""Those in which the controllers and the scheduler themselves have the most to do."""


@pytest.mark.parametrize("name", PLAYED)
def test_an_incident_is_diagnosed_and_a_fix_that_is_offered_helps(lab: Lab, name: str) -> None:
    folder = SUITE / name
    wanted = scenario(folder)
    lab.apply(folder, again=True)
    done = investigate(lab, wanted["alert"])
    told = done.json
    if wanted["negative"]:
        assert told["diagnosis"] is None
        assert told["outcome"] == "no_fault"
        assert told["proposals"] == []
        assert done.code == 0
        return
    assert_right_cause(told, wanted)
    blamed = {path(cause["entity"]) for cause in (told["diagnosis"], *told["other_causes"])}
    assert blamed >= set(wanted.get("other_entities", ()))
    if told["outcome"] == "waiting" and not told["other_causes"]:
        first = told["proposals"][0]["id"]
        fixed = sre("approve", told["incident"], first, "--json", env=lab.environment).json
        assert fixed["outcome"] == "fixed", fixed["actions"]
