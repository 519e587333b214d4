"""From a group that was opened by hand to who did it, how bad it is and what came of it."""

from datetime import timedelta
from typing import Any

from tests.cloud.trail import Trail as Pretend
from tests.cloud.trail import event
from tests.drift.conftest import written
from tests.drift.who.callers import CONSOLE, JO
from tests.drift.who.conftest import HERE, NOW
from tests.drift.worlds.world import Aws, Thing

from sreagent.clients.aws_estate import AwsEstate
from sreagent.domain.drift import Severity, Way
from sreagent.drift.blast import Blast
from sreagent.drift.examine import Drifted, examine, settled
from sreagent.drift.judge.judged import Matter
from sreagent.drift.judge.severity import judge_change
from sreagent.drift.near import IncidentSeen, nearby
from sreagent.drift.reality.known import kinds, readers
from sreagent.drift.who.subject import changed
from sreagent.drift.who.trail import Trail

WORLD = "0.0.0.0/0"
RULE = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}


def group_of(aws: Aws) -> Thing:
    """A group that lets one network in, as the state has it."""
    ec2 = aws.client("ec2")
    name = ec2.create_security_group(GroupName="api", Description="api")["GroupId"]
    held = {"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["10.0.0.0/8"]}
    ec2.authorize_security_group_ingress(
        GroupId=name, IpPermissions=[{**RULE, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]
    )
    attributes = {"id": name, "name": "api", "description": "api", "ingress": [held], "tags": {}}
    return Thing(type="aws_security_group", name="api", attributes=attributes)


def opened_by_hand(aws: Aws, recorder: Pretend, name: str) -> None:
    rule: dict[str, Any] = {**RULE, "IpRanges": [{"CidrIp": WORLD}]}
    aws.client("ec2").authorize_security_group_ingress(GroupId=name, IpPermissions=[rule])
    ranges = {"items": [{"cidrIp": WORLD}]}
    request = {"groupId": name, "ipPermissions": {"items": [{"ipRanges": ranges}]}}
    at = NOW - timedelta(minutes=30)
    made = event(
        "AuthorizeSecurityGroupIngress", "ec2", at, JO, request=request, resources=[name], **CONSOLE
    )
    recorder.record(made)


def found_in(estate: AwsEstate, group: Thing) -> Drifted:
    chosen = [each for each in readers() if each.service == "ec2"]
    going = examine(settled([written([group])], kinds(), HERE), estate, chosen)
    while True:
        try:
            next(going)
        except StopIteration as ended:
            (drifted,) = ended.value.drifted
            assert isinstance(drifted, Drifted)
            return drifted


def test_a_group_that_was_opened_by_hand_is_told_with_who_and_how_bad(
    aws: Aws, recorder: Pretend, estate: AwsEstate, trail: Trail
) -> None:
    recorder.behind = aws.url
    group = group_of(aws)
    opened_by_hand(aws, recorder, group.attributes["id"])
    drifted = found_in(estate, group)

    managed, difference = drifted.managed, drifted.difference
    subject = changed(managed.type, managed.attributes, drifted.place, difference, drifted.real)
    author = trail.authors([subject]).by[subject].author
    assert author
    assert (author.how, author.confidence) == (Way.CONSOLE, 0.97)
    assert author.who == "jo@example.com through permission set AdministratorAccess"

    judged = judge_change(
        Matter(
            type=managed.type,
            path=difference.path,
            before=difference.before,
            after=difference.after,
            around=managed.attributes,
            tags=drifted.real.tags,
            dependents=len(Blast([managed]).dependents(managed)),
        )
    )
    assert (judged.severity, judged.opens) == (Severity.HIGH, True)
    assert judged.why == "opened to the world (tcp 443)"

    assert author.when
    alert = IncidentSeen(id="INC-1", at=author.when + timedelta(minutes=4))
    (near,) = nearby([alert], what=managed.type, when=author.when, names=[managed.address])
    assert near.why.startswith("security group edited 4 min before this alert")
