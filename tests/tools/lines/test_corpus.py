"""Every line of the corpus: only reads come out as reads, and nearly all of them do."""

import json
from pathlib import Path
from typing import Any

import pytest

from sreagent.domain.command import KubectlRead, Refusal
from sreagent.tools.lines import parse, render

ROWS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (Path(__file__).parent / "commands.jsonl").read_text(encoding="utf-8").splitlines()
]
OURS = [row for row in ROWS if row["tool"] != "aws"]
NOT_TAKEN = {"kubectl kustomize ./overlays/prod"}
"""Reads that are refused: they read local files."""


def _id(row: dict[str, Any]) -> str:
    return f"{row['class']}-{row['cmd'][:60]!r}"


@pytest.mark.parametrize("row", [row for row in OURS if row["class"] != "read"], ids=_id)
def test_what_is_no_read_never_comes_out_as_one(row: dict[str, Any]) -> None:
    assert not isinstance(parse(row["cmd"]), KubectlRead)


@pytest.mark.parametrize(
    "row", [row for row in OURS if row["tool"] == "kubectl" and row["class"] == "read"], ids=_id
)
def test_reads_of_kubectl_are_understood_and_rendered_alike(row: dict[str, Any]) -> None:
    read = parse(row["cmd"])
    if row["cmd"] in NOT_TAKEN:
        assert isinstance(read, Refusal)
        return
    assert isinstance(read, KubectlRead)
    assert parse(render(read)) == read


@pytest.mark.parametrize(
    "row", [row for row in OURS if row["tool"] in ("helm", "terraform", "shell")], ids=_id
)
def test_other_programs_are_refused_with_what_to_write_instead(row: dict[str, Any]) -> None:
    refusal = parse(row["cmd"])
    assert isinstance(refusal, Refusal)
    assert refusal.rule.startswith("grammar/")
    assert refusal.reason


def test_at_least_97_of_100_reads_run_without_asking() -> None:
    reads = [row for row in OURS if row["tool"] == "kubectl" and row["class"] == "read"]
    taken = [row for row in reads if isinstance(parse(row["cmd"]), KubectlRead)]
    assert len(taken) / len(reads) >= 0.97
