"""From what was seen to what is told: who did it, how bad it is, what hangs on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
from sreagent.drift.who.controllers import controller_of

if TYPE_CHECKING:
    from sreagent.drift.who.authors import Authors


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
    authors: Authors | None = None
    """None: nobody was asked who it was."""
    incidents: Callable[[], Sequence[IncidentSeen]] = tuple
    """Asked for where it is known when something was done."""

    def findings(self, examined: Examined) -> Findings:
        """Everything that was seen, as it is told."""
        authors = self.authors
        drifted = authors.drifted if authors else {}
        gone = authors.gone if authors else {}
        strangers = authors.strangers if authors else {}
        known = examined.authors
        return Findings(
            changed=tuple(
                self._tell_changed(each, known.get(each.key) or drifted.get(place))
                for place, each in enumerate(examined.drifted)
            ),
            missing=tuple(
                self._tell_gone(each, gone.get(place)) for place, each in enumerate(examined.gone)
            ),
            unmanaged=tuple(
                self._tell_stranger(each, strangers.get(place))
                for place, each in enumerate(examined.strangers)
            ),
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
            troubles=authors.troubles if authors else (),
        )

    def _tell_changed(self, found: Drifted, author: Author | None) -> Changed:
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
        owner = found.owner or controller_of(
            found.kind.type, difference.path, author, opens=judged.opens
        )
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

    def _tell_gone(self, found: Gone, author: Author | None) -> Missing:
        managed = found.managed
        dependents = self.blast.dependents(managed)
        tags = _tags(managed.attributes)
        judged = judge_missing(
            found.kind.type, managed.attributes, tags=tags, dependents=len(dependents)
        )
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

    def _tell_stranger(self, found: Stranger, author: Author | None) -> Unmanaged:
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
            author=author,
        )

    def _shown(self, found: Drifted, value: Json) -> Json:
        if found.secret:
            return self.masks.hidden(value, secret=True)
        return self.masks.hide(found.managed, found.difference.path, value)

    def _near(
        self, type_: str, author: Author | None, names: Iterable[str], did: str = "edited"
    ) -> tuple[Near, ...]:
        if author is None or author.when is None:
            return ()
        return nearby(self.incidents(), what=type_, when=author.when, names=names, did=did)


def _tags(attributes: Mapping[str, object]) -> dict[str, str]:
    tags = attributes.get("tags_all") or attributes.get("tags")
    return (
        {str(key): str(value) for key, value in tags.items()} if isinstance(tags, Mapping) else {}
    )
