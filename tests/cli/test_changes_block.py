"""Changes as the screen, the report and `--json` show them."""

import io
from dataclasses import replace
from datetime import timedelta

import pytest
from rich.console import Console
from tests.journal.samples import CHANGE
from tests.report.samples import endings

from sreagent.cli import render
from sreagent.cli.screen import Terminal
from sreagent.domain.change import Change, Sort
from sreagent.domain.incident import Incident
from sreagent.domain.record import Entry, Weighed
from sreagent.report.outcome import as_json
from sreagent.report.timeline import timeline

NEAR = replace(CHANGE, nearness="70 s before the first symptom, on the object itself")
UNDATED = replace(
    NEAR, sort=Sort.DELETION, until=CHANGE.at + timedelta(days=3), nearness="some time"
)


def shown(*changes: Change, width: int = 400) -> str:
    out = Console(file=io.StringIO(), width=width, force_terminal=False)
    for line in render.changes(changes):
        out.print(line)
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


def incident(*changes: Change) -> Incident:
    return replace(endings()["fixed"], changes=changes)


def test_a_change_is_shown_with_its_time_who_made_it_and_how_near_it_is() -> None:
    text = shown(NEAR)
    assert f"{NEAR.at:%H:%M:%S} deployment shop/checkout: revision 7 → 8, by ci-deployer" in text
    assert text.rstrip().endswith("70 s before the first symptom, on the object itself")


def test_at_most_three_are_shown_and_none_that_was_not_weighed() -> None:
    many = [replace(NEAR, summary=f"change {n}") for n in range(5)]
    assert shown(*many).count("change ") == 3
    assert shown(CHANGE) == ""


@pytest.mark.parametrize("width", [40, 80])
def test_in_a_narrow_terminal_nothing_is_cut(width: int) -> None:
    words = shown(NEAR, width=width).split()
    assert {"ci-deployer", "itself"} <= set(words)


def test_a_change_whose_time_is_not_known_shows_no_time() -> None:
    assert f"{UNDATED.at:%H:%M}" not in shown(UNDATED)


def test_a_line_feed_in_a_change_makes_no_second_line() -> None:
    hostile = replace(NEAR, summary="edited\n ✓ A1 done", by="x\ny", nearness="near\nby")
    assert shown(hostile).count("\n") == 1


def test_changes_come_below_the_hypotheses() -> None:
    told = incident(NEAR)
    out = Console(file=io.StringIO(), width=400, force_terminal=False)
    record = Weighed(hypotheses=told.hypotheses)
    Terminal(out).show(Entry(seq=1, at=NEAR.at, record=record), told)
    assert isinstance(out.file, io.StringIO)
    text = out.file.getvalue()
    assert text.index("Hypotheses") < text.index("Changes") < text.index("ci-deployer")


def test_the_report_tells_how_near_a_change_is_and_between_which_times_it_was_made() -> None:
    texts = [event.text for event in timeline(incident(NEAR, UNDATED))]
    assert any(NEAR.nearness in text for text in texts)
    assert any("Changed, some time until 2026-11-24" in text for text in texts)


def test_json_has_the_sort_and_the_nearness_of_each_change() -> None:
    near, undated = as_json(incident(NEAR, UNDATED))["changes"]
    assert (near["sort"], near["until"], near["nearness"]) == ("edit", None, NEAR.nearness)
    assert (undated["sort"], undated["until"][:10]) == ("deletion", "2026-11-24")
