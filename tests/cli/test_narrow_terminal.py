"""At 80 columns a line that is folded goes on below its beginning, and columns stay columns."""

import io
from collections.abc import Iterable
from dataclasses import replace

import pytest
from rich.console import RenderableType
from tests.journal.samples import EVIDENCE, HYPOTHESIS, PROPOSAL

from sreagent.cli import render
from sreagent.cli.screen import ClearConsole
from sreagent.domain.action import Preview
from sreagent.domain.evidence import Health
from sreagent.domain.hypothesis import Standing
from sreagent.domain.record import Check, Looked, Verified

WIDTH = 80
LONG = "deployment shop/checkout, revision 8, exits at start with a KeyError: PAYMENT_PROVIDERS"
REFUTED = replace(HYPOTHESIS, standing=Standing.REFUTED, statement=LONG, refuted_by=LONG)
CHECKS = tuple(
    Check(name=f"pods ready of {name}", verdict=Health.HEALTHY, text="3/3")
    for name in ("checkout", "frontend", "inventory", "payment")
)
IMAGE = "registry.example.com/shop/checkout:2.4"
LONG_DIFF = (
    f"- template.spec.containers[checkout].image: {IMAGE}.1",
    f"+ template.spec.containers[checkout].image: {IMAGE}.0",
)


def shown(lines: Iterable[RenderableType]) -> list[str]:
    out = ClearConsole(file=io.StringIO(), force_terminal=True, color_system=None, width=WIDTH)
    for line in lines:
        out.print(line)
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue().splitlines()


@pytest.mark.parametrize(
    ("lines", "indent"),
    [
        pytest.param(render.hypotheses([REFUTED]), 15, id="hypothesis"),
        pytest.param(render.evidence([replace(EVIDENCE, claim=LONG)]), 7, id="evidence"),
        pytest.param(
            [render.verified(Verified(action="A1", helped=True, checks=CHECKS, seconds=9.0))],
            11,
            id="verified",
        ),
    ],
)
def test_a_folded_line_goes_on_below_its_beginning(
    lines: Iterable[RenderableType], indent: int
) -> None:
    first, *rest = shown(lines)
    assert first.strip()
    assert rest
    assert {line[:indent] for line in rest} == {" " * indent}


def test_a_folded_line_of_a_difference_stays_behind_its_sign() -> None:
    preview = Preview(accepted=True, answer="accepted by the server", diff=LONG_DIFF)
    proposal = replace(PROPOSAL, preview=preview)
    text = "\n".join(shown([render.proposal(proposal, boxed=True)]))
    for sign in "-+":
        assert f"│       {sign} template.spec.containers[checkout].image:" in text
    assert text.count(f"│         {IMAGE}") == 2


def test_the_times_of_looks_stand_below_each_other() -> None:
    commands = ("kubectl get nodes", f"kubectl -n shop logs {'x' * 100}")
    results = ("3 objects", "2000 lines", "1 line")
    looks = [
        Looked(source="kubernetes", command=command, result=result, seconds=0.25)
        for command in commands
        for result in results
    ]
    lines = shown(render.look(look, WIDTH) for look in looks)
    assert len(lines) == len(looks)
    assert len({line.index("0.25 s") for line in lines}) == 1
