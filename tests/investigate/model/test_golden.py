"""What models are told, word by word: a change of words shows up as a change of words.

A page that was deleted is written anew by the next run, which fails once.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.journal.samples import OPENED
from tests.report.samples import FOUND, PROPOSED, incident

from sreagent.domain.conversation import Abilities, Message, ToolCall, ToolSpec
from sreagent.domain.incident import Incident
from sreagent.domain.record import Asked, Briefed, Record, Told, Turn
from sreagent.investigate.model.briefing import briefing
from sreagent.investigate.model.context import conversation
from sreagent.investigate.model.prompts import PAGES, built_in
from sreagent.investigate.model.roles import Role

GOLDEN = Path(__file__).parent / "golden"
FRAME = "data-0badcafe"
WITH_TOOLS = Abilities(tools=True, context=200_000)
WITHOUT = Abilities(tools=False, context=200_000)


def talk() -> Incident:
    """One turn of each role that looks, and a question."""
    found = incident(*FOUND)
    look = ToolCall(id="call-1", name="look", arguments='{"lines": ["kubectl -n shop get pods"]}')
    records: list[Record] = [Briefed(text=briefing(found, FRAME), version="0" * 12)]
    for role in (Role.OBSERVER, Role.DIAGNOSTICIAN, Role.REMEDIATOR):
        call = ToolCall(id=f"{role}-1", name=look.name, arguments=look.arguments)
        turn = Turn(role=role, model="sim", version="0" * 12, text="I look.", calls=(call,))
        told = Told(call=call.id, text=f"<{FRAME}>\nNAME  READY\n</{FRAME}>", evidence=("E3",))
        records += [turn, told]
    question = Asked(text="why not DNS?", by="oncall")
    return incident(*FOUND, *records, PROPOSED, question, opened=OPENED)


def composed(role: Role, abilities: Abilities) -> str:
    """A whole request as a page."""
    messages, tools = conversation(talk(), role, built_in(), abilities)
    return "\n\n".join([*map(_message, messages), *_tools(tools)]) + "\n"


def _message(message: Message) -> str:
    marks = " (stays the same)" if message.stable else ""
    answers = f" of {message.answers}" if message.answers else ""
    calls = "".join(f"\n\n    {one.id}: {one.name} {one.arguments}" for one in message.calls)
    return f"# {message.speaker}{answers}{marks}\n\n{message.text}{calls}".rstrip()


def _tools(tools: tuple[ToolSpec, ...]) -> Iterator[str]:
    for tool in tools:
        parameters = json.dumps(tool.parameters, indent=1, ensure_ascii=False)
        yield f"# tool {tool.name}\n\n{tool.description}\n\n```json\n{parameters}\n```"


REQUESTS = {role.value: (role, WITH_TOOLS) for role in Role}
REQUESTS["diagnostician-without-tools"] = (Role.DIAGNOSTICIAN, WITHOUT)


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_says_what_its_golden_page_says(name: str) -> None:
    page = GOLDEN / f"{name}.md"
    said = composed(*REQUESTS[name])
    if not page.exists():
        page.write_text(said, encoding="utf-8")
        pytest.fail(f"{page} was not there; it is written now: look at it and commit it")
    assert said == page.read_text(encoding="utf-8"), f"if that is meant: rm {page}, and run again"


def test_there_is_a_golden_page_for_each_request_and_no_other() -> None:
    assert {path.stem for path in GOLDEN.glob("*.md")} == set(REQUESTS)


@pytest.mark.parametrize("role", list(Role))
def test_a_request_is_the_same_twice(role: Role) -> None:
    assert composed(role, WITH_TOOLS) == composed(role, WITH_TOOLS)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SUPERVISOR])
def test_what_was_read_stands_between_marks_that_the_prompt_explains(role: Role) -> None:
    system, first, *_ = conversation(talk(), role, built_in(), WITH_TOOLS)[0]
    assert f"<{FRAME}>" in system.text
    assert first.text.startswith(f"<{FRAME}>\n")


def test_a_page_that_asks_for_a_value_nobody_gives_is_an_error() -> None:
    assert set(built_in().pages) == set(PAGES)
    with pytest.raises(KeyError):
        built_in().page("diagnostician")
