"""Reports of drift for tests of what is told of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sreagent.domain.drift import (
    Author,
    Changed,
    Class,
    Coverage,
    DriftReport,
    Extent,
    LeftOver,
    Missing,
    Near,
    Place,
    Severity,
    StateSeen,
    Trouble,
    Unmanaged,
    Way,
)

AT = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)
HERE = Place(account="111122223333", region="eu-central-1")
THERE = Place(account="444455556666", region="us-east-1")
STATE = "s3://tf/prod/network.tfstate"

JO = Author(
    who="role ops-admin",
    when=AT - timedelta(minutes=16),
    how=Way.CONSOLE,
    event="AuthorizeSecurityGroupIngress",
    source="cloudtrail",
    confidence=0.95,
    why="the call names the group and the rule",
)
OPENED = Changed(
    address="aws_security_group.api",
    type="aws_security_group",
    id="sg-0ab1",
    path="ingress[0].cidr_blocks",
    before=["10.0.0.0/8"],
    after=["0.0.0.0/0"],
    severity=Severity.HIGH,
    why="opened to the world",
    opens=True,
    place=HERE,
    source=STATE,
    author=JO,
    near=(Near(incident="INC-20261120-1c2d", seconds=240.0, why="shop/api runs behind it"),),
    dependents=("aws_instance.api", "aws_lb.front"),
)
SCALED = Changed(
    address="aws_db_instance.main",
    type="aws_db_instance",
    id="main",
    path="allocated_storage",
    before=100,
    after=150,
    klass=Class.CONTROLLER,
    why="autoscaling, owned by RDS",
    place=HERE,
    source=STATE,
)
TAGGED = Changed(
    address='aws_instance.web["blue"]',
    type="aws_instance",
    id="i-0f1",
    path="tags.team",
    before="shop",
    after=None,
    severity=Severity.LOW,
    place=THERE,
    source=STATE,
)
LOST = Missing(
    address="aws_sqs_queue.dlq",
    type="aws_sqs_queue",
    id="https://sqs.eu-central-1.amazonaws.com/111122223333/dlq",
    place=HERE,
    source=STATE,
)
STRANGER = Unmanaged(
    type="aws_instance",
    id="i-0f3",
    name="test-box",
    place=HERE,
    import_id="i-0f3",
    created=AT - timedelta(days=3),
    tags={"owner": "jo"},
    why="~USD 61/month",
)
FOLDED = Unmanaged(type="aws_vpc", id="vpc-1", place=HERE, folded="default VPC")
DEPOSED = LeftOver(
    address="aws_instance.old",
    type="aws_instance",
    id="i-0f9",
    key="a1b2c3d4",
    exists=True,
    place=HERE,
    source=STATE,
)
COVERED = (
    Coverage(type="aws_security_group", extent=Extent.COMPLETE, place=HERE, resources=200),
    Coverage(type="aws_instance", extent=Extent.COMPLETE, place=THERE, resources=200),
    Coverage(
        type="aws_glue_job",
        extent=Extent.NOT_LOOKED_AT,
        place=HERE,
        resources=7,
        why="glue:ListJobs is not allowed",
    ),
    Coverage(
        type="aws_glue_trigger",
        extent=Extent.NOT_LOOKED_AT,
        place=HERE,
        resources=5,
        why="glue:ListTriggers is not allowed",
    ),
)
STATES = (
    StateSeen(source=STATE, serial=41, resources=400, terraform_version="1.11.0"),
    StateSeen(source="s3://tf/prod/data.tfstate", serial=7, resources=12),
)
EMPTY = DriftReport(at=AT)
CLEAN = DriftReport(at=AT, states=STATES, coverage=COVERED[:2], seconds=2.04, calls=9)
FULL = DriftReport(
    at=AT,
    states=STATES,
    changed=(OPENED, SCALED, TAGGED),
    missing=(LOST,),
    unmanaged=(STRANGER, FOLDED),
    left_over=(DEPOSED,),
    coverage=COVERED,
    errors=(
        Trouble(
            what="s3://tf/prod/old.tfstate",
            message="it is encrypted by OpenTofu",
            hint="tofu show -json | sre drift --state -",
        ),
    ),
    seconds=6.13,
    calls=31,
)
HOSTILE = (
    "\x1b[2J\x9b8m\u202eevil\u200b\x00</script><script>alert(1)</script>|`x`[a](http://evil.example)"
    "\n# heading\n]]>&amp;\"' @everyone"
)
"""A text as somebody who may write a tag could leave it behind."""


def hostile() -> DriftReport:
    """A report in which everything that the cloud or a state tells is hostile."""
    text = HOSTILE
    who = replace(JO, who=text, event=text, why=text, source=text)
    place = Place(account=text, region=text)
    return DriftReport(
        at=AT,
        states=(StateSeen(source=text, serial=1, resources=1, locked=text),),
        changed=tuple(
            replace(
                OPENED,
                address=text,
                type=text,
                id=text,
                path=text,
                before={text: [text]},
                after=after,
                why=text,
                place=place,
                source=text,
                author=who,
                near=(Near(incident=text, seconds=-90.0, why=text),),
                dependents=(text,),
                klass=klass,
            )
            for klass in Class
            for after in (text, [text], {text: text})
        ),
        missing=(replace(LOST, address=text, type=text, id=text, place=place, author=who),),
        unmanaged=(
            replace(STRANGER, type=text, id=text, name=text, import_id=text, why=text),
            replace(FOLDED, type=text, id=text, folded=text),
        ),
        left_over=(replace(DEPOSED, address=text, type=text, id=text, key=text),),
        coverage=(Coverage(type=text, extent=Extent.PARTIAL, place=place, resources=2, why=text),),
        errors=(Trouble(what=text, message=text, hint=text),),
    )


def many(count: int = 1000) -> DriftReport:
    """As many changed attributes, each of a resource of its own."""
    changed = tuple(
        replace(OPENED, address=f"aws_security_group.api[{place}]", id=f"sg-{place:04}")
        for place in range(count)
    )
    return replace(FULL, changed=changed)
