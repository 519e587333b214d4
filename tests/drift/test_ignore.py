"""What an ignore file leaves out, and what it says about itself."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from tests.drift.reports import AT, FULL, LOST, OPENED, SCALED, TAGGED

from sreagent.domain.drift import Changed, Class, DriftReport
from sreagent.domain.errors import BadInput, BadSettings
from sreagent.drift.ignore import parse, read, without_ignored_changes

TODAY = AT.date()
DEEP = replace(OPENED, address='module.vpc["a.b"].aws_security_group.web[0]', id="sg-9")


def klass(pattern: str, found: Changed) -> Class:
    report = parse(pattern).applied(DriftReport(at=AT, changed=(found,)))
    return report.changed[0].klass


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param('module.vpc["a.b"].aws_security_group.web[0]', id="address"),
        pytest.param(
            'module.vpc["a.b"].aws_security_group.web[0].ingress[0].cidr_blocks', id="path"
        ),
        pytest.param("module.vpc.aws_security_group.web", id="all-instances"),
        pytest.param("module.vpc.aws_security_group.web.ingress.cidr_blocks", id="all-blocks"),
        pytest.param("module.vpc", id="all-in-a-module"),
        pytest.param("module.*.aws_security_group", id="all-of-a-type-in-modules"),
        pytest.param("**.aws_security_group.*.ingress", id="an-attribute-wherever"),
        pytest.param("**.cidr_blocks", id="the-last-step-wherever"),
        pytest.param("module.v?c.aws_security_*.w*", id="letters-left-open"),
        pytest.param('module.vpc["*"].aws_security_group.web[0]', id="any-key"),
        pytest.param("aws_security_group:sg-9", id="type-and-id"),
        pytest.param("aws_*:sg-*", id="type-and-id-left-open"),
        pytest.param("*", id="everything"),
    ],
)
def test_a_pattern_ignores_what_it_names_and_what_is_below(pattern: str) -> None:
    assert klass(pattern, DEEP) is Class.IGNORED


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param('module.vpc["a.c"].aws_security_group.web', id="other-key"),
        pytest.param("module.vpc.aws_security_group.web[1]", id="other-instance"),
        pytest.param("module.vpc.aws_security_group.we", id="half-a-name"),
        pytest.param("aws_security_group.web", id="other-module"),
        pytest.param("module.vpc.aws_security_group.web.egress", id="other-attribute"),
        pytest.param("module.vpc.aws_security_group.web.ingress.cidr_blocks.x", id="too-deep"),
        pytest.param("aws_security_group:sg-90", id="other-id"),
        pytest.param("aws_instance:sg-9", id="other-type"),
        pytest.param("*.aws_security_group", id="a-star-is-one-step"),
    ],
)
def test_a_pattern_leaves_alone_what_it_does_not_name(pattern: str) -> None:
    assert klass(pattern, DEEP) is Class.DRIFT


def test_a_key_with_dots_is_the_same_in_brackets_and_after_a_dot() -> None:
    label = replace(TAGGED, path="tags.app.kubernetes.io/name")
    assert klass('aws_instance.web.tags["app.kubernetes.io/name"]', label) is Class.IGNORED
    assert klass('aws_instance.web.tags["app.kubernetes.io/part-of"]', label) is Class.DRIFT


def test_a_key_with_blanks_and_a_hash_sign_is_one_word() -> None:
    odd = replace(TAGGED, address='aws_instance.web["a #1"]')
    rules = parse('aws_instance.web["a #1"] until=2026-12-31 # tried out by the web team').rules
    assert [(rule.pattern, rule.reason) for rule in rules] == [
        ('aws_instance.web["a #1"]', "tried out by the web team")
    ]
    assert klass('aws_instance.web["a #1"]', odd) is Class.IGNORED


def test_the_reason_and_the_line_are_told() -> None:
    text = "# by the platform team\n\naws_security_group.api until=2026-12-31  # ticket 12\n"
    (found, *_) = parse(text).applied(FULL).changed
    assert found.klass is Class.IGNORED
    assert found.why == "ignored until 2026-12-31: ticket 12 (.sreignore:3)"


def test_of_the_lines_that_match_the_last_one_counts() -> None:
    text = "**.tags # tags are free\n!aws_instance.web.tags.team\n"
    assert klass(text, TAGGED) is Class.DRIFT
    assert klass(text, replace(TAGGED, path="tags.mood")) is Class.IGNORED
    assert klass(text + "aws_instance.web # being replaced", TAGGED) is Class.IGNORED


def test_missing_and_left_over_are_counted_and_unmanaged_folded_away() -> None:
    text = "aws_sqs_queue.dlq # gone\naws_instance.old # soon\naws_instance:i-0f3 # a test"
    report = parse(text).applied(FULL)
    assert (report.missing, report.left_over, report.ignored) == ((), (), 2)
    assert report.strangers == ()
    assert report.unmanaged[0].folded == "ignored: a test (.sreignore:3)"
    assert report.unmanaged[1].folded == "default VPC"


def test_a_missing_resource_is_not_ignored_by_a_rule_on_one_of_its_attributes() -> None:
    report = parse("aws_sqs_queue.dlq.tags # free").applied(FULL)
    assert report.missing == (LOST,)


def test_a_rule_applies_on_its_last_day_and_no_longer() -> None:
    last, over = f"until={TODAY}", f"until={TODAY.replace(day=TODAY.day - 1)}"
    assert klass(f"aws_security_group.api {last} # x", OPENED) is Class.IGNORED
    assert klass(f"aws_security_group.api {over} # x", OPENED) is Class.DRIFT


def test_rules_without_a_reason_and_rules_that_are_over_are_told() -> None:
    text = "aws_a.x\naws_b.x until=2026-01-31 # soon\n!aws_c.x\naws_d.x # fine"
    assert parse(text).warnings(date(2026, 2, 1)) == (
        ".sreignore:1: aws_a.x is ignored for no reason: add # and the reason",
        ".sreignore:2: aws_b.x was ignored until 2026-01-31, and is told again",
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param("!", "nothing stands after the !", id="nothing-negated"),
        pytest.param("aws_x.y until=soon", "'soon' is no day", id="no-day"),
        pytest.param("aws_x.y until=2026-02-30", "'2026-02-30' is no day", id="no-such-day"),
        pytest.param("aws_x.y until", "'until' is neither", id="half-an-option"),
        pytest.param("aws_x.y aws_x.z", "'aws_x.z' is neither", id="two-patterns"),
        pytest.param("aws_x.y until=2026-12-31 why", "'why' after until=", id="no-hash-sign"),
        pytest.param('aws_x.y["a]', "a quotation mark that is not closed", id="open-quotation"),
        pytest.param("aws_x.y[0", "a bracket that is not closed", id="open-bracket"),
        pytest.param("aws_x..y", "has a dot too many", id="two-dots"),
        pytest.param(".aws_x", "has a dot too many", id="leading-dot"),
        pytest.param("aws_x.y:z", "is neither an address nor TYPE:ID", id="colon-in-an-address"),
        pytest.param("aws_x:", "is neither an address nor TYPE:ID", id="no-id"),
        pytest.param("x" * 1001, "a line of 1001 characters", id="endless"),
    ],
)
def test_a_bad_line_is_named_with_what_is_allowed(line: str, said: str) -> None:
    with pytest.raises(BadSettings) as raised:
        parse(f"aws_a.b # fine\n{line}\n", "ci/.sreignore")
    assert raised.value.message.startswith("ci/.sreignore:2: ")
    assert said in raised.value.message
    assert "until=YYYY-MM-DD" in raised.value.hint


def test_an_empty_id_ignores_nothing() -> None:
    assert klass('aws_security_group:""', OPENED) is Class.DRIFT


def test_a_file_as_windows_writes_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / ".sreignore"
    path.write_bytes("\ufeffaws_security_group.api # Zoë\r\n".encode())
    (rule,) = read(path).rules
    assert (rule.pattern, rule.reason) == ("aws_security_group.api", "Zoë")


@pytest.mark.parametrize(
    "content", [pytest.param(None, id="missing"), pytest.param(b"\xff\xfe", id="no-utf-8")]
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / ".sreignore"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInput, match=r"cannot read .*\.sreignore"):
        read(path)


@pytest.mark.timeout(60)  # seconds; to try every way takes longer than anybody lives
def test_a_hostile_pattern_costs_no_time() -> None:
    long = replace(OPENED, address="aws_x." + "a" * 5000, id="a" * 5000)
    assert klass("aws_x." + "*a" * 300 + "b", long) is Class.DRIFT
    assert klass("**." * 150 + "b", replace(long, path="a." * 500)) is Class.DRIFT


@pytest.mark.parametrize(
    ("names", "found", "expected"),
    [
        pytest.param(("ingress",), OPENED, Class.IGNORED, id="a-block"),
        pytest.param(("ingress[0].cidr_blocks",), OPENED, Class.IGNORED, id="exactly-it"),
        pytest.param(("egress",), OPENED, Class.DRIFT, id="another"),
        pytest.param(("all",), OPENED, Class.IGNORED, id="all"),
        pytest.param(('tags["team"]',), TAGGED, Class.IGNORED, id="a-key-of-a-map"),
        pytest.param(('tags["mood"]',), TAGGED, Class.DRIFT, id="another-key"),
        pytest.param(("tag",), TAGGED, Class.DRIFT, id="half-a-name"),
        pytest.param(("allocated_storage",), SCALED, Class.IGNORED, id="a-controller-owns-it-too"),
    ],
)
def test_what_the_code_ignores_is_no_drift(
    names: tuple[str, ...], found: Changed, expected: Class
) -> None:
    address = found.address.partition("[")[0]
    report = without_ignored_changes(DriftReport(at=AT, changed=(found,)), {address: names})
    assert report.changed[0].klass is expected


def test_other_resources_of_the_code_do_not_matter() -> None:
    assert without_ignored_changes(FULL, {"aws_security_group.other": ("all",)}) == FULL
    assert without_ignored_changes(FULL, {}) is FULL
