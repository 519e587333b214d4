"""What holds for drift in every form: all findings are in it, and hostile text stays text."""

import json
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt
from tests.drift.reports import CLEAN, DEPOSED, EMPTY, FULL, OPENED, STATE, STATES, hostile, many

from sreagent.domain.drift import DriftReport
from sreagent.domain.text import visible
from sreagent.drift.outcome import DriftExit, exit_of
from sreagent.report.drift_html import as_html
from sreagent.report.drift_junit import as_junit
from sreagent.report.drift_markdown import as_markdown
from sreagent.report.drift_sarif import as_sarif
from sreagent.report.drift_words import summary


def as_sarif_text(report: DriftReport) -> str:
    return json.dumps(as_sarif(report), ensure_ascii=False)


FORMS = [
    pytest.param(as_markdown, id="markdown"),
    pytest.param(as_html, id="html"),
    pytest.param(as_sarif_text, id="sarif"),
    pytest.param(as_junit, id="junit"),
]
MENDS = {
    (STATE, "aws_security_group.api"): "revert reality",
    (STATE, "aws_sqs_queue.dlq"): "apply again",
    ("", "aws_instance:i-0f3"): "import block",
}


@pytest.mark.parametrize("form", FORMS)
def test_every_finding_and_every_gap_is_told(form: Callable[[DriftReport], str]) -> None:
    text = form(FULL)
    for told in ("aws_security_group.api", "sg-0ab1", "cidr_blocks", "aws_sqs_queue.dlq", "i-0f3"):
        assert told in text
    for told in ("aws_instance.old", "aws_glue_job", "ListJobs is not allowed", "OpenTofu"):
        assert told.replace("_", "") in text.replace("\\_", "").replace("_", "")


@pytest.mark.parametrize("form", FORMS)
def test_a_left_over_that_is_gone_is_no_finding_as_for_the_shell(
    form: Callable[[DriftReport], str],
) -> None:
    for exists, says in ((True, True), (None, True), (False, False)):
        report = replace(CLEAN, left_over=(replace(DEPOSED, exists=exists),))
        assert (exit_of(report) is DriftExit.DRIFT) is says
        assert (DEPOSED.key in form(report)) is says
        assert ("1 left over" in summary(report)) is says


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("report", [CLEAN, EMPTY, hostile()], ids=["clean", "no-state", "hostile"])
def test_no_hidden_letter_is_passed_on(
    form: Callable[[DriftReport], str], report: DriftReport
) -> None:
    text = form(report)
    assert visible(text) == text
    text.encode("utf-8")


@pytest.mark.timeout(120)  # seconds; to compare each with each takes longer
@pytest.mark.parametrize("form", FORMS)
def test_a_thousand_findings_take_moments(form: Callable[[DriftReport], str]) -> None:
    assert form(many())


@pytest.mark.parametrize("form", FORMS)
def test_the_same_report_gives_the_same_text(form: Callable[[DriftReport], str]) -> None:
    assert form(FULL) == form(replace(FULL))


MARKDOWN = """\
## Drift

**1 high, 0 medium, 1 low, 1 missing, 1 unmanaged, 1 left over, 1 owned by controllers (hidden), \
1 that nobody would manage (hidden).**

412 resources in 2 states · 2 accounts, 2 regions · 6.1 s · coverage 97 % (12 aws_glue\\_\\* not \
looked at)

### HIGH `aws_security_group.api`

`sg-0ab1` · 111122223333/eu-central-1 · opened to the world

- `ingress[0].cidr_blocks`

  ```diff
    ["10.0.0.0/8"] → ["0.0.0.0/0"]
  ```

by role ops-admin (console) 2026-11-20 22:14 UTC · 4 min before INC-20261120-1c2d

2 depend on it: aws_instance.api, aws_lb.front

mend: revert reality
"""


def test_a_comment_begins_with_the_answer_and_the_worst() -> None:
    assert as_markdown(FULL, mends=MENDS).startswith(MARKDOWN)


def tokens(markdown: str) -> list[Any]:
    renderer = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    found = renderer.parse(markdown)
    return [child for token in found for child in (token, *(token.children or ()))]


def test_hostile_text_makes_no_markup_of_a_comment() -> None:
    found = tokens(as_markdown(hostile(), mends={("", ""): "x"}))
    kinds = {token.type for token in found}
    assert kinds.isdisjoint({"link_open", "image", "html_block", "html_inline", "hr", "s_open"})
    headings = [token.tag for token in found if token.type == "heading_open"]
    assert "h1" not in headings
    for token in found:
        if token.type == "text":
            assert "@everyone" not in token.content
            assert "://" not in token.content


def test_tables_of_a_comment_have_whole_rows() -> None:
    for report in (FULL, hostile()):
        found = tokens(as_markdown(report))
        opened = [token.type for token in found]
        assert opened.count("table_open") == 5
        rows = opened.count("td_open") + opened.count("th_open")
        assert rows == 2 * 6 + 2 * 6 + 2 * 4 + _gap_cells(report) + 2 * 3


def _gap_cells(report: DriftReport) -> int:
    reasons = {each.why for each in report.coverage if each.extent not in ("complete", "shallow")}
    return 2 * (1 + len(reasons))


def test_a_comment_fits_where_comments_go_and_says_what_is_left_out() -> None:
    text = as_markdown(many(), longest=20_000)
    assert len(text) <= 20_000
    assert text.splitlines()[-1].endswith("the JSON object has all of them._")
    assert text.splitlines()[-1][1:4].isdigit()


class Seen(HTMLParser):
    """What a browser would find in a file."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_file_is_alone_and_runs_nothing() -> None:
    for report in (FULL, hostile(), CLEAN):
        seen = Seen(as_html(report, mends=MENDS))
        assert set(seen.tags).isdisjoint({"script", "link", "img", "iframe", "a", "form", "object"})
        names = {name for name, _ in seen.attributes}
        assert names <= {"lang", "charset", "http-equiv", "content", "name", "class"}
    assert "default-src 'none'" in as_html(CLEAN)
    assert "prefers-color-scheme: dark" in as_html(CLEAN)


def test_hostile_text_stays_text_in_the_file() -> None:
    assert "<script>alert(1)</script>" in Seen(as_html(hostile())).text
    assert "<script" not in as_html(hostile())


def test_the_file_tells_all_and_keeps_what_is_no_drift_closed() -> None:
    text = as_html(FULL, mends=MENDS)
    seen = Seen(text)
    for told in ("revert reality", "apply again", "import block", "AuthorizeSecurityGroupIngress"):
        assert told in seen.text
    before, after = text.split("<details>")
    assert "aws_db_instance.main" not in before
    assert "aws_db_instance.main" in after
    assert "default VPC" in after


def test_each_tag_of_the_file_is_closed() -> None:
    for report in (FULL, hostile(), CLEAN):
        body = as_html(report).split("<body>")[1].split("</body>")[0]
        ElementTree.fromstring(f"<body>{body}</body>")  # noqa: S314 - our own text


def test_a_lock_is_told_in_every_document() -> None:
    report = replace(CLEAN, states=(replace(STATES[0], locked="apply by jo@laptop since 22:14"),))
    for text in (as_markdown(report), as_html(report)):
        assert "Provisional:" in text
        assert "may be wrong soon" in text
    (told,) = as_sarif(report)["runs"][0]["invocations"][0]["toolExecutionNotifications"]
    assert told["message"]["text"].startswith("provisional: apply by jo@laptop")


def test_a_policy_is_told_by_what_differs() -> None:
    def policy(who: str) -> str:
        opened = {"Sid": "Read", "Principal": who, "Resource": "arn:aws:s3:::logs/" + "x" * 60}
        return json.dumps({"Statement": [opened, {"Sid": "Other", "Action": "y" * 60}]})

    report = replace(CLEAN, changed=(replace(OPENED, before=policy("me"), after=policy("*")),))
    assert 'Statement[Read].Principal: "me" → "*"' in as_markdown(report)
