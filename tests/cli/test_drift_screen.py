"""What a person sees of drift: the worst first, nothing hidden without a word, 80 columns."""

import io
from dataclasses import replace
from typing import Any

import pytest
from rich.cells import cell_len
from tests.drift.reports import (
    CLEAN,
    COVERED,
    EMPTY,
    FULL,
    HERE,
    HOSTILE,
    JO,
    OPENED,
    STATE,
    STATES,
    STRANGER,
    hostile,
    many,
)

from sreagent.cli.drift_screen import DriftProgress, show
from sreagent.cli.screen import PIPE_WIDTH, ClearConsole
from sreagent.domain.drift import Class, Coverage, DriftReport, Extent, Near
from sreagent.domain.text import visible

MENDS = {
    (STATE, "aws_security_group.api"): "revert reality (security was widened)",
    ("", "aws_instance:i-0f3"): "import block: --fix patch",
}


def console(*, terminal: bool, colours: bool = False) -> ClearConsole:
    return ClearConsole(
        file=io.StringIO(),
        force_terminal=terminal,
        color_system="standard" if colours else None,
        markup=False,
        highlight=False,
        emoji=False,
        width=80 if terminal else PIPE_WIDTH,
        soft_wrap=not terminal,
    )


def shown(
    report: DriftReport, *, terminal: bool = False, colours: bool = False, **options: Any
) -> str:
    out = console(terminal=terminal, colours=colours)
    show(out, report, **{"code": 2, **options})
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


IN_A_PIPE = """\
412 resources in 2 states · 2 accounts, 2 regions · 6.1 s · coverage 97 % (12 aws_glue_* not looked at)

HIGH    aws_security_group.api  sg-0ab1  111122223333/eu-central-1  opened to the world
        ingress[0].cidr_blocks   ["10.0.0.0/8"] → ["0.0.0.0/0"]
        by role ops-admin (console) 2026-11-20 22:14 UTC · 4 min before INC-20261120-1c2d
        2 depend on it: aws_instance.api, aws_lb.front
        mend: revert reality (security was widened)
LOW     aws_instance.web["blue"]  i-0f1  444455556666/us-east-1
        tags.team   "shop" → null
MISSING    aws_sqs_queue.dlq  https://sqs.eu-central-1.amazonaws.com/111122223333/dlq  111122223333/eu-central-1
UNMANAGED  aws_instance i-0f3  111122223333/eu-central-1  "test-box"  ~USD 61/month  made 2026-11-17
           mend: import block: --fix patch
LEFT OVER  aws_instance.old  i-0f9  111122223333/eu-central-1  deposed a1b2c3d4, still there
ERROR      s3://tf/prod/old.tfstate: it is encrypted by OpenTofu
           try: tofu show -json | sre drift --state -
NOT SEEN   7 aws_glue_job  glue:ListJobs is not allowed
NOT SEEN   5 aws_glue_trigger  glue:ListTriggers is not allowed

1 high, 0 medium, 1 low, 1 missing, 1 unmanaged, 1 left over, 1 owned by controllers (hidden), 1 that nobody would manage (hidden).  exit 2
"""  # noqa: E501 - lines as long as they are in a pipe

AT_A_TERMINAL = """\
412 resources in 2 states · 2 accounts, 2 regions · 6.1 s
coverage 97 % (12 aws_glue_* not looked at)

HIGH    aws_security_group.api  sg-0ab1  111122223333/eu-central-1  opened to
        the world
        ingress[0].cidr_blocks   ["10.0.0.0/8"] → ["0.0.0.0/0"]
        by role ops-admin (console) 2026-11-20 22:14 UTC · 4 min before
        INC-20261120-1c2d
        2 depend on it: aws_instance.api, aws_lb.front
        mend: revert reality (security was widened)
LOW     aws_instance.web["blue"]  i-0f1  444455556666/us-east-1
        tags.team   "shop" → null
MISSING    aws_sqs_queue.dlq
           https://sqs.eu-central-1.amazonaws.com/111122223333/dlq
           111122223333/eu-central-1
UNMANAGED  aws_instance i-0f3  111122223333/eu-central-1  "test-box"  ~USD
           61/month  made 2026-11-17
           mend: import block: --fix patch
LEFT OVER  aws_instance.old  i-0f9  111122223333/eu-central-1  deposed a1b2c3d4,
           still there
ERROR      s3://tf/prod/old.tfstate: it is encrypted by OpenTofu
           try: tofu show -json | sre drift --state -
NOT SEEN   7 aws_glue_job  glue:ListJobs is not allowed
NOT SEEN   5 aws_glue_trigger  glue:ListTriggers is not allowed

1 high, 0 medium, 1 low, 1 missing, 1 unmanaged, 1 left over, 1 owned by
  controllers (hidden), 1 that nobody would manage (hidden).  exit 2
"""


def test_in_a_pipe_a_finding_is_a_line_and_nothing_is_folded() -> None:
    assert shown(FULL, mends=MENDS) == IN_A_PIPE


def test_at_a_terminal_80_columns_are_enough() -> None:
    assert shown(FULL, terminal=True, mends=MENDS) == AT_A_TERMINAL


def test_without_colour_no_escape_is_written_and_with_it_the_text_is_the_same() -> None:
    coloured = shown(FULL, terminal=True, colours=True, mends=MENDS)
    assert "\x1b[" not in shown(FULL, terminal=True, mends=MENDS)
    assert "\x1b[1;31mHIGH" in coloured
    assert visible(coloured) == AT_A_TERMINAL


@pytest.mark.parametrize(
    ("report", "last"),
    [
        pytest.param(CLEAN, "No drift.", id="clean"),
        pytest.param(
            replace(CLEAN, coverage=COVERED), "No drift in what was looked at.", id="partial"
        ),
        pytest.param(EMPTY, "No state could be read, so nothing is known.", id="no-state"),
        pytest.param(
            replace(CLEAN, known_before=3), "Nothing new. 3 known before.", id="known-before"
        ),
        pytest.param(
            replace(CLEAN, changed=FULL.changed[1:2], ignored=2),
            "No drift. 1 owned by controllers (hidden), 2 ignored (hidden).",
            id="hidden",
        ),
    ],
)
def test_where_nothing_was_found_the_last_line_says_how_sure_that_is(
    report: DriftReport, last: str
) -> None:
    assert shown(report, code=0).splitlines()[-1] == f"{last}  exit 0"


def test_a_clean_run_is_three_lines() -> None:
    assert shown(CLEAN, code=0).splitlines() == [
        "412 resources in 2 states · 2 accounts, 2 regions · 2.0 s · coverage 100 %",
        "",
        "No drift.  exit 0",
    ]


def test_what_is_hidden_is_shown_when_asked_for() -> None:
    ignored = replace(OPENED, klass=Class.IGNORED, why="ignored: known (.sreignore:3)")
    text = shown(replace(FULL, changed=(*FULL.changed, ignored)), controlled=True)
    assert "OWNED   aws_db_instance.main  main  111122223333/eu-central-1  autoscaling" in text
    assert "        allocated_storage   100 → 150\n" in text
    assert "IGNORED aws_security_group.api" in text
    assert "UNMANAGED  aws_vpc vpc-1  111122223333/eu-central-1  default VPC" in text
    assert "(hidden)" not in text


def test_a_lock_makes_the_result_provisional() -> None:
    locked = replace(STATES[0], locked="apply in progress by jo@laptop since 22:14 UTC")
    moved = replace(STATES[1], changed_meanwhile=True)
    text = shown(replace(FULL, states=(locked, moved)))
    assert (
        "PROVISIONAL  apply in progress by jo@laptop since 22:14 UTC "
        "(s3://tf/prod/network.tfstate); what follows may be wrong soon\n"
    ) in text
    assert "it was changed while it was compared (s3://tf/prod/data.tfstate)" in text


def test_changes_of_one_resource_stand_together_worst_first() -> None:
    other = replace(OPENED, path="description", before="a", after="b", why="", author=None, near=())
    text = shown(replace(CLEAN, changed=(replace(other, severity=other.severity.LOW), OPENED)))
    assert text.count("aws_security_group.api") == 1
    assert text.index("cidr_blocks") < text.index('description              "a" → "b"')


@pytest.mark.parametrize(
    ("author", "near", "said"),
    [
        pytest.param(None, (), "", id="nobody-known"),
        pytest.param(
            replace(JO, confidence=0.4),
            (),
            "perhaps by role ops-admin (console) 2026-11-20 22:14 UTC (confidence 0.40)",
            id="not-sure",
        ),
        pytest.param(replace(JO, when=None), (), "by role ops-admin (console)", id="time-unknown"),
        pytest.param(
            None, (Near(incident="INC-1", seconds=-90.0),), "90 s after INC-1", id="incident-only"
        ),
    ],
)
def test_who_did_it_is_told_as_far_as_it_is_known(author: Any, near: Any, said: str) -> None:
    text = shown(replace(CLEAN, changed=(replace(OPENED, author=author, near=near),)))
    line = text.splitlines()[4].strip()
    assert line == (said or "2 depend on it: aws_instance.api, aws_lb.front")


def test_in_one_account_only_the_region_is_told() -> None:
    there = replace(HERE, region="eu-west-1")
    one = replace(CLEAN, coverage=(), changed=(OPENED, replace(OPENED, place=there, address="b")))
    text = shown(one)
    assert "sg-0ab1  eu-west-1" in text
    assert "111122223333" not in text


def test_of_many_strangers_of_one_type_some_are_shown_and_the_rest_counted() -> None:
    strangers = tuple(replace(STRANGER, id=f"i-{place}") for place in range(25))
    report = replace(CLEAN, unmanaged=strangers)
    assert shown(report).count("UNMANAGED  aws_instance i-") == 10
    assert "UNMANAGED  … 15 more aws_instance\n" in shown(report)
    assert shown(report, controlled=True).count("UNMANAGED  aws_instance i-") == 25


def test_coverage_is_100_only_when_nothing_is_lacking() -> None:
    lacking = Coverage(type="aws_x_y", extent=Extent.PARTIAL, resources=1)
    most = Coverage(type="aws_z", extent=Extent.SHALLOW, resources=9999)
    text = shown(replace(CLEAN, coverage=(lacking, most)))
    assert "coverage 99 % (1 aws_x_y in part only, 9,999 aws_z by a generic reading)" in text


def test_warnings_about_the_run_are_shown() -> None:
    text = shown(CLEAN, warnings=[".sreignore:3: aws_x is ignored for no reason"])
    assert "WARNING    .sreignore:3: aws_x is ignored for no reason\n" in text


@pytest.mark.parametrize("controlled", [True, False], ids=["all", "usual"])
@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "pipe"])
def test_no_escape_no_hidden_letter_and_no_line_of_its_own_comes_from_outside(
    terminal: bool, controlled: bool
) -> None:
    mends = {(HOSTILE, HOSTILE): HOSTILE}
    warnings = [HOSTILE]
    text = shown(
        hostile(), terminal=terminal, controlled=controlled, warnings=warnings, mends=mends
    )
    assert visible(text) == text
    assert not any(line.startswith(("# heading", "]]>")) for line in text.splitlines())


def test_wide_letters_do_not_widen_the_screen() -> None:
    wide = replace(OPENED, address="aws_instance." + "漢字" * 60, why="警告" * 50)
    text = shown(replace(CLEAN, changed=(wide,)), terminal=True)
    assert max(map(cell_len, text.splitlines())) <= 80


@pytest.mark.timeout(120)  # seconds; to compare each with each takes longer
@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "pipe"])
def test_a_thousand_findings_are_shown_at_once(terminal: bool) -> None:
    text = shown(many(), terminal=terminal)
    assert text.count("HIGH ") == 1000
    assert "\n1,000 high, 0 medium" in text


def test_progress_says_how_far_it_is_and_leaves_nothing_in_a_pipe() -> None:
    out = console(terminal=False)
    progress = DriftProgress(out)
    progress.say("reading s3://tf/prod/network.tfstate")
    progress.read("aws_sqs_queue", HERE, 1200)
    progress.read(HOSTILE, HERE, 4)
    assert progress.line.startswith("2 lists read, 1,204 things · evil")
    assert visible(progress.line) == progress.line
    progress.rest()
    assert isinstance(out.file, io.StringIO)
    assert out.file.getvalue() == ""


def test_progress_at_a_terminal_is_one_line_that_goes_away() -> None:
    out = console(terminal=True)
    progress = DriftProgress(out)
    progress.read("aws_sqs_queue", HERE, 3)
    progress.rest()
    assert isinstance(out.file, io.StringIO)
    assert "1 lists read, 3 things · aws_sqs_queue in 111122223333/eu" in out.file.getvalue()
