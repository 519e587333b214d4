"""What a sentence of a report may cite, and how it is written."""

import re
from dataclasses import dataclass
from typing import TypeVar

from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Evidence
from sreagent.domain.incident import Incident
from sreagent.domain.record import Entry, Record

R = TypeVar("R", bound=Record)

_TAIL = re.compile(r"\s*\[(E\d{1,6}(?: E\d{1,6}){0,40})\]\s*$")


@dataclass(frozen=True, slots=True)
class Sources:
    """The evidence (E), hypotheses (H), actions (A) and journal entries (J) of an incident."""

    incident: Incident

    def cite(self, *ids: str) -> str:
        """` [E1 J7]`: those of the ids that exist, each once."""
        known = [id_ for id_ in dict.fromkeys(ids) if self._exists(id_)]
        return f" [{' '.join(known)}]" if known else ""

    def last(self, kind: type[R], *, action: str = "") -> tuple[str, R] | None:
        """The last record of a kind (and about an action) with the id of its entry."""
        for entry in reversed(self.incident.entries):
            record = entry.record
            if isinstance(record, kind) and action in ("", getattr(record, "action", "")):
                return journal_id(entry), record
        return None

    def entry(self, *kinds: type[Record]) -> str:
        """The id of the last entry of these kinds; of the first entry if there is none."""
        fitting = [e for e in self.incident.entries if isinstance(e.record, kinds)]
        return journal_id(fitting[-1] if fitting else self.incident.entries[0])

    def about(self, entity: Entity) -> tuple[str, ...]:
        """Ids of the evidence about an entity or its pods."""
        return tuple(
            evidence.id
            for evidence in self.incident.evidence
            if evidence.entity and _belongs(evidence.entity, entity)
        )

    def shown_by(self, command: str) -> Evidence | None:
        """The evidence that a call showed."""
        return next((e for e in self.incident.evidence if command and e.command == command), None)

    def _exists(self, id_: str) -> bool:
        match id_[:1]:
            case "E":
                return bool(self.incident.cited((id_,)))
            case "A":
                return self.incident.proposal(id_) is not None
            case "H":
                return any(hypothesis.id == id_ for hypothesis in self.incident.hypotheses)
            case "J":
                return any(journal_id(entry) == id_ for entry in self.incident.entries)
            case _:
                return False


def _belongs(seen: Entity, entity: Entity) -> bool:
    of_its_pods = seen.kind in ("Pod", "ReplicaSet") and seen.name.startswith(f"{entity.name}-")
    return seen == entity or (of_its_pods and seen.namespace == entity.namespace)


def journal_id(entry: Entry) -> str:
    """How a report names an entry of the journal: `J7` is line 7."""
    return f"J{entry.seq}"


def split_citation(text: str) -> tuple[str, tuple[str, ...]]:
    """A sentence and the evidence it cites at its end, as in `checkout crashes [E1 E4]`."""
    tail = _TAIL.search(text)
    return (text[: tail.start()], tuple(tail[1].split())) if tail else (text, ())
