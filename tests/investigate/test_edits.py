"""A change that a person writes in place of a proposal is a proposal of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.investigate.test_act import RESTART, World

from sreagent.domain.action import ActionState
from sreagent.domain.diagnosis import Outcome
from sreagent.domain.ports import Reply
from sreagent.domain.record import Answer, Proposed
from sreagent.investigate.outcome import open_proposals
from sreagent.simulator import Simulation

YES, NO, SKIP, QUIT = (
    Reply(answer=answer, how="test", reason="so")
    for answer in (Answer.RUN, Answer.REJECT, Answer.SKIP, Answer.QUIT)
)


def edit(name: str, replicas: int = 3) -> Reply:
    line = f"kubectl -n shop scale deployment/{name} --replicas={replicas}"
    return Reply(answer=Answer.EDIT, how="test", line=line)


class Script:
    """A person who gives these answers, and then none."""

    name = "ada"

    def __init__(self, *replies: Reply) -> None:
        self._replies = list(replies)
        self.asked: list[str] = []

    def ask(self, proposal: object, *shown: object) -> Reply | None:
        del shown
        self.asked.append(str(getattr(proposal, "id", "")))
        return self._replies.pop(0) if self._replies else None

    def hear(self, prompt: str) -> str | None:
        del prompt
        return None


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with Simulation.start("bad-deploy") as simulation:
        yield World(simulation, Path(tmp_path_factory.mktemp("state")))


P, S, R, D = (
    ActionState.PROPOSED,
    ActionState.SKIPPED,
    ActionState.REJECTED,
    ActionState.DONE,
)


@pytest.mark.parametrize(
    ("replies", "asked", "states"),
    [
        pytest.param((edit("cart"), QUIT), ["A1", "A2"], {"A1": P, "A2": P}, id="left-open"),
        pytest.param((edit("cart"),), ["A1", "A2"], {"A1": P, "A2": P}, id="no-answer"),
        pytest.param((edit("cart"), NO, YES), ["A1", "A2", "A1"], {"A1": D, "A2": R}, id="refused"),
        pytest.param(
            (edit("cart"), SKIP, NO), ["A1", "A2", "A1"], {"A1": R, "A2": S}, id="skipped"
        ),
        pytest.param(
            (edit("cart"), edit("cart", 4), NO, NO, NO),
            ["A1", "A2", "A3", "A2", "A1"],
            {"A1": R, "A2": R, "A3": R},
            id="edited-twice",
        ),
        pytest.param((edit("ghost"), YES), ["A1", "A1"], {"A1": D}, id="wrong-line"),
    ],
)
def test_the_first_is_offered_again_where_what_was_written_instead_came_to_nothing(
    world: World, replies: tuple[Reply, ...], asked: list[str], states: dict[str, ActionState]
) -> None:
    person = Script(*replies)
    incident = world.run(RESTART, person=person)
    assert person.asked == asked
    assert {p.id: p.state for p in incident.proposals} == states


def test_what_was_written_instead_hides_the_first_once_it_was_made(world: World) -> None:
    incident = world.run(RESTART, person=Script(edit("cart"), YES))
    assert {p.id: p.state for p in incident.proposals} == {"A1": P, "A2": D}
    assert open_proposals(incident) == ()


def test_a_change_of_something_else_takes_the_place_of_the_first(world: World) -> None:
    incident = world.run(RESTART, person=Script(edit("frontend", 4), YES))
    first, second = sorted(incident.proposals, key=lambda p: p.id)
    assert (first.state, second.state) == (S, D)
    assert first.note == "A2 was made in its place"


def test_an_edit_takes_no_yes_over_that_was_said_to_the_first(world: World) -> None:
    incident = world.run(RESTART, person=Script(edit("cart", 4), QUIT))
    assert incident.outcome is Outcome.WAITING
    edited = incident.proposal("A2")
    assert edited
    assert edited.reason.startswith("written by a person in place of A1: kubectl")
    assert edited.undoes == ""


def test_the_first_comes_back_with_a_new_dry_run_and_in_its_place(world: World) -> None:
    incident = world.run(RESTART, person=Script(edit("cart", 4), NO, QUIT))
    assert [p.id for p in incident.proposals] == ["A1", "A2"]
    shown = [entry.record for entry in incident.entries if isinstance(entry.record, Proposed)]
    assert [record.proposal.id for record in shown] == ["A1", "A2", "A1"]
    assert shown[2].proposal.preview
