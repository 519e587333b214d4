"""The text of a pull request tells the drift, and hostile text only shows."""

import re
from dataclasses import replace
from datetime import UTC, datetime

from markdown_it import MarkdownIt

from sreagent.domain.drift import Author, Changed, Class, DriftReport, Missing, Near, Severity, Way
from sreagent.drift.mend.code import Code
from sreagent.drift.mend.direction import decide_changed, decide_missing
from sreagent.drift.mend.edit import Wish
from sreagent.drift.mend.patch import mended
from sreagent.drift.mend.request import body, code, title

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
EVIL = "@all #1 | `x` </code><script>alert(1)</script> [a](http://e.vil) *b* !x\n| - [ ] --> &lt;"
CHANGED = Changed(
    address="aws_x.a",
    type="aws_x",
    id="i",
    path="tags.Name",
    before="a",
    after=EVIL,
    severity=Severity.HIGH,
    why=EVIL,
    author=Author(who=EVIL, when=NOON, how=Way.CONSOLE),
    near=(Near(incident="INC-1", seconds=-60),),
)
GONE = Missing(address="aws_x.b", type="aws_x", id="j", dependents=("aws_x.c",))


def text() -> str:
    report = DriftReport(at=NOON, changed=(CHANGED,), missing=(GONE,))
    decisions = [decide_changed(CHANGED), decide_missing(GONE, [GONE])]
    wish = Wish(address="aws_x.a", path="tags.Name", before="a", after="b")
    done = mended(Code(files={"main.tf": b'resource "aws_x" "a" {\n  tags = f()\n}\n'}), [wish])
    return body(report, decisions, done)


def test_it_tells_what_who_when_and_what_an_apply_would_do() -> None:
    told = text()
    assert "an apply undoes what was done in" in told
    assert "2026-11-21 12:00 UTC" in told
    assert "console" in told
    assert "an apply makes it again, without its data, and 1 depend on it" in told
    assert code("terraform apply -target=aws_x.b") in told
    assert code("main.tf:2") in told


def test_what_a_controller_owns_is_proposed_to_be_ignored() -> None:
    scaled = replace(CHANGED, path="desired_count", klass=Class.CONTROLLER, why="autoscaling")
    report = DriftReport(at=NOON, changed=(scaled,))
    told = body(report, [decide_changed(scaled)], mended(Code(files={}), []))
    assert code("lifecycle { ignore_changes = [desired_count] }") in told


def test_hostile_text_formats_nothing_mentions_nobody_and_ends_no_row() -> None:
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(text())
    outside = re.sub(r"<code>.*?</code>", "", html)
    for sign in ("@all", "script", "e.vil", "<em>", "alert"):
        assert sign not in outside
    assert "<script" not in html
    assert "href" not in html
    rows = [row for row in text().splitlines() if "INC" in row or "aws" in row]
    assert all("\r" not in row for row in rows)


def test_every_row_of_a_table_has_as_many_cells_as_its_head() -> None:
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(text())
    for table in html.split("<table>")[1:]:
        heads = table.count("<th>")
        assert table.count("<td>") % heads == 0


def test_the_title_is_one_line() -> None:
    wish = Wish(address="aws_x.a", path="size", before="a", after="b")
    files = {"main.tf": b'resource "aws_x" "a" {\n  size = "a"\n}\n'}
    assert title(mended(Code(files=files), [wish])) == "Drift: aws_x.a as it is in reality"
