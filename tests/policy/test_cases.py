"""Tables of cases: read strictly, decided without a cluster."""

from pathlib import Path

import pytest

from sreagent.domain.errors import BadSettings
from sreagent.policy.cases import Answer, decide, read_cases
from sreagent.policy.document import Policy, load

EXAMPLES = Path(__file__).parents[2] / "docs/examples/policy"
RESTART = "action: {verb: rollout_restart, kind: Deployment, namespace: shop, name: cart}"


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "cases.yaml"
    path.write_text(text)
    return path


def no_lines(line: str) -> Answer:
    raise AssertionError(line)


def test_the_example_cases_come_out_as_the_example_policy_says() -> None:
    held = load(EXAMPLES / "policy.yaml")
    cases = [case for case in read_cases(EXAMPLES / "cases.yaml") if case.action]
    assert len(cases) >= 7
    for case in cases:
        assert decide(case, held, None, no_lines).meets(case.expect), case.title


@pytest.mark.parametrize(
    ("expect", "passes"),
    [
        pytest.param("verdict: ask", True, id="verdict-alone"),
        pytest.param("verdict: ask, tier: bounded, rule: tier/rollout_restart", True, id="all"),
        pytest.param("verdict: deny", False, id="another-verdict"),
        pytest.param("verdict: ask, tier: person", False, id="another-tier"),
        pytest.param("verdict: ask, people: 2", False, id="more-people"),
        pytest.param("verdict: ask, rule: tier/scale", False, id="another-rule"),
    ],
)
def test_a_case_passes_when_all_that_it_expects_holds(
    tmp_path: Path, expect: str, passes: bool
) -> None:
    [case] = read_cases(table(tmp_path, f"cases:\n- {RESTART}\n  expect: {{{expect}}}\n"))
    assert decide(case, Policy(), None, no_lines).meets(case.expect) is passes


def test_a_second_opinion_is_heard(tmp_path: Path) -> None:
    [case] = read_cases(table(tmp_path, f"cases:\n- {RESTART}\n  expect: {{verdict: deny}}\n"))
    assert decide(case, Policy(), lambda _: "deny", no_lines).rule == "rego/deny"
    assert decide(case, Policy(), lambda _: "nonsense", no_lines).rule == "rego/answer"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        pytest.param("", 1, "`cases:`", id="empty"),
        pytest.param("cases: []", 1, "`cases:`", id="no-cases"),
        pytest.param("cases:\n- {}", 2, "expect", id="nothing-expected"),
        pytest.param("cases:\n- expect: {verdict: ask}", 2, "`line` or `action`", id="no-change"),
        pytest.param(
            f"cases:\n- {RESTART}\n  expect: {{verdict: maybe}}", 3, "'allow'", id="no-verdict"
        ),
        pytest.param(
            f"cases:\n- {RESTART}\n  facts: {{replica: 3}}\n  expect: {{verdict: ask}}",
            2,
            "'replica'",
            id="unknown-fact",
        ),
        pytest.param(
            f"cases:\n- {RESTART}\n  around: {{origin: ghost}}\n  expect: {{verdict: ask}}",
            2,
            "origin",
            id="unknown-origin",
        ),
        pytest.param(
            f"cases:\n- {RESTART}\n  now: 2026-01-01T00:00:00\n  expect: {{verdict: ask}}",
            3,
            "now",
            id="time-without-zone",
        ),
        pytest.param(
            "cases:\n- line: kubectl get pods\n  facts: {replicas: 1}\n  expect: {verdict: allow}",
            2,
            "without facts",
            id="facts-for-a-line",
        ),
    ],
)
def test_a_wrong_table_is_refused_by_line(tmp_path: Path, text: str, line: int, said: str) -> None:
    with pytest.raises(BadSettings) as caught:
        read_cases(table(tmp_path, text))
    assert f"line {line}" in caught.value.message
    assert said in caught.value.message
