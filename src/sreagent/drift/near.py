"""Incidents that are near a change: shortly after it, and about the same things."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sreagent.domain.drift import Near
from sreagent.domain.moment import span

WITHIN = timedelta(hours=2)
"""Between a change and an alert, either way."""
CLOSE = timedelta(minutes=30)
"""Up to this, a change before an alert is near by its time alone."""
MOST = 3
"""Incidents that are told of one change."""
SHARED_SHOWN = 3
_SHORTEST = 3
_WORD = re.compile(r"[^\s,;\"'()\[\]{}=]+")
_PART = re.compile(r"[A-Za-z0-9]+")
_ID = re.compile(r"(?=.*\d)(?:[a-z]{1,8}-)?[0-9a-f]{8,}|arn:.*", re.IGNORECASE)
_TELLS_NOTHING = frozenset(
    {
        *("aws", "arn", "main", "default", "this", "prod", "production", "staging", "dev", "test"),
        *("the", "and", "for", "all", "new", "old", "env", "true", "false", "none", "public"),
        *("private", "app", "apps", "service", "services", "server", "cluster", "group", "role"),
        *("policy", "security", "module", "data", "name", "http", "https", "com", "amazonaws"),
        *("eu", "us", "ap", "central", "east", "west", "north", "south", "instance", "bucket"),
        *("queue", "topic", "table", "subnet", "vpc", "iam", "ec2", "rds", "sqs", "sns", "system"),
        *("kube", "node", "pod", "deployment", "namespace", "terraform", "team", "owner"),
    }
)
"""Words that half of all resources and alerts have in common."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSeen:
    """As much of an incident as tells whether a change may belong to it."""

    id: str
    """`INC-20261120-1c2d`."""
    at: datetime
    """When it alerted."""
    words: frozenset[str] = field(default_factory=frozenset)
    """Namespace, service, instance, names and ids of what it was about, whole or in parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    incident: IncidentSeen
    seconds: float
    shared: tuple[str, ...]
    is_by_id: bool

    @property
    def is_near(self) -> bool:
        """What came after the alert, or long before it, has to be about the same thing."""
        if abs(self.seconds) > WITHIN.total_seconds():
            return False
        return bool(self.shared) or 0 <= self.seconds <= CLOSE.total_seconds()

    @property
    def rank(self) -> tuple[bool, bool, bool, float]:
        """The nearest last."""
        return self.is_by_id, bool(self.shared), self.seconds >= 0, -abs(self.seconds)


def nearby(
    incidents: Iterable[IncidentSeen],
    *,
    what: str,
    when: datetime,
    names: Iterable[str],
    did: str = "edited",
) -> tuple[Near, ...]:
    """Incidents that a change may belong to, the likeliest first, three at most.

    Args:
        incidents: Those that are known.
        what: What was changed, as a type or in words: `aws_security_group`.
        when: When it was changed.
        names: Its ids, names, address, values of its tags, and addresses of its dependents.
        did: What was done to it: `deleted`.
    """
    said = _words(names)
    found = [_weighed(incident, when, said) for incident in incidents]
    near = sorted((each for each in found if each.is_near), key=lambda each: each.rank)
    return tuple(
        Near(incident=each.incident.id, seconds=each.seconds, why=_why(what, did, each))
        for each in reversed(near[-MOST:])
    )


def _weighed(incident: IncidentSeen, when: datetime, said: frozenset[str]) -> _Candidate:
    shared = sorted(said & _words(incident.words), key=lambda word: (-len(word), word))
    return _Candidate(
        incident=incident,
        seconds=(incident.at - when).total_seconds(),
        shared=tuple(shared),
        is_by_id=any(_ID.fullmatch(word) for word in shared),
    )


def _words(texts: Iterable[str]) -> frozenset[str]:
    """Whole words, and the parts of them that tell something."""
    found: set[str] = set()
    for text in texts:
        for word in _WORD.findall(text.lower()):
            if _ID.fullmatch(word):
                found.add(word)
            found |= {part for part in _PART.findall(word) if _tells(part)}
    return frozenset(found)


def _tells(part: str) -> bool:
    return len(part) >= _SHORTEST and not part.isdecimal() and part not in _TELLS_NOTHING


def _why(what: str, did: str, near: _Candidate) -> str:
    thing = what.removeprefix("aws_").replace("_", " ")
    side = "before" if near.seconds >= 0 else "after"
    told = f"{thing} {did} {span(abs(near.seconds))} {side} this alert"
    if not near.shared:
        return f"{told}; near in time only"
    return f"{told}; both speak of {', '.join(near.shared[:SHARED_SHOWN])}"
