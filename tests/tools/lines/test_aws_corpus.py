"""Every aws line of the corpus: only reads come out as reads, and nearly all of them do."""

import json
from pathlib import Path
from typing import Any

import pytest

from sreagent.domain.command import AwsRead, Refusal
from sreagent.tools.lines import parse
from sreagent.tools.lines.aws_render import render_aws

ROWS: list[dict[str, Any]] = [
    row
    for line in (Path(__file__).parent / "commands.jsonl").read_text(encoding="utf-8").splitlines()
    if (row := json.loads(line))["tool"] == "aws"
]
READS = [row for row in ROWS if row["class"] == "read"]
NOT_TAKEN = {"aws ec2 terminate-instances --instance-ids i-0abc123 --dry-run"}
"""Reads that are refused: a dry run of a change is one flag away from the change."""


def _id(row: dict[str, Any]) -> str:
    return f"{row['class']}-{row['cmd'][:60]!r}"


@pytest.mark.parametrize("row", [row for row in ROWS if row["class"] != "read"], ids=_id)
def test_what_is_no_read_never_comes_out_as_one(row: dict[str, Any]) -> None:
    assert not isinstance(parse(row["cmd"]), AwsRead)


@pytest.mark.parametrize("row", READS, ids=_id)
def test_reads_are_understood_and_rendered_alike(row: dict[str, Any]) -> None:
    read = parse(row["cmd"])
    if row["cmd"] in NOT_TAKEN:
        assert isinstance(read, Refusal)
        return
    assert isinstance(read, AwsRead)
    assert parse(render_aws(read)) == read


def test_at_least_97_of_100_reads_run_without_asking() -> None:
    taken = [row for row in READS if isinstance(parse(row["cmd"]), AwsRead)]
    assert len(taken) / len(READS) >= 0.97
