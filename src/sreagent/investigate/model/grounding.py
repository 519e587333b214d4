"""Checks what a model says against what was seen: evidence, objects, numbers, confidence."""

import re
from collections.abc import Iterable, Iterator

from sreagent.diagnose.argument.confidence import CAPS, HIGHEST
from sreagent.domain.diagnosis import CONFIDENT
from sreagent.domain.entity import Entity, parse_path
from sreagent.domain.evidence import Evidence, Health
from sreagent.domain.incident import Incident
from sreagent.domain.inventory import Inventory
from sreagent.domain.kinds import KINDS
from sreagent.domain.record import Saw
from sreagent.investigate.model.arguments import Conclude

CONTRADICTED = 0.70
"""The most that a conclusion is worth when the rules are sure of another cause."""
_NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,:]\d+)*(?![\w]*-\w)")
_EVERYDAY = frozenset({"0", "1", "2", "3"})
"""Numbers that people use for words."""


class Invented(ValueError):  # noqa: N818 - it is what it says
    """Something that was never seen."""

    def __init__(self, message: str, *, what: str) -> None:
        super().__init__(message)
        self.what = what


def entity_named(path: str) -> Entity:
    """The object a model means.

    Raises:
        Invented: It is written as nothing that is an object.
    """
    try:
        entity = parse_path(path.strip())
    except ValueError as error:
        msg = f"{path!r} names no object; write Kind/namespace/name, or Kind/name"
        raise Invented(msg, what="object") from error
    known = next((kind for kind in KINDS if kind.lower() == entity.kind.lower()), entity.kind)
    return Entity(kind=known, namespace=entity.namespace, name=entity.name)


def check(incident: Incident, inventory: Inventory, said: Conclude) -> Entity:
    """The object of a conclusion of which everything was seen.

    Raises:
        Invented: Evidence, object or number that does not exist.
    """
    check_evidence(incident, said.evidence)
    entity = entity_named(said.entity)
    cited = texts(incident, said.evidence)
    if not is_known(incident, inventory, entity):
        msg = f"{entity.path} was not seen; name an object that exists, as the evidence spells it"
        raise Invented(msg, what="object")
    if missing := sorted(numbers_missing(said.root_cause, cited)):
        msg = (
            f"{', '.join(missing[:5])}: not in the cited evidence; cite what shows it, "
            "or leave it out"
        )
        raise Invented(msg, what="number")
    return entity


def check_evidence(incident: Incident, ids: Iterable[str]) -> None:
    """Each cited id exists.

    Raises:
        Invented: One does not.
    """
    known = {evidence.id for evidence in incident.evidence}
    if missing := [id_ for id_ in ids if id_ not in known]:
        msg = f"there is no evidence {', '.join(missing[:5])}; the last is E{len(known)}"
        raise Invented(msg, what="evidence")


def is_known(incident: Incident, inventory: Inventory, entity: Entity) -> bool:
    """Whether an object was listed, named by the rules, or stands in something that was read."""
    if inventory.find(entity) is not None:
        return True
    named = {evidence.entity for evidence in incident.evidence}
    named |= {one.entity for one in incident.hypotheses}
    named |= {change.entity for change in incident.changes}
    if entity in named:
        return True
    if inventory.looked(entity.kind, entity.namespace):
        return False
    # Of what is not listed (other accounts, hosts outside), what was read may tell.
    return any(entity.name in text for text in _read(incident))


def texts(incident: Incident, ids: Iterable[str]) -> str:
    """All that the cited evidence says."""
    wanted = set(ids)
    parts = [
        f"{e.claim}\n{e.excerpt}\n{e.command}\n{e.since:%H:%M:%S %H:%M}"
        if e.since
        else f"{e.claim}\n{e.excerpt}\n{e.command}"
        for e in incident.cited(wanted)
    ]
    parts += [
        entry.record.text
        for entry in incident.entries
        if isinstance(entry.record, Saw) and entry.record.evidence.id in wanted
    ]
    alert = incident.opened.alert
    parts += [alert.name, *alert.labels.values(), *alert.annotations.values()]
    return "\n".join(parts)


def numbers_missing(statement: str, seen: str) -> set[str]:
    """Numbers of a statement that stand nowhere in a text, rounding allowed."""
    known = set(_NUMBER.findall(seen))
    values = [value for number in known for value in _values(number)]
    return {
        number
        for number in _NUMBER.findall(statement)
        if number not in _EVERYDAY
        and number not in known
        # 19:44 of 19:44:51, 2.4 of 2.4.1
        and not any(token.startswith((f"{number}:", f"{number}.")) for token in known)
        and not any(_rounds_to(value, number) for value in values)
    }


def _values(number: str) -> Iterator[float]:
    try:
        value = float(number.replace(",", ""))
    except ValueError:
        return
    yield from (value, value * 100, value / 60, value / 1024, value / 1048576)


def _rounds_to(value: float, number: str) -> bool:
    try:
        wanted = float(number.replace(",", ""))
    except ValueError:
        return False
    digits = len(number.partition(".")[2])
    return round(value, digits) == wanted


def _read(incident: Incident) -> Iterator[str]:
    for entry in incident.entries:
        if isinstance(entry.record, Saw):
            evidence = entry.record.evidence
            yield f"{entry.record.text}{evidence.claim}{evidence.excerpt}"


def supported(incident: Incident, entity: Entity, ids: Iterable[str]) -> float:
    """The most confidence that the cited evidence gives, whatever a model says.

    The rules' own confidence when they blame the same object; less when they are sure of another;
    else by how many kinds of sources tell of it, and whether anybody could have written them.
    """
    rules = incident.hypotheses[:1]
    ours = [one.confidence for one in incident.hypotheses if one.entity == entity]
    cited = incident.cited(ids)
    most = _by_sources(cited)
    if ours:
        most = max(most, max(ours))
    elif rules and rules[0].confidence >= CONFIDENT:
        most = min(most, CONTRADICTED)
    return round(min(most, HIGHEST), 2)


def _by_sources(cited: Iterable[Evidence]) -> float:
    shown = [one for one in cited if one.verdict is not Health.UNKNOWN]
    if not shown:
        return 0.0
    sources = {one.source for one in shown}
    measured = any(not one.tainted and one.verdict is Health.BROKEN for one in shown)
    kinds = CAPS["prometheus" if measured else "logs"]
    return kinds[min(len(sources), len(kinds)) - 1]
