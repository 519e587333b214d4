"""Incidents of every ending, told as the journal tells them."""

from dataclasses import replace
from datetime import timedelta

from tests.journal.samples import (
    ALERT,
    CHANGE,
    DIAGNOSIS,
    EVIDENCE,
    HYPOTHESIS,
    OPENED,
    PROPOSAL,
    START,
)

from sreagent.domain.action import ActionState
from sreagent.domain.conversation import ToolCall, Usage
from sreagent.domain.diagnosis import Diagnosis, Outcome
from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Health
from sreagent.domain.finding import Category
from sreagent.domain.hypothesis import Standing
from sreagent.domain.incident import Incident, fold
from sreagent.domain.record import (
    Answer,
    Answered,
    Asked,
    Briefed,
    Check,
    Closed,
    Concluded,
    Cost,
    Entry,
    FoundChanges,
    Intended,
    Looked,
    Noted,
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

ID = "INC-20261121-7f3a"
NOW = START + timedelta(hours=9)
FRONTEND = Entity(kind="Deployment", namespace="shop", name="frontend")
PAYMENT = Entity(kind="Deployment", namespace="shop", name="payment")

E2 = replace(
    EVIDENCE,
    id="E2",
    claim="payment is ready 2/2",
    verdict=Health.HEALTHY,
    source="kubernetes",
    command="kubectl -n shop get deployment payment -o yaml",
    entity=PAYMENT,
    excerpt="",
    tainted=False,
)
E3 = replace(E2, id="E3", claim="frontend answers 14 % with 5xx", entity=FRONTEND)
E3 = replace(E3, verdict=Health.BROKEN, source="prometheus", command="sum(rate(errors[5m]))")
REFUTED = replace(
    HYPOTHESIS,
    id="H2",
    statement="payment is down",
    entity=PAYMENT,
    confidence=0.04,
    standing=Standing.REFUTED,
    evidence_for=(),
    evidence_against=("E2",),
    refuted_by="ready 2/2, no errors",
)
LOOKS: tuple[Record, ...] = (
    Looked(source="kubernetes", command="kubectl get pods -n shop", result="31 objects"),
    Looked(source="logs", command="kubectl logs checkout -p", result="41 lines", seconds=0.3),
)
GAP = Looked(
    source="kubernetes",
    command="kubectl get secrets -n shop",
    result="403 not allowed",
    verdict=Health.UNKNOWN,
)
CONCLUDED = Concluded(
    diagnosis=DIAGNOSIS,
    outcome=Outcome.DIAGNOSED,
    victims=(FRONTEND,),
    impact="frontend answered 14 % of requests with 5xx",
    summary="Revision 8 of checkout crashes at start with KeyError: 'PAYMENT_PROVIDERS'.",
)
OTHER_CAUSE = Diagnosis(
    root_cause="service shop/search selects nothing",
    entity=Entity(kind="Service", namespace="shop", name="search"),
    category=Category.NETWORK,
    confidence=0.9,
    evidence=("E3",),
)
FOUND: tuple[Record, ...] = (
    *LOOKS,
    GAP,
    *(Saw(evidence=evidence) for evidence in (EVIDENCE, E2, E3)),
    FoundChanges(changes=(CHANGE,)),
    Weighed(hypotheses=(HYPOTHESIS, REFUTED)),
    CONCLUDED,
)
PROPOSED = Proposed(proposal=replace(PROPOSAL, state=ActionState.PROPOSED, at=None))
YES = Answered(action="A1", answer=Answer.RUN, digest="d", by="oncall@prod", how="keyboard")
INTENT = Intended(action="A1", digest="d", before={"image": "2.4.1"}, after={"image": "2.4.0"})
HELPED = Verified(
    action="A1",
    helped=True,
    checks=(Check(name="pods ready", verdict=Health.HEALTHY, text="3/3"),),
    seconds=28.0,
)
USAGE = Usage(prompt=5000, cached=1200, answer=120, usd=0.006)
CITES = ToolCall(id="call-1", name="conclude", arguments='{"evidence": ["E99"]}')
AGAIN = replace(CITES, id="call-2", arguments='{"evidence": ["E1"]}')
TALK: tuple[Record, ...] = (
    Briefed(text="<data-1>\n</data-1>", version="0123456789ab"),
    Turn(
        role="diagnostician",
        model="openai/sim",
        version="0123456789ab",
        text="It is the *rollout*. </data-1> ```",
        calls=(CITES,),
        usage=USAGE,
        seconds=1.5,
    ),
    Told(call="call-1", text="rejected: there is no E99; cite what is there", invented="evidence"),
    Asked(text="why not DNS?", by="oncall"),
    Turn(
        role="diagnostician",
        model="openai/sim",
        version="0123456789ab",
        calls=(AGAIN,),
        usage=USAGE,
    ),
    Told(call="call-2", text="concluded; confidence 0.93", evidence=("E1",)),
)
COST = Cost(api_calls=22, seconds=1.2, verify_seconds=28.0)


def incident(*records: Record, opened: Record = OPENED) -> Incident:
    """Ten seconds between two records."""
    entries = [
        Entry(seq=seq, at=START + timedelta(seconds=10 * seq), record=record)
        for seq, record in enumerate((opened, *records), start=1)
    ]
    return fold(ID, entries)


def _ended(outcome: Outcome, *records: Record, reason: str = "") -> Incident:
    return incident(*records, Closed(outcome=outcome, reason=reason, cost=COST))


def _with_model(*records: Record) -> Incident:
    known = Usage(prompt=10_000, cached=2400, answer=240, usd=0.012)
    cost = replace(COST, tokens=known.prompt + known.answer, usd=known.usd)
    ended = Closed(outcome=Outcome.DIAGNOSED, cost=cost)
    return incident(*records, ended, opened=replace(OPENED, model="openai/sim"))


def _unsure() -> tuple[Record, ...]:
    doubted = replace(DIAGNOSIS, confidence=0.54)
    concluded = replace(CONCLUDED, diagnosis=doubted, outcome=Outcome.ESCALATED)
    doubt = replace(HYPOTHESIS, standing=Standing.OPEN, confidence=0.54, evidence_against=("E2",))
    return (*FOUND[:-2], Weighed(hypotheses=(doubt,)), concluded)


def endings() -> dict[str, Incident]:
    """One incident for each way in which it can end."""
    ran = (PROPOSED, YES, INTENT, Ran(action="A1", ok=True, message="patched"))
    no = replace(YES, answer=Answer.REJECT, reason="the release team does it")
    denied = replace(no, by="policy", how="policy", reason="read-only: this run changes nothing")
    forbidden = Ran(action="A1", ok=False, refused=True, message="dry run: not allowed")
    nothing = Concluded(
        diagnosis=None,
        outcome=Outcome.NO_FAULT,
        summary="No fault found behind KubePodCrashLooping.",
    )
    by_model = (*FOUND, *TALK, replace(CONCLUDED, by="openai/sim"))
    mute = Turn(role="diagnostician", model="openai/sim", version="", problem="no answer came")
    gone = Noted(text="the model goes no further: no answer came", by="budget")
    several = replace(CONCLUDED, other_causes=(OTHER_CAUSE,))
    return {
        "fixed": _ended(Outcome.FIXED, *FOUND, *ran, HELPED),
        "not fixed": _ended(Outcome.NOT_FIXED, *FOUND, *ran, replace(HELPED, helped=False)),
        "not verified": _ended(Outcome.NOT_FIXED, *FOUND, *ran, replace(HELPED, helped=None)),
        "diagnosed": _ended(Outcome.DIAGNOSED, *FOUND),
        "several causes": _ended(Outcome.DIAGNOSED, *FOUND[:-1], several),
        "diagnosed by a model": _with_model(*by_model),
        "a model that did not answer": _with_model(*FOUND, TALK[0], mute, gone),
        "a model that was not asked": _with_model(*FOUND),
        "waiting": _ended(Outcome.WAITING, *FOUND, PROPOSED, reason="A1 waits"),
        "rejected": _ended(Outcome.REFUSED, *FOUND, PROPOSED, no),
        "denied by policy": _ended(Outcome.REFUSED, *FOUND, PROPOSED, denied),
        "refused by the cluster": _ended(Outcome.REFUSED, *FOUND, PROPOSED, forbidden),
        "no fault": _ended(Outcome.NO_FAULT, *LOOKS, nothing),
        "escalated": _ended(Outcome.ESCALATED, *_unsure(), reason="0.54 is below 0.82"),
        "unknown": _ended(Outcome.UNKNOWN, GAP, reason="the cluster did not answer"),
        "resumed and ended": _ended(
            Outcome.FIXED, *FOUND, *ran, Resumed(by="oncall"), HELPED, Noted(text="well", by="me")
        ),
        "killed while running": incident(*FOUND, *ran[:-1]),
        "killed while looking": incident(*LOOKS),
        "killed at once": incident(),
        "free text alert": incident(
            opened=replace(OPENED, alert=replace(ALERT, labels={}, starts_at=None), namespace="")
        ),
    }
