"""Who did what was seen: each finding as the trail knows it, and what it tells of its author."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sreagent.domain.drift import Author, Trouble
from sreagent.drift.examine import Drifted, Examined, Gone, Stranger
from sreagent.drift.who import subject
from sreagent.drift.who.match import SOURCE, Attribution
from sreagent.drift.who.subject import Subject
from sreagent.drift.who.trail import Attributed, Trail

ASKED_ABOUT = 50
"""Unmanaged things whose maker is looked up; the rest is told without."""
_NOBODY = Attribution(why="nobody was asked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Authors:
    """Who did it, by the place of a finding in what was seen; nobody, with the reason, if unknown.

    A finding without an author here is one that the trail is not asked about.
    """

    drifted: Mapping[int, Author] = field(default_factory=dict)
    gone: Mapping[int, Author] = field(default_factory=dict)
    strangers: Mapping[int, Author] = field(default_factory=dict)
    troubles: tuple[Trouble, ...] = ()
    """Trails that could not be read."""


def authors_of(examined: Examined, trail: Trail) -> Authors:
    """Ask the trail about everything of AWS that nothing else tells the author of."""
    drifted = {
        place: _changed(each)
        for place, each in enumerate(examined.drifted)
        if _is_aws(each.kind.type) and each.key not in examined.authors and not each.owner
    }
    gone = {
        place: _gone(each) for place, each in enumerate(examined.gone) if _is_aws(each.kind.type)
    }
    strangers = {
        place: _made(each) for place, each in enumerate(examined.strangers) if not each.real.folded
    }
    asked = [*drifted.values(), *gone.values(), *[*strangers.values()][:ASKED_ABOUT]]
    told = trail.authors(asked) if asked else Attributed()
    return Authors(
        drifted=_by_place(drifted, told),
        gone=_by_place(gone, told),
        strangers=_by_place(strangers, told),
        troubles=told.troubles,
    )


def _by_place(subjects: Mapping[int, Subject], told: Attributed) -> dict[int, Author]:
    found = {place: told.by.get(each, _NOBODY) for place, each in subjects.items()}
    return {
        place: each.author or Author(who="", when=None, source=SOURCE, why=each.why)
        for place, each in found.items()
    }


def _is_aws(type_: str) -> bool:
    return type_.startswith("aws_")


def _changed(found: Drifted) -> Subject:
    return subject.changed(
        found.kind.type, found.managed.attributes, found.place, found.difference, found.real
    )


def _gone(found: Gone) -> Subject:
    return subject.gone(found.kind.type, found.managed.attributes, found.place)


def _made(found: Stranger) -> Subject:
    return subject.made(found.real, found.place)
