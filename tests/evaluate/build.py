"""Incidents as they stand after an investigation, and what was expected of them."""

import re
from datetime import UTC, datetime

from sreagent.domain.alert import Alert
from sreagent.domain.diagnosis import Diagnosis, Outcome
from sreagent.domain.entity import parse_path
from sreagent.domain.evidence import Evidence, Health
from sreagent.domain.finding import Category
from sreagent.domain.incident import Incident
from sreagent.domain.record import Concluded, Cost, Opened
from sreagent.evaluate.expectation import Expectation
from sreagent.evaluate.score import Score

AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
WEB = "Deployment/shop/web"
CART = "Service/shop/cart"


def cause(path: str, said: str = "it broke", confidence: float = 0.9) -> Diagnosis:
    return Diagnosis(
        root_cause=said,
        entity=parse_path(path),
        category=next(iter(Category)),
        confidence=confidence,
        evidence=("E1",),
    )


def incident(*causes: Diagnosis, outcome: Outcome = Outcome.DIAGNOSED, seen: str = "") -> Incident:
    opened = Opened(
        alert=Alert(name="A"),
        context="",
        server="",
        server_version="",
        user="",
        namespace="",
        prometheus="",
        alertmanager="",
        by="",
        tool="",
    )
    concluded = Concluded(
        diagnosis=causes[0] if causes else None,
        other_causes=causes[1:],
        outcome=outcome,
        summary="",
    )
    evidence = Evidence(
        id="E1", claim=seen, verdict=Health.BROKEN, source="x", command="x", seen_at=AT
    )
    return Incident(
        id="INC-1",
        opened=opened,
        opened_at=AT,
        evidence=(evidence,),
        concluded=concluded,
        outcome=outcome,
        cost=Cost(api_calls=24, seconds=1.5),
    )


def expected(
    *roots: str, mentions: str = "", innocent: str = "", accepted: str = ""
) -> Expectation:
    return Expectation(
        name="x",
        title="x",
        alert="A",
        category="service",
        roots=roots,
        also_accepted=frozenset(accepted.split()),
        mentions=((re.compile(mentions),),) if mentions else (),
        innocent=frozenset(innocent.split()),
    )


def score(
    *,
    right: bool,
    confidence: float | None = None,
    category: str = "service",
    healthy: bool = False,
    precision: float = 0.0,
) -> Score:
    return Score(
        name="x",
        category=category,
        healthy=healthy,
        right=right,
        confidence=confidence,
        precision=precision,
        looks=10,
        seconds=2.0,
    )
