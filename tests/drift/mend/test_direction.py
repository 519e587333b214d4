"""Who is right follows the evidence, and the reason says which."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sreagent.domain.drift import Author, Changed, Class, Missing, Near, Unmanaged, Way
from sreagent.drift.mend.direction import (
    Direction,
    Step,
    decide_changed,
    decide_missing,
    decide_unmanaged,
)

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
JO = Author(who="jo@example.com through ops", when=NOON, how=Way.CONSOLE)
CI = Author(who="deploy-bot", when=NOON, how=Way.CI)
RDS = Author(who="rds.amazonaws.com", when=NOON, how=Way.SERVICE)
DURING = (Near(incident="INC-1", seconds=-240),)
BEFORE = (Near(incident="INC-1", seconds=240),)


def changed(**said: Any) -> Changed:
    usual: dict[str, Any] = {"address": 'aws_x.a["k"]', "type": "aws_x", "id": "i", "path": "size"}
    return Changed(**{**usual, "before": 1, "after": 2, **said})


@pytest.mark.parametrize(
    ("finding", "step", "reason"),
    [
        pytest.param(
            changed(klass=Class.CONTROLLER, why="the autoscaler of api", opens=True),
            Step.IGNORE,
            "a controller owns the field: the autoscaler of api",
            id="controller",
        ),
        pytest.param(changed(klass=Class.IGNORED), Step.IGNORE, "ignored", id="ignored"),
        pytest.param(
            changed(opens=True, why="opened to the world", author=JO, near=DURING),
            Step.REVERT,
            "it lets more in: opened to the world",
            id="opened-even-in-an-incident",
        ),
        pytest.param(
            changed(author=JO, near=DURING), Step.ADOPT, "during INC-1", id="in-an-incident"
        ),
        pytest.param(
            changed(author=JO, near=BEFORE), Step.REVERT, "240 s before INC-1", id="before-an-alert"
        ),
        pytest.param(
            changed(author=CI, near=DURING), Step.REVERT, "nothing speaks for", id="by-a-program"
        ),
        pytest.param(changed(author=JO), Step.REVERT, "nothing speaks for", id="by-a-person"),
        pytest.param(
            changed(path="engine_version", author=RDS), Step.ADOPT, "upgraded it", id="upgrade"
        ),
        pytest.param(
            changed(path="node[0].release_version"), Step.ADOPT, "moved on", id="version-alone"
        ),
        pytest.param(
            changed(opens=False), Step.ADOPT, "would open it again", id="closed-by-somebody"
        ),
    ],
)
def test_the_evidence_decides_about_a_change(finding: Changed, step: Step, reason: str) -> None:
    decision = decide_changed(finding)
    assert (decision.step, reason in decision.reason) == (step, True), decision
    assert "\n" not in decision.reason


def test_who_is_on_call_is_believed() -> None:
    finding = changed(author=JO)
    assert decide_changed(finding, on_call=frozenset({"jo@example.com"})).step is Step.ADOPT


def test_a_person_who_names_a_direction_is_obeyed() -> None:
    opened = changed(opens=True)
    adopted = decide_changed(opened, direction=Direction.REALITY)
    assert (adopted.step, "lets more in" in adopted.reason) == (Step.ADOPT, True)
    closed = changed(opens=False)
    assert decide_changed(closed, direction=Direction.CODE).step is Step.REVERT


def test_no_direction_makes_a_secret_be_written() -> None:
    for direction in (Direction.AUTO, Direction.REALITY):
        assert decide_changed(changed(), direction=direction, secret=True).step is Step.REPORT


def test_reverting_is_a_line_for_the_person() -> None:
    decision = decide_changed(changed(opens=True))
    assert decision.command == "terraform apply -target='aws_x.a[\"k\"]'"


@pytest.mark.parametrize(
    ("path", "written"),
    [
        pytest.param("desired_count", "desired_count", id="plain"),
        pytest.param("scaling_config[0].desired_size", "scaling_config", id="in-a-block"),
        pytest.param('tags.a.b"${c}', 'tags["a.b\\"$${c}"]', id="tag"),
    ],
)
def test_what_a_controller_owns_is_proposed_to_be_ignored(path: str, written: str) -> None:
    decision = decide_changed(changed(path=path, klass=Class.CONTROLLER))
    assert f"ignore_changes = [{written}]" in decision.proposal


def gone(address: str, author: Author | None = JO, **said: Any) -> Missing:
    return Missing(address=address, type="aws_x", id=address, author=author, **said)


LATER = Author(who=JO.who, when=NOON + timedelta(hours=3), how=Way.CONSOLE)


@pytest.mark.parametrize(
    ("finding", "others", "step"),
    [
        pytest.param(gone("aws_x.a"), [], Step.REVERT, id="alone"),
        pytest.param(gone("aws_x.a", None), [], Step.REVERT, id="by-nobody"),
        pytest.param(gone("aws_x.a", CI), [gone("aws_x.b", CI)], Step.REVERT, id="by-a-program"),
        pytest.param(gone("aws_x.a"), [gone("aws_x.b")], Step.REVERT, id="unrelated"),
        pytest.param(
            gone("aws_x.a", dependents=("aws_x.b",)), [gone("aws_x.b")], Step.REMOVE, id="depends"
        ),
        pytest.param(
            gone("module.m.aws_x.a"), [gone("module.m.aws_x.b")], Step.REMOVE, id="one-module"
        ),
        pytest.param(gone("aws_x.a[0]"), [gone("aws_x.a[1]")], Step.REMOVE, id="one-block"),
        pytest.param(
            gone("module.m.aws_x.a"), [gone("module.m.aws_x.b", LATER)], Step.REVERT, id="later"
        ),
    ],
)
def test_who_deletes_related_things_means_it(
    finding: Missing, others: list[Missing], step: Step
) -> None:
    assert decide_missing(finding, [finding, *others]).step is step


@pytest.mark.parametrize(
    ("finding", "step"),
    [
        pytest.param(Unmanaged(type="aws_x", id="i"), Step.IMPORT, id="nobody"),
        pytest.param(Unmanaged(type="aws_x", id="i", author=JO), Step.IMPORT, id="person"),
        pytest.param(Unmanaged(type="aws_x", id="i", author=RDS), Step.REPORT, id="service"),
        pytest.param(Unmanaged(type="aws_x", id="i", folded="default"), Step.IGNORE, id="default"),
        pytest.param(
            Unmanaged(type="aws_x", id="i", tags={"aws:cloudformation:stack-name": "s"}),
            Step.REPORT,
            id="stack",
        ),
        pytest.param(Unmanaged(type="aws_ami_copy", id="i"), Step.REPORT, id="not-importable"),
    ],
)
def test_what_nobody_manages_is_imported_and_the_rest_reported(
    finding: Unmanaged, step: Step
) -> None:
    assert decide_unmanaged(finding).step is step
