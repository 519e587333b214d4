"""A Rego policy in this process: it can only tighten, and never by accident allow."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.policy.situations import CALM, act, around, policy

from sreagent.domain.errors import BadSettings, SreError
from sreagent.domain.verdict import Allow, Ask, Deny, Tier, Verdict
from sreagent.policy.document import Rego, load
from sreagent.policy.rego import compile_rego
from sreagent.policy.tiers import judge
from sreagent.policy.tightening import Tighten, input_of, tighten, tightened

pytest.importorskip("regopy")

EXAMPLES = Path(__file__).parents[2] / "docs/examples/policy"
TEN = {"action": {"name": "10.8.8.8"}}
"""An input; `NAME` in the policies below stands for its one field."""
BASE = 'package sreagent\n\ndefault decision := "allow"\n\n'


def compiled(folder: Path, source: str, tests: str = "") -> Tighten:
    (folder / "p.rego").write_text(source.replace("NAME", "input.action.name"))
    (folder / "tests.yaml").write_text(tests)
    named = str(folder / "tests.yaml") if tests else ""
    return compile_rego(Rego(file=str(folder / "p.rego"), tests=named))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param('net.cidr_contains("10.0.0.0/8", NAME)', id="cidr"),
        pytest.param('net . cidr_contains ("10.0.0.0/8", NAME)', id="with-spaces"),
        pytest.param('{ not net.\n\tcidr_contains("10.0.0.0/8", NAME) }', id="over-lines"),
        pytest.param(
            'http.send({"url": "http://x", "method": "GET"}).status_code == 200', id="http"
        ),
        pytest.param('{\n  trace("x")\n}', id="on-its-own-line"),
        pytest.param('\n  trace("x")', id="on-the-next-line"),
        pytest.param("json.match_schema(input, {})[0]", id="schema"),
        pytest.param('{ x := rego.parse_module("a", "b"); x }', id="in-an-assignment"),
        pytest.param("count([1 | net.cidr_is_valid(NAME)]) > 0", id="in-a-comprehension"),
        pytest.param("wholly_unknown(NAME)", id="wholly-unknown"),
        pytest.param('net["cidr_contains"]("10.0.0.0/8", NAME)', id="in-brackets"),
        pytest.param("data.lib.check(input)", id="of-a-module-that-is-not-there"),
        pytest.param("data.lib.hosts[_] == NAME", id="data-that-is-not-there"),
        pytest.param('inptu.action.name == "cart"', id="input-mistyped"),
        pytest.param('input.action.nmae == "cart"', id="field-mistyped"),
        pytest.param('input.akshun.name == "cart"', id="part-mistyped"),
        pytest.param('{ verb := input.action.verb; vreb == "scale" }', id="variable-mistyped"),
        pytest.param("is_scaling", id="rule-that-is-not-there"),
    ],
)
def test_a_policy_that_names_what_the_engine_does_not_have_is_refused(
    tmp_path: Path, body: str
) -> None:
    with pytest.raises(BadSettings, match="means nothing"):
        compiled(tmp_path, f'{BASE}decision := "deny" if {body}\n')


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        pytest.param('decision := "deny" if startswith(NAME, "10.")', "deny", id="builtin"),
        pytest.param(
            'decision := "ask" if ours(NAME)\n\nours(x) if x == "10.8.8.8"',
            "ask",
            id="own",
        ),
        pytest.param(
            'decision := "ask" if data.sreagent.ours(1) == 2\n\nours(x) := x + 1',
            "ask",
            id="own-by-its-path",
        ),
        pytest.param(
            '# http.send(1)\nx := "net.cidr_contains(1)"\ny := `trace("x")`', "allow", id="in-text"
        ),
        pytest.param('decision := "deny" if { some x in [1, 2]; x > (1 + 0) }', "deny", id="signs"),
        pytest.param(
            """decision := "ask" if {
                verb := input.action.verb
                names := {name | name := ["scale", "drain"][_]}
                names[verb]
            }""",
            "allow",
            id="comprehension",
        ),
        pytest.param(
            """decision := "ask" if count(found) > 0

            found contains place if {
                some place, part in split(NAME, ".")
                part == "8"
                input.facts.dependants[i] != input.facts.owner
            }""",
            "allow",
            id="sets-and-iteration",
        ),
        pytest.param(
            """decision = "ask" {
                every part in split(NAME, ".") { part != "x" }
                NAME = name
                name == "10.8.8.8"
            }""",
            "ask",
            id="old-syntax-and-unification",
        ),
    ],
)
def test_functions_of_the_engine_and_of_the_policy_are_taken(
    tmp_path: Path, body: str, answer: str
) -> None:
    assert compiled(tmp_path, BASE + body)(TEN) == answer


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(
            'package sreagent\ndecision := "allow" if input.action.arguments.nope', id="undefined"
        ),
        pytest.param('package other\ndecision := "allow"', id="another-package"),
        pytest.param('package sreagent\ndecision contains "allow"', id="a-set"),
        pytest.param("package sreagent\ndecision := true", id="truth"),
        pytest.param('package sreagent\ndecision := "allow"\ndecision := "ask"', id="two-answers"),
        pytest.param('package sreagent\ndecision := "allow" if to_number("x") > 0', id="error"),
    ],
)
def test_anything_but_one_exact_answer_is_a_no(tmp_path: Path, source: str) -> None:
    asked = compiled(tmp_path, source)
    verdict = tightened(Allow("tier/scale", "", Tier.BOUNDED), asked, TEN)
    assert isinstance(verdict, Deny)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("", id="empty"),
        pytest.param("package sreagent\ndecision := {", id="unclosed"),
        pytest.param("<html>", id="no-rego"),
        pytest.param("package sreagent\ndecision := x", id="unsafe-variable"),
    ],
)
def test_what_is_no_rego_is_refused(tmp_path: Path, source: str) -> None:
    with pytest.raises((BadSettings, SreError)):
        compiled(tmp_path, source)({})


def test_the_policys_own_tests_run_when_it_is_loaded(tmp_path: Path) -> None:
    good = "- {input: {action: {name: '10.1.1.1'}}, expect: deny}\n"
    other = "- {name: mine, input: {action: {name: '11.1.1.1'}}, expect: deny}"
    source = f'{BASE}decision := "deny" if startswith(NAME, "10.")'
    assert compiled(tmp_path, source, good)({"action": {"name": "11.1.1.1"}}) == "allow"
    with pytest.raises(BadSettings, match="test mine answers 'allow'"):
        compiled(
            tmp_path,
            source,
            good + other,
        )


@pytest.mark.parametrize("tests", ["a: b\n", "- {input: 3, expect: ask}\n", "- {expect: ask}\n"])
def test_tests_that_cannot_be_read_are_refused(tmp_path: Path, tests: str) -> None:
    with pytest.raises(BadSettings, match=r"tests\.yaml, line 1"):
        compiled(tmp_path, BASE, tests)


def test_a_rego_file_that_changed_after_the_policy_was_loaded_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.rego").write_text(BASE)
    (tmp_path / "policy.yaml").write_text("version: 1\nrego: {file: p.rego}\n")
    held = load(tmp_path / "policy.yaml")
    assert held.rego
    assert compile_rego(held.rego)({}) == "allow"
    (tmp_path / "p.rego").write_text(BASE + "x := 1\n")
    with pytest.raises(BadSettings, match="changed since"):
        compile_rego(held.rego)


def test_without_the_engine_a_policy_that_needs_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.rego").write_text(BASE)
    # None in sys.modules makes the import fail as it does where nothing is installed.
    program = (
        "import sys; sys.modules['regopy'] = None\n"
        "from sreagent.policy.document import Rego\n"
        "from sreagent.policy.rego import compile_rego\n"
        "from sreagent.domain.errors import BadSettings\n"
        f"try: compile_rego(Rego(file={str(tmp_path / 'p.rego')!r}))\n"
        "except BadSettings as error: print(error.message, error.hint)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "regopy is not installed pip install 'sreagent[rego]'" in done.stdout


def test_the_example_sees_the_change_as_it_is_documented() -> None:
    asked = compile_rego(
        Rego(file=str(EXAMPLES / "decision.rego"), tests=str(EXAMPLES / "decision-tests.yaml"))
    )
    for action, rule in (
        (act("scale", namespace="warehouse"), "rego/deny"),
        (act("scale"), "tier/scale"),
    ):
        verdict = judge(action, CALM, around(), policy())
        given = input_of(action, CALM, around(), verdict)
        assert tightened(verdict, asked, given).rule == rule


@pytest.mark.parametrize(
    ("verdict", "answer", "rule"),
    [
        pytest.param(Allow("read"), "allow", "read", id="allow-allow"),
        pytest.param(Allow("read"), "ask", "rego/ask", id="allow-ask"),
        pytest.param(Allow("read"), "deny", "rego/deny", id="allow-deny"),
        pytest.param(Ask("a", bounded=True), "ask", "rego/ask", id="bounded-ask"),
        pytest.param(Ask("a", people=2), "ask", "a", id="two-people-stay"),
        pytest.param(Ask("a", people=2), "allow", "a", id="ask-allow"),
        pytest.param(Ask("a"), "deny", "rego/deny", id="ask-deny"),
        pytest.param(Deny("a"), "allow", "a", id="deny-allow"),
        pytest.param(Allow("read"), None, "rego/answer", id="nothing"),
        pytest.param(Allow("read"), True, "rego/answer", id="truth"),
        pytest.param(Allow("read"), "allow\n", "rego/answer", id="line-feed"),
    ],
)
def test_the_stricter_of_two_opinions_holds(verdict: Verdict, answer: Any, rule: str) -> None:
    assert tighten(verdict, answer).rule == rule
