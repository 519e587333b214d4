"""Any change to a journal is found and its line is named; what cannot be found is said."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.journal.samples import FakeClock, as_it_is, flips, records

from sreagent.domain.errors import BadJournal
from sreagent.domain.record import Intended
from sreagent.journal.chain import link
from sreagent.journal.store import Journal
from sreagent.journal.verify import Verification, verify

Lines = list[bytes]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("original")
    with Journal.create(root, FakeClock(), redact=as_it_is) as journal:
        for record in records():
            journal.append(record)
    return journal.folder


@pytest.fixture
def path(tmp_path: Path, original: Path) -> Path:
    folder = tmp_path / "incidents" / original.name
    shutil.copytree(original, folder)
    return folder / "journal.jsonl"


def lines_of(path: Path) -> Lines:
    return path.read_bytes().splitlines(keepends=True)


def named_lines(found: Verification) -> set[int]:
    return {problem.line for problem in found.problems}


def test_an_untouched_journal_is_sound_up_to_its_last_entry(path: Path) -> None:
    found = verify(path)
    assert found.sound
    assert found.entries == found.closed == len(records())
    assert found.head == link(lines_of(path)[-1].rstrip(b"\n"))
    assert found.in_doubt == ()
    assert verify(path.parent) == found


def test_any_flipped_byte_is_found_in_its_line_or_by_the_next(path: Path) -> None:
    content = path.read_bytes()
    for place, changed in flips(content, step=7):
        path.write_bytes(changed)
        line = content[:place].count(b"\n") + 1
        assert named_lines(verify(path)) & {line, line + 1}, f"byte {place}"


@pytest.mark.parametrize("line", range(1, len(records())))
def test_a_dropped_line_is_found_where_it_is_missing(path: Path, line: int) -> None:
    lines = lines_of(path)
    path.write_bytes(b"".join(lines[: line - 1] + lines[line:]))
    assert line in named_lines(verify(path))


@pytest.mark.parametrize("line", range(1, len(records()) + 1))
def test_a_doubled_line_is_found(path: Path, line: int) -> None:
    lines = lines_of(path)
    path.write_bytes(b"".join([*lines[:line], lines[line - 1], *lines[line:]]))
    assert line + 1 in named_lines(verify(path))


@pytest.mark.parametrize("line", range(1, len(records())))
def test_swapped_lines_are_found(path: Path, line: int) -> None:
    lines = lines_of(path)
    lines[line - 1], lines[line] = lines[line], lines[line - 1]
    path.write_bytes(b"".join(lines))
    assert {line, line + 1} <= named_lines(verify(path))


def test_a_cut_at_any_byte_is_found(path: Path) -> None:
    content = path.read_bytes()
    for cut in range(0, len(content), 11):
        path.write_bytes(content[:cut])
        lines = content[:cut].count(b"\n")
        assert named_lines(verify(path)) & {lines, lines + 1}, f"cut at {cut}"


def test_a_cut_at_a_line_end_is_found_by_the_head_alone(path: Path) -> None:
    lines = lines_of(path)
    path.write_bytes(b"".join(lines[:-2]))
    found = verify(path)
    assert named_lines(found) == {len(lines) - 2}
    assert found.closed == 0
    (path.parent / "head").unlink()
    unanchored = verify(path)
    assert unanchored.sound
    assert unanchored.closed == 0


def rehash(lines: Lines) -> Lines:
    """Make the chain fit again, as somebody with write access could."""
    result: Lines = []
    for raw in lines:
        body = json.loads(raw)
        if result:
            body["prev"] = link(result[-1].rstrip(b"\n"))
        text = json.dumps(body, sort_keys=True, separators=(",", ":"))
        result.append(text.encode() + b"\n")
    return result


def test_a_chain_made_anew_is_found_by_the_head(path: Path) -> None:
    lines = lines_of(path)
    lines[1] = lines[1].replace(b"31 objects", b"99 objects")
    path.write_bytes(b"".join(rehash(lines)))
    assert named_lines(verify(path)) == {len(lines)}


@pytest.mark.parametrize(
    ("change", "what"),
    [
        pytest.param(lambda raw: b" " + raw, "canonical", id="a-space"),
        pytest.param(
            lambda raw: raw.replace(b'"seq":', b'"seq":1,"seq":'), "canonical", id="a-key-twice"
        ),
        pytest.param(lambda raw: raw.replace(b'"mono"', b'"mona"'), "fields", id="another-field"),
        pytest.param(lambda raw: raw.replace(b'"looked"', b'"dreamt"'), "unknown", id="a-kind"),
        pytest.param(lambda raw: raw.replace(b'"2026-', b'"20x6-'), "wrong type", id="a-time"),
        pytest.param(
            lambda raw: re.sub(rb'"at":"[^"]+"', b'"at":"9999-12-31T23:59:59-12:00"', raw),
            "wrong type",
            id="after-all-time",
        ),
        pytest.param(lambda raw: raw.replace(b":0.21", b":NaN"), "not JSON", id="not-a-number"),
    ],
)
def test_a_problem_says_what_is_wrong(
    path: Path, change: Callable[[bytes], bytes], what: str
) -> None:
    lines = lines_of(path)
    lines[1] = change(lines[1])
    path.write_bytes(b"".join(lines))
    assert any(problem.line == 2 and what in problem.what for problem in verify(path).problems)


def test_an_intent_without_a_result_is_in_doubt_and_no_tampering(tmp_path: Path) -> None:
    with Journal.create(tmp_path, FakeClock(), redact=as_it_is) as journal:
        for record in records():
            journal.append(record)
        journal.append(Intended(action="A2", digest="d", before={}, after={}))
    found = verify(journal.folder)
    assert found.sound
    assert found.in_doubt == ("A2",)


def test_a_torn_last_line_is_told_and_nothing_is_changed(path: Path) -> None:
    torn = path.read_bytes() + b'{"at":'
    path.write_bytes(torn)
    (problem,) = verify(path).problems
    assert problem.line == len(records()) + 1
    assert "unfinished" in problem.what
    assert path.read_bytes() == torn


def test_a_broken_head_is_told(path: Path) -> None:
    (path.parent / "head").write_bytes(b"{}")
    (problem,) = verify(path).problems
    assert "head" in problem.what


def test_a_journal_that_is_open_is_anchored_up_to_the_last_close(path: Path) -> None:
    root = path.parents[2]
    with Journal.open(root, path.parent.name, FakeClock(), redact=as_it_is) as journal:
        journal.append(records()[-1])
        found = verify(path)
    assert (found.entries, found.closed) == (len(records()) + 1, len(records()))


def test_a_missing_journal_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadJournal, match="missing"):
        verify(tmp_path / "INC-20261121-7f3a")
