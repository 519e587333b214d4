"""Scripts of the pretend model: what they may say, and what they cite."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from sreagent.simulator.chat_script import Call, Script, ScriptError, Turn, script_of
from sreagent.simulator.chat_templates import NotToldError, filled, latest, told_to

SCRIPT = """
tools: false
context: 8192
turns:
- text: looking
  calls:
  - {name: logs, arguments: {pod: web}}
  - {name: logs, arguments: '{"pod": ', id: same}
- {status: 429, retry_after: 0.2, repeat: 2}
- {when: OOM, text: done, repeat: true}
"""


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(SCRIPT)
    script = script_of(path)
    assert (script.tools, script.context) == (False, 8192)
    looking, busy, done = script.turns
    assert looking.calls == (
        Call(name="logs", arguments={"pod": "web"}),
        Call(name="logs", arguments='{"pod": ', id="same"),
    )
    assert (busy.status, busy.retry_after, busy.repeat) == (429, 0.2, 2)
    assert done.when is not None
    assert done.repeat == math.inf


@pytest.mark.parametrize(
    "source",
    [
        pytest.param([{"text": "a"}], id="list"),
        pytest.param({"turns": [{"text": "a"}]}, id="mapping"),
        pytest.param("- text: a", id="yaml"),
        pytest.param(json.dumps([{"text": "a"}]), id="json"),
        pytest.param(Script(turns=(Turn(text="a"),)), id="script"),
    ],
)
def test_a_script_comes_in_many_forms(source: Any) -> None:
    assert script_of(source) == Script(turns=(Turn(text="a"),))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        pytest.param("- text: [", "is not YAML", id="no-yaml"),
        pytest.param("hello", "must be a list", id="text"),
        pytest.param("turns: a", "must be a list", id="turns"),
        pytest.param("tolls: false\nturns: []", "the script: unknown key 'tolls'", id="head"),
        pytest.param("- a", "turn 1: 'a' is not a mapping", id="turn"),
        pytest.param("- text: a\n- txet: b", "turn 2: unknown key 'txet'; there are", id="key"),
        pytest.param("- text: 1", "turn 1: text: 1 is not a text", id="no-text"),
        pytest.param("- slow: 1", "turn 1: says nothing", id="nothing"),
        pytest.param("- {text: a, slow: -1}", "not a number of seconds", id="seconds"),
        pytest.param("- {status: true}", "not a whole number", id="status"),
        pytest.param("- {html: 1}", "not true or false", id="flag"),
        pytest.param("- {text: a, when: '('}", "not a regular expression", id="pattern"),
        pytest.param("- {text: a, finish: end}", "not one of stop, tool_calls", id="finish"),
        pytest.param("- {text: a, reset: last}", "not one of middle, first", id="reset"),
        pytest.param("- calls: logs", "turn 1: calls: 'logs' is not a list", id="calls"),
        pytest.param("- calls: [{id: c}]", "call 1: has no name", id="nameless"),
        pytest.param("- calls: [{name: a, arguments: 1}]", "not a mapping", id="arguments"),
        pytest.param("- {status: 400, error: no}", "not a mapping", id="error"),
        pytest.param("models: big\nturns: []", "'big' is not a list", id="models"),
    ],
)
def test_a_mistake_is_named_with_its_place(source: str, said: str) -> None:
    with pytest.raises(ScriptError) as problem:
        script_of(source)
    assert said in str(problem.value)


TOLD = """What is known:
E1 deployment shop/web has 0 of 3 pods ready
- E2: pod web-7 was OOMKilled (see E9)
| **E10** | limit of 64Mi {memory} |
nothing else, not even E11
"""


@pytest.mark.parametrize(
    ("template", "result"),
    [
        pytest.param("no place", "no place", id="plain"),
        pytest.param("{{first_evidence}}", "E1", id="first"),
        pytest.param("{{ evidence:OOM }} and {{evidence:64Mi}}", "E2 and E10", id="by-line"),
        pytest.param(r"{{evidence:^E1\b}}", "E1", id="anchored"),
        pytest.param(r"{{match:pod (\S+) was}}", "web-7", id="group"),
        pytest.param(r"{{match:\d+Mi}}", "64Mi", id="no-group"),
        pytest.param(r"{{match:(red)|(OOM\w+)}}", "OOMKilled", id="the-group-that-matched"),
        pytest.param(r"{{match:\{(\w{6})}}}", "memory", id="braces"),
        pytest.param("{{.Values.image}} {{x}}", "{{.Values.image}} {{x}}", id="other-braces"),
        pytest.param({"ids": ["{{evidence:OOM}}"], "n": 3}, {"ids": ["E2"], "n": 3}, id="deep"),
    ],
)
def test_places_are_filled_from_the_conversation(template: object, result: object) -> None:
    assert filled(template, TOLD) == result


@pytest.mark.parametrize(
    "template",
    ["{{evidence:E11}}", "{{match:red}}", "{{evidence:(}}", "{{match:see (E8)}}"],
)
def test_a_place_that_nothing_fits_is_an_error(template: str) -> None:
    with pytest.raises(NotToldError):
        filled(template, TOLD)


MESSAGES: list[dict[str, Any]] = [
    {"role": "system", "content": "E0 is an example"},
    {"role": "user", "content": [{"type": "text", "text": "E1 "}, {"type": "text", "text": "a"}]},
    {"role": "assistant", "content": "E2 it is"},
    {"role": "tool", "content": "E3 b"},
    {"role": "tool", "content": "E4 c"},
]


def test_the_system_prompt_is_looked_at_last_and_the_model_itself_not_at_all() -> None:
    assert told_to(MESSAGES) == "E1 a\nE3 b\nE4 c\nE0 is an example"


def test_the_latest_is_all_that_came_since_the_model_spoke() -> None:
    assert latest(MESSAGES) == "E3 b\nE4 c"
    assert latest(MESSAGES[:2]) == "E1 a"
    assert latest(MESSAGES[:3]) == ""
