"""Which event made a change: what it names, what it writes, and how sure that is."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum

from sreagent.domain.drift import Author, Way
from sreagent.drift.who.calls import ANY, GONE, MADE, UNIQUE_NAMES_NOT_IN, makes, removes, speaks_of
from sreagent.drift.who.calls import tags as writes_tags
from sreagent.drift.who.event import Event, letters, values_of
from sreagent.drift.who.identity import Identity, identify
from sreagent.drift.who.subject import Step, Subject

SOURCE = "cloudtrail"
_NAMING = re.compile(
    r".*(?:names?|ids?|identifier|arns?|urls?|bucket|service|cluster|stack|alias|queue|topic|group"
    r"|function|resources?|resourcelist|sourcearn|repository|rule|table|key)$"
)
"""Parameters that hold the name of what a call is about; not those of tags and descriptions."""
_TAKES = re.compile(
    r"Revoke|Delete|Remove|Detach|Disassociate|Untag|Deregister|Release|Stop|Disable"
)
_OFF = re.compile(r"Disable|Stop|Suspend|Unmonitor|Delete|Remove|Detach|Disassociate")
_ON = re.compile(r"Enable|Start|Resume|Monitor|Attach|Associate")
_WORDS = re.compile(r"[A-Za-z][a-z]*|\d+")
_WEAK_WORDS = frozenset(
    {"enabled", "enable", "ids", "id", "in", "seconds", "days", "minutes", "arn", "arns", "name"}
)
_SAYS_LITTLE = frozenset({"true", "false", "enabled", "disabled", "", "*", "none", "default"})
_A_LOT = 6
"""Digits from which a number is hardly there by chance."""
_SLACK = timedelta(minutes=10)
"""Between what a service and what CloudTrail call the time of creation."""
COMPETITORS = 20
"""Other writers whose identity is worked out."""


class Fit(IntEnum):
    """How well an event explains a finding."""

    OTHER = 1
    """It wrote something else of the same object."""
    WRITES = 2
    """It writes this attribute."""
    SETS = 3
    """It wrote this very value, or made or removed this very thing."""


_CONFIDENCE = {
    (True, Fit.SETS): 0.97,
    (True, Fit.WRITES): 0.85,
    (False, Fit.SETS): 0.6,
    (False, Fit.WRITES): 0.45,
    (True, Fit.OTHER): 0.35,
}
"""By whether the event names the object for certain, and how it fits."""
_FITS = {
    Fit.SETS: "sets this very value",
    Fit.WRITES: "writes this attribute",
    Fit.OTHER: "is the last known write to it, of another attribute as far as it tells",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """An event that may have made a change."""

    event: Event
    exact: bool
    fit: Fit

    @property
    def confidence(self) -> float:
        """Before anybody competes."""
        return _CONFIDENCE.get((self.exact, self.fit), 0.0)

    @property
    def is_settling(self) -> bool:
        """Whether no older event can explain it better."""
        return self.exact and self.fit is Fit.SETS


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """Who did it, or why that is not known."""

    author: Author | None = None
    why: str = ""


def matched(subject: Subject, event: Event) -> Match | None:
    """Whether an event may have made a change, and how well it fits."""
    if event.reads or event.error:
        return None
    exact = _names_it(subject, event)
    fit = _fit(subject, event) if exact is not None else None
    if exact is None or fit is None or _is_older(subject, event):
        return None
    if subject.calls.is_child and fit is not Fit.SETS:
        # The call is about its parent, and perhaps about another child of that.
        exact = False
    found = Match(event=event, exact=exact, fit=fit)
    return found if found.confidence else None


def attributed(subject: Subject, events: Iterable[Event]) -> Attribution:
    """The author of a change: of the writes that fit best, the latest."""
    matches = [found for event in events if (found := matched(subject, event))]
    if not matches:
        return Attribution(why="no recorded write fits")
    best = max(matches, key=lambda match: (match.confidence, match.event.at))
    identity = identify(best.event.record)
    rivals = _rivals(best, matches, identity)
    confidence = best.confidence * (0.9 if best.fit is Fit.SETS else 0.75) ** min(len(rivals), 2)
    return Attribution(
        author=Author(
            who=identity.who,
            when=best.event.at,
            how=identity.how,
            event=best.event.name,
            source=SOURCE,
            confidence=round(confidence, 2),
            why=_why(subject, best, identity, rivals),
        )
    )


def _why(subject: Subject, best: Match, identity: Identity, rivals: Sequence[str]) -> str:
    named = "names it by its id" if best.exact else "bears its name, as others may"
    fits = _FITS[best.fit]
    if subject.step is not Step.CHANGED:
        fits = "made it" if subject.step is Step.MADE else "removed it"
    parts = [f"the call {named} and {fits}"]
    if rivals:
        parts.append(f"{', '.join(rivals[:2])} wrote it too")
    if identity.how is Way.TERRAFORM:
        parts.append("an apply that this state does not know of")
    if identity.doubt:
        parts.append(identity.doubt)
    return "; ".join(parts)


def _rivals(best: Match, matches: Sequence[Match], identity: Identity) -> list[str]:
    """Others who made calls that fit as well, newest first."""
    alike = [
        match.event
        for match in matches
        if match is not best and (match.exact, match.fit) == (best.exact, best.fit)
    ]
    alike.sort(key=lambda event: event.at, reverse=True)
    others = (identify(event.record).who for event in alike[:COMPETITORS])
    return [who for who in dict.fromkeys(others) if who != identity.who]


def _names_it(subject: Subject, event: Event) -> bool | None:
    """True: by its id. False: by a name that others may bear. None: not at all."""
    at_home = event.source == subject.calls.source
    if any(text in event.said for text in subject.ids):
        return True
    if not at_home:
        return None
    together = subject.together
    if together and all(_stands_as_a_name(event, text) for text in together):
        return len(together) > 1 or _is_unique(subject) or _is_parent(subject)
    if any(_stands_as_a_name(event, text) for text in subject.names):
        return _is_unique(subject) and not together
    return None


def _is_older(subject: Subject, event: Event) -> bool:
    """Whether it was written before the thing was there: then it was about its namesake."""
    return subject.created is not None and event.at < subject.created - _SLACK


def _is_unique(subject: Subject) -> bool:
    return subject.calls.source not in UNIQUE_NAMES_NOT_IN


def _is_parent(subject: Subject) -> bool:
    """Whether the one name is the id of what it belongs to: of a group, for a rule."""
    return re.fullmatch(r"[a-z]+-[0-9a-f]{8,17}|Z[0-9A-Z]{8,}", subject.together[0]) is not None


def _stands_as_a_name(event: Event, text: str) -> bool:
    return any(_NAMING.fullmatch(name) for name in event.said.get(text, ()))


def _fit(subject: Subject, event: Event) -> Fit | None:
    if subject.step is Step.CHANGED:
        return _changes(subject, event)
    what = MADE if subject.step is Step.MADE else GONE
    writes = subject.calls.writes
    known = writes.get(what) or (writes.get(ANY) if what == MADE else None)
    if known is not None:
        fits = event.name in known
    else:
        looks = makes if what == MADE else removes
        fits = looks(event.name) and speaks_of(event.name, subject.type)
    return _fit_of_rule(subject, event) if fits else None


def _fit_of_rule(subject: Subject, event: Event) -> Fit:
    """Rules of one parent are told apart by their values."""
    telling = values_of(subject.after if subject.step is Step.MADE else subject.before)
    return Fit.SETS if not telling or telling & event.said.keys() else Fit.WRITES


def _changes(subject: Subject, event: Event) -> Fit | None:
    path, calls = subject.path, subject.calls
    if path.startswith("tags"):
        return _tags(subject, event)
    if event.name in calls.special(path):
        return _written(subject, event)
    if event.name in calls.general() or (not calls.writes and _looks_general(event)):
        is_meant = _mentions(event, path) or _carries(subject, event)
        return _written(subject, event) if is_meant else _otherwise(subject, event)
    return _otherwise(subject, event)


def _otherwise(subject: Subject, event: Event) -> Fit | None:
    """Another write to the same thing, which is not its making nor its end."""
    calls = subject.calls
    if event.source != calls.source or removes(event.name) or makes(event.name):
        return None
    is_about_it = event.name in calls.all or speaks_of(event.name, subject.type)
    return Fit.OTHER if is_about_it else None


def _looks_general(event: Event) -> bool:
    return not removes(event.name) and not writes_tags(event.name)


def _tags(subject: Subject, event: Event) -> Fit | None:
    key = subject.path.partition(".")[2]
    if not writes_tags(event.name) and event.name not in subject.calls.special("tags"):
        return None
    if key and key not in event.request:
        return None
    takes = subject.after in (None, "")
    if takes:
        return Fit.SETS if _TAKES.match(event.name) else None
    return Fit.SETS if str(subject.after) in event.request else Fit.WRITES


def _written(subject: Subject, event: Event) -> Fit | None:
    """An event that writes the attribute: with this value, with another, or the one before."""
    if isinstance(subject.after, bool):
        toward = _ON if subject.after else _OFF
        away = _OFF if subject.after else _ON
        if toward.match(event.name):
            return Fit.SETS
        if away.match(event.name):
            return None
    if _carries(subject, event):
        return Fit.SETS
    return None if _restores(subject, event) else Fit.WRITES


def _carries(subject: Subject, event: Event) -> bool:
    """Whether the request has what is new, takes what is lost, or has all that is left."""
    before, after = values_of(subject.before), values_of(subject.after)
    new, lost = after - before, before - after
    if new:
        return not _TAKES.match(event.name) and _has_any(event, new, subject.path)
    if lost and _TAKES.match(event.name):
        return _has_any(event, lost, subject.path)
    return bool(after) and after <= event.request.keys() and _mentions(event, subject.path)


def _restores(subject: Subject, event: Event) -> bool:
    """Whether the request wrote what the state has: then it cannot be what changed it."""
    lost = values_of(subject.before) - values_of(subject.after)
    return not _TAKES.match(event.name) and _has_any(event, lost, subject.path)


def _has_any(event: Event, values: Iterable[str], path: str) -> bool:
    return any(_has(event, value, path) for value in values)


def _has(event: Event, value: str, path: str) -> bool:
    """A value that says little counts only under the name of the attribute."""
    names = event.request.get(value)
    if names is None:
        return False
    says_little = value.lower() in _SAYS_LITTLE or (value.isdecimal() and len(value) < _A_LOT)
    return not says_little or any(_is_name_of(name, path) for name in names)


def _mentions(event: Event, path: str) -> bool:
    return any(_is_name_of(name, path) for name in event.names)


def _is_name_of(name: str, path: str) -> bool:
    """Whether a parameter is what Terraform calls so: `enableIAMDatabaseAuthentication`."""
    parts = [part for part in re.sub(r"\[[^\]]*\]", "", path).split(".") if part]
    while len(parts) > 1 and parts[-1] in ("enabled", "status", "value"):
        parts.pop()
    words = {word.lower() for word in _WORDS.findall(parts[-1] if parts else "")} - _WEAK_WORDS
    return bool(words) and all(letters(word) in name for word in words)
