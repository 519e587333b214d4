"""The tree of hypotheses: every reason stands in it, rivals under what they competed with."""

from datetime import UTC, datetime

from rich.console import Console

from sreagent.cli.reasons import reasons
from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Evidence, Health
from sreagent.domain.finding import Category
from sreagent.domain.hypothesis import Hypothesis, Standing

WEB = Entity(kind="Deployment", namespace="shop", name="web")
DB = Entity(kind="Deployment", namespace="shop", name="db")


def evidence(number: int, claim: str, verdict: Health) -> Evidence:
    return Evidence(
        id=f"E{number}",
        claim=claim,
        verdict=verdict,
        source="kubernetes",
        command="kubectl get pods",
        seen_at=datetime(2026, 11, 21, tzinfo=UTC),
    )


SEEN = (
    evidence(1, "pod shop/web-1 exits with code 1", Health.BROKEN),
    evidence(2, "deployment shop/db is healthy: 2/2 pods ready", Health.HEALTHY),
)
CRASH = Hypothesis(
    id="H1",
    statement="revision 8 of web crashes",
    entity=WEB,
    category=Category.DEPLOYMENT,
    confidence=0.67,
    standing=Standing.OPEN,
    evidence_for=("E1",),
    refuted_by="a healthy pod of revision 8",
    parts=(("pod.crash_loop", 0.55), ("the log says why", 0.12)),
    explains=(Entity(kind="Deployment", namespace="shop", name="front"),),
    would_tell=("kubectl -n shop logs web-1 -c app --previous",),
)
RIVAL = Hypothesis(
    id="H2",
    statement="deployment shop/db is at fault",
    entity=DB,
    category=Category.DEPENDENCY,
    confidence=0.02,
    standing=Standing.REFUTED,
    evidence_against=("E2",),
    refuted_by="it is healthy",
    parent="H1",
)


def shown(*, drawn: bool) -> str:
    out = Console(width=80, file=None, record=True, quiet=False, force_terminal=False)
    with out.capture() as captured:
        for line in reasons("HighErrorRate", (CRASH, RIVAL), SEEN, drawn=drawn):
            out.print(line)
    return captured.get()


def test_in_a_pipe_each_reason_is_a_line_under_its_hypothesis() -> None:
    assert shown(drawn=False).splitlines() == [
        "  ●●●○○ 0.67 H1 revision 8 of web crashes",
        "    for        ✗ E1 pod shop/web-1 exits with code 1",
        "    sure by    0.55 pod.crash_loop, +0.12 the log says why = 0.67",
        "    explains   shop/front",
        "    refuted if a healthy pod of revision 8",
        "    would tell kubectl -n shop logs web-1 -c app --previous",
        "    ○○○○○ 0.02 H2 deployment shop/db is at fault  refuted",
        "      against    ✓ E2 deployment shop/db is healthy: 2/2 pods ready",
    ]


def test_at_a_terminal_it_is_a_tree_that_begins_with_the_question() -> None:
    first, second, *_ = shown(drawn=True).splitlines()
    assert first == "Why does HighErrorRate fire?"
    assert second.startswith("└── ●●●○○ 0.67 H1")
