"""A whole run over states that change while reality is read."""

import json
import secrets
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from tests.cloud.faults import Answer, Call, Faults, Next, bad_way, denied
from tests.drift.conftest import HERE
from tests.drift.worlds.world import REGION

from sreagent.clients.aws import connect
from sreagent.clients.aws_estate import AwsEstate
from sreagent.clients.clock import SystemClock
from sreagent.domain.drift import Extent
from sreagent.domain.secrets import disown
from sreagent.domain.terraform import StateSpec, StateText
from sreagent.drift.examine import Examined
from sreagent.drift.state.managed import Managed
from sreagent.drift.survey import Doors, Surveyed, survey
from sreagent.policy.redaction import redact

SPEC = StateSpec(scheme="file", address="prod.tfstate")
JOB = {"id": "nightly", "name": "nightly", "timeout": 60}


def text(*types: str, sensitive: str = "", **more: Any) -> StateText:
    """A state with one resource of each type."""
    marked = [[{"type": "get_attr", "value": sensitive}]] if sensitive else []
    resources: list[dict[str, Any]] = [
        {
            "mode": "managed",
            "type": type_,
            "name": "x",
            "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
            "instances": [{"attributes": {**JOB, **more}, "sensitive_attributes": marked}],
        }
        for type_ in types
    ]
    body = json.dumps({"version": 4, "serial": len(types), "resources": resources}).encode()
    return StateText(source=SPEC.address, body=body, spec=SPEC)


class Moving:
    """A state that is another each time it is read; the last one stays."""

    def __init__(self, *texts: StateText) -> None:
        self._texts = list(texts)

    def fetch(self, _spec: StateSpec) -> Iterator[StateText]:
        """The next one."""
        yield self._texts.pop(0) if len(self._texts) > 1 else self._texts[0]


def no_cluster(_: Sequence[Managed]) -> Examined:
    """Nothing of these states is in one."""
    raise AssertionError


def surveyed(way: Faults, states: Moving) -> Surveyed:
    """What a run finds."""
    doors = Doors(
        redact=redact,
        states=states,
        estate=AwsEstate(
            lambda _: connect(profile="", region=REGION, endpoint=way.url, timeout=60)
        ),
        clock=SystemClock(),
        home=lambda: HERE,
        in_cluster=no_cluster,
    )
    going = survey(doors, [SPEC])
    while True:
        try:
            next(going)
        except StopIteration as ended:
            found: Surveyed = ended.value
            return found


@pytest.fixture
def way(_credentials: None) -> Iterator[Faults]:
    """An account that tells of one job through Cloud Control, and lets nobody look at the rest."""

    def jobs(call: Call, _: Next) -> Answer | None:
        if call.service != "cloudcontrolapi":
            return None
        told: dict[str, Any] = {
            "Identifier": "nightly",
            "Properties": json.dumps({"Name": "nightly", "Timeout": 5}),
        }
        answer = {"TypeName": "AWS::Glue::Job", "ResourceDescription": told}
        kind = {"Content-Type": "application/x-amz-json-1.0"}
        return Answer(status=200, body=json.dumps(answer).encode(), headers=kind)

    with bad_way("") as faults:
        faults.add(jobs, denied)
        yield faults
    disown()


def test_a_type_that_came_while_reality_was_read_is_looked_at(way: Faults) -> None:
    found = surveyed(way, Moving(text(), text("aws_glue_job")))
    (told,) = [each for each in found.report.coverage if each.type == "aws_glue_job"]
    assert (told.extent, told.resources) == (Extent.SHALLOW, 1)
    assert [(each.address, each.path) for each in found.report.changed] == [
        ("aws_glue_job.x", "timeout")
    ]


def test_secrets_of_a_state_are_hidden_however_many_they_are(
    way: Faults, capfd: pytest.CaptureFixture[str]
) -> None:
    words = [secrets.token_urlsafe(24) for _ in range(20_000)]
    state = text("aws_glue_job", sensitive="words", words=words, name=words[-1])
    found = surveyed(way, Moving(state))
    told = {each.path: each for each in found.report.changed}
    assert set(told) == {"name", "timeout"}
    assert not [word for word in words if word in repr(found.report)]
    assert told["name"].after == "nightly"
    # Redaction itself says so on this stream where there are too many for it.
    assert redact("DB_PASSWORD=hunter2-and-more") != "DB_PASSWORD=hunter2-and-more"
    assert capfd.readouterr().err == ""
