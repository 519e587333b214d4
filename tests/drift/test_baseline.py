"""What an earlier run found is not told again, and nothing of it can be read from the file."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.drift.reports import (
    CLEAN,
    DEPOSED,
    EMPTY,
    FULL,
    LOST,
    OPENED,
    STRANGER,
    TAGGED,
    THERE,
    hostile,
    many,
)

from sreagent.domain.drift_fingerprint import Found, fingerprint
from sreagent.domain.errors import BadInput, SreError
from sreagent.domain.secrets import mask
from sreagent.drift.baseline import baseline, load, save, without_known


def test_what_is_known_is_counted_and_not_told_again() -> None:
    report = without_known(FULL, baseline(FULL))
    assert (report.drifted, report.missing, report.strangers, report.left_over) == ((),) * 4
    assert report.known_before == 5


def test_what_is_no_finding_stays() -> None:
    report = without_known(FULL, baseline(FULL))
    assert [each.path for each in report.changed] == ["allocated_storage"]
    assert [each.folded for each in report.unmanaged] == ["default VPC"]
    assert (report.coverage, report.errors) == (FULL.coverage, FULL.errors)


def test_only_what_is_new_is_told() -> None:
    known = baseline(replace(FULL, changed=(TAGGED,), missing=()))
    report = without_known(FULL, known)
    assert report.drifted == (OPENED,)
    assert report.missing == (LOST,)
    assert report.known_before == 3


def test_a_baseline_of_nothing_takes_nothing_away() -> None:
    for none in (CLEAN, EMPTY):
        assert without_known(FULL, baseline(none)) == FULL


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(OPENED, replace(OPENED, after=["0.0.0.0/0", "::/0"]), id="opened-further"),
        pytest.param(OPENED, replace(OPENED, path="egress[0].cidr_blocks"), id="path"),
        pytest.param(OPENED, replace(OPENED, address="aws_security_group.b"), id="address"),
        pytest.param(OPENED, replace(OPENED, id="sg-2"), id="made-anew"),
        pytest.param(LOST, replace(LOST, place=THERE), id="another-account"),
        pytest.param(STRANGER, replace(STRANGER, id="i-2"), id="another-stranger"),
        pytest.param(DEPOSED, replace(DEPOSED, key="e5f6"), id="another-deposed-object"),
        pytest.param(replace(OPENED, after=True), replace(OPENED, after="true"), id="type"),
        pytest.param(replace(OPENED, after=""), replace(OPENED, after=None), id="null"),
    ],
)
def test_another_difference_has_another_fingerprint(one: Found, other: Found) -> None:
    assert fingerprint(one) != fingerprint(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(["a", "b"], ["b", "a"], id="list-in-another-order"),
        pytest.param({"a": 1, "b": [2, 3]}, {"b": [3, 2], "a": 1}, id="keys-in-another-order"),
        pytest.param('{"a": 1, "b": 2}', '{"b":2,"a":1}', id="policy-in-another-order"),
        pytest.param("(hidden 12ab)", "(hidden 98fe)", id="mask-of-another-run"),
        pytest.param(
            {"p": "[REDACTED:password:12ab]"}, {"p": "[REDACTED:password:98fe]"}, id="token"
        ),
    ],
)
def test_the_same_difference_has_the_same_fingerprint_in_every_run(one: Any, other: Any) -> None:
    assert fingerprint(replace(OPENED, after=one)) == fingerprint(replace(OPENED, after=other))


def test_the_marks_of_masks_are_as_the_fingerprint_expects_them() -> None:
    secrets = [replace(OPENED, after=mask(text)) for text in ("one", "another")]
    assert len(set(map(fingerprint, secrets))) == 1


def test_severity_author_and_time_make_no_other_finding() -> None:
    told = replace(OPENED, author=None, near=(), why="", dependents=(), before="x")
    assert fingerprint(told) == fingerprint(OPENED)


@pytest.mark.parametrize("report", [FULL, CLEAN, hostile(), many()], ids=range(4))
def test_what_was_saved_is_loaded(tmp_path: Path, report: Any) -> None:
    path = tmp_path / "baseline.json"
    save(path, baseline(report))
    assert load(path) == baseline(report)
    assert [each.name for each in tmp_path.iterdir()] == ["baseline.json"]


def test_nothing_but_hashes_is_saved(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    save(path, baseline(FULL))
    body = json.loads(path.read_text("utf-8"))
    assert list(body) == ["version", "at", "count", "findings"]
    assert {len(each) for each in body["findings"]} == {64}
    assert body["findings"] == sorted(body["findings"])


def whole(tmp_path: Path) -> str:
    path = tmp_path / "whole.json"
    save(path, baseline(FULL))
    return path.read_text("utf-8")


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        pytest.param(lambda text: text[: len(text) // 2], "ends in the middle", id="half"),
        pytest.param(lambda _: "", "it is empty", id="empty"),
        pytest.param(lambda _: "[" * 100_000, "ends in the middle", id="nested-without-end"),
        pytest.param(lambda _: "[]", "no baseline", id="a-list"),
        pytest.param(lambda _: '{"version": 1}', "no baseline", id="keys-missing"),
        pytest.param(
            lambda text: text.replace('"version": 1', '"version": 2'), "version 2", id="newer"
        ),
        pytest.param(
            lambda text: text.replace('"count": 5', '"count": 6'),
            "tells of 6 findings and holds 5",
            id="a-line-lost",
        ),
        pytest.param(lambda text: text.replace('"2026-11-20T', '"today'), "time", id="no-time"),
        pytest.param(
            lambda text: text.replace('"findings": [\n  "', '"findings": [\n  "x'),
            "no SHA-256",
            id="no-hash",
        ),
    ],
)
def test_a_file_that_is_not_whole_is_an_error_and_stays(
    tmp_path: Path, broken: Callable[[str], str], why: str
) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(broken(whole(tmp_path)), "utf-8")
    before = path.read_bytes()
    with pytest.raises(BadInput) as raised:
        load(path)
    assert why in raised.value.why
    assert str(path) in raised.value.message
    assert path.read_bytes() == before


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no baseline"):
        load(tmp_path / "none.json")


def test_a_file_in_another_encoding_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    path.write_bytes(b"\xff\xfe{}")
    with pytest.raises(BadInput, match="cannot use"):
        load(path)


def test_what_cannot_be_written_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "baseline.json"
    save(path, baseline(FULL))
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(SreError, match="cannot write") as raised:
        save(path, baseline(CLEAN))
    assert raised.value.why == "No space left on device"
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["baseline.json"]


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SreError, match="cannot write"):
        save(tmp_path / "none" / "baseline.json", baseline(FULL))
