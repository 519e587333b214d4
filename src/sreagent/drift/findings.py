"""From what was seen to what is told: who did it, how bad it is, what hangs on it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sreagent.domain.drift import (
    Author,
    Changed,
    Class,
    Json,
    LeftOver,
    Missing,
    Near,
    Trouble,
    Unmanaged,
)
from sreagent.drift.blast import Blast
from sreagent.drift.examine import Drifted, Examined, Gone, Stranger
from sreagent.drift.judge.judged import Matter
from sreagent.drift.judge.severity import judge_change, judge_missing, judge_stranger
from sreagent.drift.masks import Masks
from sreagent.drift.near import IncidentSeen, nearby
from sreagent.drift.reality.kinds import Kind
from sreagent.drift.who import subject
from sreagent.drift.who.controllers import controller_of
from sreagent.drift.who.match import SOURCE, Attribution
from sreagent.drift.who.subject import Subject
from sreagent.drift.who.trail import Attributed, Trail

ASKED_ABOUT = 50
"""Unmanaged things whose maker is looked up; the rest is told without."""
_NOBODY = Attribution(why="nobody was asked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All that is told of what was seen."""

    changed: tuple[Changed, ...] = ()
    missing: tuple[Missing, ...] = ()
    unmanaged: tuple[Unmanaged, ...] = ()
    left_over: tuple[LeftOver, ...] = ()
    troubles: tuple[Trouble, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What is known beside what was seen."""

    masks: Masks
    blast: Blast
    trail: Trail | None = None
    """None: nobody is asked who it was."""
    incidents: Sequence[IncidentSeen] = ()

    def findings(self, examined: Examined) -> Findings:
        """Everything that was seen, as it is told."""
        owners = {each.key: each.owner for each in examined.drifted}
        asked = [
            _changed(each)
            for each in examined.drifted
            if not owners[each.key] and each.key not in examined.authors and _is_aws(each.kind)
        ]
        asked += [_gone(each) for each in examined.gone if _is_aws(each.kind)]
        strangers = [each for each in examined.strangers if not each.real.folded]
        asked += [_made(each) for each in strangers[:ASKED_ABOUT]]
        told = self.trail.authors(asked) if self.trail and asked else Attributed()
        known = examined.authors
        return Findings(
            changed=tuple(
                self._tell_changed(each, owners[each.key], told, known.get(each.key))
                for each in examined.drifted
            ),
            missing=tuple(self._tell_gone(each, told) for each in examined.gone),
            unmanaged=tuple(self._tell_stranger(each, told) for each in examined.strangers),
            left_over=tuple(
                LeftOver(
                    address=gone.managed.address,
                    type=gone.managed.type,
                    id=gone.managed.id,
                    key=gone.managed.deposed,
                    exists=exists,
                    place=gone.place,
                    source=gone.managed.source,
                )
                for gone, exists in examined.deposed
            ),
            troubles=told.troubles,
        )

    def _tell_changed(
        self, found: Drifted, owner: str, told: Attributed, author: Author | None
    ) -> Changed:
        managed, difference = found.managed, found.difference
        dependents = self.blast.dependents(managed)
        tags = {**found.real.tags, **_tags(managed.attributes)}
        judged = judge_change(
            Matter(
                type=found.kind.type,
                path=difference.path,
                before=difference.before,
                after=difference.after,
                around=managed.attributes,
                tags=tags,
                dependents=len(dependents),
            )
        )
        of = _changed(found)
        if author is None and not owner and _is_aws(found.kind):
            author = self._author(told, of)
        owner = owner or controller_of(of, author, opens=judged.opens)
        names = (managed.address, managed.id, found.real.name, *tags.values(), *dependents)
        return Changed(
            address=managed.address,
            type=managed.type,
            id=managed.id or found.real.id,
            path=difference.path,
            before=self._shown(found, difference.before),
            after=self._shown(found, difference.after),
            klass=Class.CONTROLLER if owner else Class.DRIFT,
            severity=judged.severity,
            why=owner or judged.why,
            opens=judged.opens,
            place=found.place,
            source=managed.source,
            tainted=managed.tainted,
            shallow=found.shallow,
            author=author,
            near=self._near(managed.type, author, names),
            dependents=dependents,
        )

    def _tell_gone(self, found: Gone, told: Attributed) -> Missing:
        managed = found.managed
        dependents = self.blast.dependents(managed)
        tags = _tags(managed.attributes)
        judged = judge_missing(
            found.kind.type, managed.attributes, tags=tags, dependents=len(dependents)
        )
        author = self._author(told, _gone(found)) if _is_aws(found.kind) else None
        names = (managed.address, managed.id, *tags.values(), *dependents)
        return Missing(
            address=managed.address,
            type=managed.type,
            id=managed.id,
            place=found.place,
            source=managed.source,
            severity=judged.severity,
            why=judged.why,
            author=author,
            near=self._near(managed.type, author, names, did="deleted"),
            dependents=dependents,
        )

    def _tell_stranger(self, found: Stranger, told: Attributed) -> Unmanaged:
        real = found.real
        judged = judge_stranger(real.type, real.attributes, tags=real.tags, folded=real.folded)
        import_id = real.import_id or (
            found.kind.import_id(real.attributes) if found.kind.import_id else real.id
        )
        return Unmanaged(
            type=real.type,
            id=real.id,
            name=real.name,
            place=found.place,
            folded=real.folded,
            import_id=import_id,
            created=real.created,
            tags=self.masks.hidden(dict(real.tags)),
            severity=judged.severity,
            why=judged.why,
            author=self._author(told, _made(found)) if not real.folded else None,
        )

    def _shown(self, found: Drifted, value: Json) -> Json:
        if found.secret:
            return self.masks.hidden(value, secret=True)
        return self.masks.hide(found.managed, found.difference.path, value)

    def _author(self, told: Attributed, of: Subject) -> Author | None:
        """Who did it; nobody, with the reason, where no record tells; None when none was asked."""
        if self.trail is None:
            return None
        found = told.by.get(of, _NOBODY)
        return found.author or Author(who="", when=None, source=SOURCE, why=found.why)

    def _near(
        self, type_: str, author: Author | None, names: Iterable[str], did: str = "edited"
    ) -> tuple[Near, ...]:
        if author is None or author.when is None:
            return ()
        return nearby(self.incidents, what=type_, when=author.when, names=names, did=did)


def _is_aws(kind: Kind) -> bool:
    return kind.type.startswith("aws_")


def _changed(found: Drifted) -> Subject:
    return subject.changed(
        found.kind.type, found.managed.attributes, found.place, found.difference, found.real
    )


def _gone(found: Gone) -> Subject:
    return subject.gone(found.kind.type, found.managed.attributes, found.place)


def _made(found: Stranger) -> Subject:
    return subject.made(found.real, found.place)


def _tags(attributes: Mapping[str, object]) -> dict[str, str]:
    tags = attributes.get("tags_all") or attributes.get("tags")
    return (
        {str(key): str(value) for key, value in tags.items()} if isinstance(tags, Mapping) else {}
    )
