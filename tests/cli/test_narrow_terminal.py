"""At 80 columns a line that is folded goes on below its beginning, and columns stay columns."""

import io
from collections.abc import Iterable
from dataclasses import replace

import pytest
from rich.console import RenderableType
from tests.journal.samples import EVIDENCE, HYPOTHESIS, OPENED, PROPOSAL, START

from sreagent.cli import render
from sreagent.cli.screen import ClearConsole
from sreagent.domain.action import Preview
from sreagent.domain.alert import Alert
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


def test_the_header_breaks_only_between_two_facts() -> None:
    opened = replace(
        OPENED,
        alert=Alert(name="KubePodCrashLooping", labels={"severity": "critical"}),
        context="sre-lab",
        user="oncall",
        namespace="shop",
        prometheus="http://127.0.0.1:9090",
        alertmanager="http://127.0.0.1:9093",
    )
    assert shown([render.header("INC-20261121-7f3a", opened, START, WIDTH)])[1:] == [
        "cluster sre-lab (read as oncall)  namespace shop  prometheus yes",
        "alertmanager yes  model none (rules)",
    ]
    wide = render.header("INC-20261121-7f3a", opened, START, 200).plain.splitlines()[1:]
    assert len(wide) == 1


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        pytest.param(
            "It crashes. It did not before.", "It crashes. It did not before.", id="short"
        ),
        pytest.param(f"{LONG}. {LONG}.", f"{LONG}.", id="first-sentence"),
        pytest.param("crash " * 50, f"{('crash ' * 50)[:119]}…", id="no-end"),
    ],
)
def test_why_says_in_short_what_the_root_cause_says_at_length(reason: str, why: str) -> None:
    panel = replace(PROPOSAL, reason=reason, evidence=("E4", "E8"))
    told = " ".join(line.strip("│ ") for line in shown([render.proposal(panel, boxed=True)]))
    assert f"Why {why} [E4 E8] Effect" in " ".join(told.split())


def test_a_dry_run_tells_when_it_was_asked() -> None:
    panel = replace(PROPOSAL, preview=Preview(accepted=True, answer="accepted by the server"))
    text = "\n".join(shown([render.proposal(panel, boxed=True, at=START)]))
    assert f"accepted by the server ({START:%H:%M:%S} UTC)" in text
