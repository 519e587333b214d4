"""What is to be done about findings, and that code is changed only for the state that it makes."""

from datetime import UTC, datetime

import pytest

from sreagent.domain.drift import Changed, DriftReport, Missing
from sreagent.drift.examine import Examined
from sreagent.drift.mend.code import Code
from sreagent.drift.mend.direction import Direction
from sreagent.drift.mend.imports import Stray
from sreagent.drift.mend.plan import Plan, patched, planned
from sreagent.drift.mend.request import body
from sreagent.drift.reality.real import Real
from sreagent.drift.state.managed import Managed, State

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
QUEUE = "aws_sqs_queue.q"
CODE = Code(files={"main.tf": b'resource "aws_sqs_queue" "q" {\n  delay_seconds = 0\n}\n'})


def changed(source: str, after: int) -> Changed:
    return Changed(
        address=QUEUE,
        type="aws_sqs_queue",
        id=f"q-{source}",
        path="delay_seconds",
        before=0,
        after=after,
        source=source,
    )


def gone(source: str) -> Missing:
    return Missing(address=QUEUE, type="aws_sqs_queue", id=f"q-{source}", source=source)


BOTH = DriftReport(at=NOON, changed=(changed("a", 5), changed("b", 9)))


def plan_of(report: DriftReport, *own: str, direction: Direction = Direction.REALITY) -> Plan:
    return planned(report, Examined(), own=frozenset(own), direction=direction)


@pytest.mark.parametrize(("own", "after", "other"), [("a", 5, "b"), ("b", 9, "a")])
def test_of_two_states_with_one_address_only_that_of_the_code_changes_it(
    own: str, after: int, other: str
) -> None:
    plan = plan_of(BOTH, own)
    done, _ = patched(plan, CODE, [])
    assert f"delay_seconds = {after}\n".encode() in done.code.files["main.tf"]
    assert [(each.address, each.source) for each in plan.elsewhere] == [(QUEUE, other)]
    assert "--fix" in plan.mends[own, QUEUE]
    assert "--fix" not in plan.mends[other, QUEUE]


@pytest.mark.parametrize("own", [(), ("a", "b")], ids=["unknown", "several"])
def test_where_it_is_not_known_which_one_state_the_code_makes_nothing_is_changed(
    own: tuple[str, ...],
) -> None:
    lost = DriftReport(at=NOON, changed=BOTH.changed, missing=(gone("c"),))
    plan = plan_of(lost, *own)
    done, _ = patched(plan, CODE, [])
    assert done.files == {}
    assert [each.source for each in plan.elsewhere] == ["a", "b", "c"]


def test_a_block_goes_only_where_the_state_of_the_code_lost_it() -> None:
    report = DriftReport(at=NOON, missing=(gone("a"), gone("b")))
    done, _ = patched(plan_of(report, "c"), CODE, [])
    assert done.files == {}
    done, _ = patched(plan_of(report, "a"), CODE, [])
    assert b"resource" not in done.code.files["main.tf"]
    assert len(done.edits) == 1


def test_each_state_has_its_own_line() -> None:
    report = DriftReport(at=NOON, changed=(changed("a", 5),), missing=(gone("b"),))
    plan = plan_of(report, "a", direction=Direction.CODE)
    assert set(plan.mends) == {("a", QUEUE), ("b", QUEUE)}


def test_a_request_tells_only_what_is_of_its_code() -> None:
    plan = plan_of(BOTH, "b")
    done, _ = patched(plan, CODE, [])
    rows = [row for row in body(BOTH, plan.own, done).splitlines() if "delay" in row]
    assert len(rows) == 1
    assert "<code>9</code>" in rows[0]


@pytest.mark.parametrize(
    ("holder", "written"),
    [("a", "aws_vpc.main.id"), ("b", '"vpc-0123456789abcdef0"')],
    ids=["of-the-code", "of-another-state"],
)
def test_what_is_imported_refers_only_to_what_the_code_has(holder: str, written: str) -> None:
    vpc = Managed(
        address="aws_vpc.main",
        type="aws_vpc",
        name="main",
        attributes={"id": "vpc-0123456789abcdef0"},
        source=holder,
    )
    group = Real(
        type="aws_security_group",
        id="sg-1",
        name="web",
        attributes={"name": "web", "vpc_id": "vpc-0123456789abcdef0"},
    )
    plan = Plan(decisions=(), mends={}, home="a", strays=(Stray(real=group, import_id="sg-1"),))
    _, found = patched(plan, CODE, [State(source=holder, resources=(vpc,))])
    assert f"vpc_id = {written}" in found.text
