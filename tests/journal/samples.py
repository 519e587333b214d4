"""One of everything that can stand in a journal, and a clock for it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sreagent.domain.action import Action, ActionState, Preview, Proposal
from sreagent.domain.alert import Alert
from sreagent.domain.change import Change
from sreagent.domain.conversation import ToolCall, Usage
from sreagent.domain.diagnosis import Diagnosis, Outcome
from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Evidence, Health
from sreagent.domain.finding import Category
from sreagent.domain.hypothesis import Hypothesis, Standing
from sreagent.domain.record import (
    Answer,
    Answered,
    Asked,
    Briefed,
    Check,
    Closed,
    Concluded,
    Cost,
    FoundChanges,
    Intended,
    Looked,
    Noted,
    Opened,
    Proposed,
    Ran,
    Record,
    Resumed,
    Saw,
    Told,
    Turn,
    Verified,
    Weighed,
)
from sreagent.domain.signal import Plot
from sreagent.domain.verdict import Tier

START = datetime(2026, 11, 21, 1, 5, 0, tzinfo=UTC)
CHECKOUT = Entity(kind="Deployment", namespace="shop", name="checkout")
NODE = Entity(kind="Node", name="node-1")
DIGEST = "5f" * 32


class FakeClock:
    """Moves by a second whenever it is asked."""

    def __init__(self, start: datetime = START) -> None:
        self.time = start
        self.seconds = 100.0

    def now(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time

    def monotonic(self) -> float:
        self.seconds += 1.0
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


def as_it_is(text: str) -> str:
    """Redaction that finds nothing."""
    return text


ALERT = Alert(
    name="KubePodCrashLooping",
    status="firing",
    labels={"namespace": "shop", "severity": "warning", "pod": "checkout-6c9-x2"},
    annotations={"summary": "Pod is crash looping — wirklich"},
    starts_at=START - timedelta(minutes=3),
    expression="increase(restarts[10m]) > 2",
    source="alertmanager",
    fingerprint="ab12",
)
OPENED = Opened(
    alert=ALERT,
    context="prod-eu",
    server="https://10.1.2.3:6443",
    server_version="v1.31.2",
    user="oncall@prod",
    namespace="shop",
    prometheus="http://prometheus:9090",
    by="oncall",
    tool="0.1.0",
)
ROLLBACK = Action(
    verb="rollout_undo",
    target=CHECKOUT,
    arguments={"to_revision": 7, "containers": [{"name": "app", "cpu": 0.5}], "force": None},
)
PROPOSAL = Proposal(
    id="A1",
    title="Roll back checkout to revision 7",
    action=ROLLBACK,
    command="kubectl -n shop rollout undo deployment/checkout --to-revision=7",
    tier=Tier.PERSON,
    rule="rollback: person first",
    reason="the crash began 70 s after revision 8",
    evidence=("E1",),
    expected="pods ready 3/3",
    undo=replace(ROLLBACK, arguments={"to_revision": 8}),
    undo_command="kubectl -n shop rollout undo deployment/checkout --to-revision=8",
    preview=Preview(
        accepted=True,
        answer="accepted by the server",
        diff=("- image: shop/checkout:2.4.1", "+ image: shop/checkout:2.4.0"),
        touches="3 pods of 3",
    ),
    state=ActionState.APPROVED,
    at=START,
    verified=None,
)
DIAGNOSIS = Diagnosis(
    root_cause="revision 8 of checkout crashes at start",
    entity=CHECKOUT,
    category=Category.DEPLOYMENT,
    confidence=0.93,
    evidence=("E1",),
    refuted_by="a healthy pod of revision 8",
)
EVIDENCE = Evidence(
    id="E1",
    claim="checkout exits with KeyError: 'PAYMENT_PROVIDERS'",
    verdict=Health.BROKEN,
    source="logs",
    command="kubectl -n shop logs checkout-6c9-x2 -p --tail=2000",
    seen_at=START + timedelta(microseconds=123456),
    since=START + timedelta(microseconds=123456),
    entity=CHECKOUT,
    excerpt="Traceback\n  KeyError: 'PAYMENT_PROVIDERS'",
    digest=DIGEST,
    tainted=True,
    plot=Plot(
        start=START - timedelta(hours=3),
        end=START,
        values=(0.12, 1, None, 2.4),
        unit="s",
        changed_at=START - timedelta(minutes=10),
    ),
)
CHANGE = Change(
    entity=CHECKOUT,
    at=START - timedelta(minutes=4),
    summary="revision 7 → 8",
    by="ci-deployer",
    diff=("- image: 2.4.0", "+ image: 2.4.1"),
    revision=8,
    previous_revision=7,
    command="kubectl -n shop rollout history deployment/checkout",
)
HYPOTHESIS = Hypothesis(
    id="H1",
    statement="revision 8 is broken",
    entity=CHECKOUT,
    category=Category.DEPLOYMENT,
    confidence=0.93,
    standing=Standing.LIKELY,
    evidence_for=("E1",),
)


def records() -> tuple[Record, ...]:
    """At least one of each class, with every optional part once set and once not."""
    return (
        OPENED,
        Looked(source="kubernetes", command="kubectl get pods", result="31 objects", seconds=0.21),
        Looked(
            source="kubernetes",
            command="kubectl get secrets -n shop",
            result="403 not allowed",
            verdict=Health.UNKNOWN,
        ),
        Saw(evidence=EVIDENCE),
        Saw(evidence=EVIDENCE, text="line 1\nline 2"),
        Saw(evidence=replace(EVIDENCE, id="E2", entity=None, verdict=Health.HEALTHY)),
        FoundChanges(changes=(CHANGE,)),
        Weighed(hypotheses=(HYPOTHESIS,)),
        Concluded(diagnosis=None, outcome=Outcome.NO_FAULT),
        Concluded(
            diagnosis=DIAGNOSIS,
            outcome=Outcome.DIAGNOSED,
            victims=(NODE,),
            summary="checkout crashes",
        ),
        Briefed(text="<data-1>ALERT</data-1>", version="0123456789ab"),
        Turn(
            role="diagnostician",
            model="openai/some-model",
            version="0123456789ab",
            text="I look at the log.",
            calls=(ToolCall(id="call-1", name="look", arguments='{"lines": []}'),),
            usage=Usage(prompt=2000, cached=1200, answer=60, usd=0.004),
            seconds=1.5,
        ),
        Turn(role="observer", model="ollama/x", version="0", problem="it did not answer"),
        Told(call="call-1", text="E3 14 lines", evidence=("E3",)),
        Told(call="call-2", text="there is no E99", invented="evidence", unusable=True),
        Asked(text="why not DNS?", by="oncall"),
        Proposed(proposal=PROPOSAL),
        Proposed(proposal=replace(PROPOSAL, id="A2", undo=None, preview=None, at=None)),
        Answered(action="A1", answer=Answer.RUN, digest=DIGEST, by="oncall", how="keyboard"),
        Intended(
            action="A1",
            digest=DIGEST,
            before={"replicas": 1, "image": "2.4.1"},
            after={"replicas": 1, "image": "2.4.0"},
            undo=ROLLBACK,
        ),
        Ran(action="A1", ok=True, message="rolled back"),
        Verified(
            action="A1",
            helped=True,
            checks=(Check(name="ready", verdict=Health.HEALTHY, text="pods ready 3/3"),),
            seconds=28.0,
        ),
        Noted(text="looks good", by="oncall"),
        Resumed(by="oncall"),
        Closed(outcome=Outcome.FIXED, cost=Cost(api_calls=22, seconds=1.2, verify_seconds=28.0)),
    )


def flips(content: bytes, step: int) -> Iterator[tuple[int, bytes]]:
    """The content with one byte changed, at every `step`-th place."""
    for place in range(0, len(content), step):
        yield place, content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
