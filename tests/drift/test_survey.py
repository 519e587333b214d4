"""A whole run over states that change while reality is read."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.cloud.faults import Answer, Call, Faults, Next, bad_way
from tests.cloud.server import Account
from tests.drift.conftest import HERE
from tests.drift.worlds.world import REGION, Aws

from sreagent.clients.aws import connect
from sreagent.clients.aws_estate import AwsEstate
from sreagent.clients.clock import SystemClock
from sreagent.domain.drift import Extent
from sreagent.domain.terraform import StateSpec, StateText
from sreagent.drift.reality.kubernetes.objects import Objects
from sreagent.drift.survey import Doors, Surveyed, survey

SPEC = StateSpec(scheme="file", address="prod.tfstate")
JOB = {"id": "nightly", "name": "nightly", "timeout": 60}


def text(*types: str) -> StateText:
    """A state with one resource of each type."""
    resources = [
        {
            "mode": "managed",
            "type": type_,
            "name": "x",
            "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
            "instances": [{"attributes": JOB}],
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


def no_cluster() -> Objects:
    """Nothing of these states is in one."""
    raise AssertionError


def surveyed(way: Faults, states: Moving) -> Surveyed:
    """What a run finds."""
    doors = Doors(
        states=states,
        estate=AwsEstate(
            lambda _: connect(profile="", region=REGION, endpoint=way.url, timeout=60)
        ),
        clock=SystemClock(),
        home=lambda: HERE,
        cluster=no_cluster,
        asks_who=False,
    )
    going = survey(doors, [SPEC])
    while True:
        try:
            next(going)
        except StopIteration as ended:
            found: Surveyed = ended.value
            return found


@pytest.fixture
def way(pretend: Account, aws: Aws) -> Iterator[Faults]:
    """The account, with a job that Cloud Control tells of."""
    del aws

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

    with bad_way(pretend.url) as faults:
        faults.add(jobs)
        yield faults


def test_a_type_that_came_while_reality_was_read_is_looked_at(way: Faults) -> None:
    found = surveyed(way, Moving(text(), text("aws_glue_job")))
    (told,) = [each for each in found.report.coverage if each.type == "aws_glue_job"]
    assert (told.extent, told.resources) == (Extent.SHALLOW, 1)
    assert [(each.address, each.path) for each in found.report.changed] == [
        ("aws_glue_job.x", "timeout")
    ]
