"""A real model: it is reached, finds the cause, takes a hint, and does without tools."""

from collections.abc import Mapping

import pytest
from tests.live.conftest import investigate
from tests.programs import sre

from sreagent.domain.record import Asked, Turn
from sreagent.journal.shelf import incident
from sreagent.settings import state_folder

MOST_TOKENS = 30_000
"""Of all prompts of an investigation whose cause the rules have told already."""
HINT = "Look at the environment of checkout: which variable is missing?"


def test_the_doctor_finds_it_fit(model: str) -> None:
    checks = {one["name"]: one for one in sre("doctor", "--json").json["checks"]}
    assert checks["model"]["state"] == "fine", checks["model"]
    assert model in checks["model"]["said"]


@pytest.mark.parametrize(
    "tools", [pytest.param("auto", id="tools"), pytest.param("no", id="json-in-its-text")]
)
def test_it_blames_what_is_to_blame(cluster: Mapping[str, str], tools: str) -> None:
    told = investigate(cluster, SRE_MODEL_TOOLS=tools).json
    blamed = told["diagnosis"]["entity"]
    assert blamed == {"kind": "Deployment", "namespace": "shop", "name": "checkout"}
    assert told["diagnosis"]["evidence"]
    assert told["model"]["problem"] == ""
    assert told["model"]["answers"] >= 1
    assert told["model"]["tokens"]["prompt"] < MOST_TOKENS


def test_a_hint_is_taken_up(cluster: Mapping[str, str]) -> None:
    assert investigate(cluster).json["diagnosis"]
    done = sre("chat", "last", stdin=f"{HINT}\n", env=cluster)
    assert done.code in (0, 5), done.err
    records = [entry.record for entry in incident(state_folder(), "last").entries]
    (place,) = [number for number, one in enumerate(records) if isinstance(one, Asked)]
    answers = [one for one in records[place:] if isinstance(one, Turn)]
    assert answers
    assert [one.problem for one in answers if one.problem] == []
    assert any("PAYMENT_PROVIDERS" in one.text for one in answers)
