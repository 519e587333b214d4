"""What programs, and the API server itself, say of kinds that cannot be read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sreagent.diagnose.logs.patterns import is_loud, level
from sreagent.diagnose.view.scene import Scene, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Gap, Inventory, PodLog
from sreagent.domain.kinds import KINDS
from sreagent.domain.text import one_line

SIGNS = (
    "no matches for kind",
    "the server could not find the requested resource",
    "conversion webhook for",
    "request to convert CR",
)
"""What the API server and its clients say of a kind that is not there, or cannot be converted."""
_TAIL = 200_000
_LINE = 4000
"""Characters of one line that are searched."""
_QUOTE = r'\\{0,3}"'
_FORMS = (
    re.compile(
        rf"no matches for kind {_QUOTE}(?P<kind>\w{{1,63}})\\{{0,3}}\" in (?:version|group) "
        rf"{_QUOTE}(?P<group>[\w.-]{{1,253}})(?:/(?P<version>\w{{1,63}}))?\\{{0,3}}\""
    ),
    re.compile(
        r"conversion webhook for (?P<group>[\w.-]{1,253})/(?P<version>\w{1,63}), "
        r"Kind=(?P<kind>\w{1,63}) failed: (?P<why>.{1,400})"
    ),
    re.compile(
        r"request to convert CR (?:from|to) an invalid group/version: "
        r"(?P<group>[\w.-]{1,253})/(?P<version>\w{1,63})"
    ),
    re.compile(
        r"(?:\*(?P<version>v\d\w{0,12})\.(?P<kind>\w{1,63})\b.{0,80})?"
        r"the server could not find the requested resource \("
        r"(?:get|list|watch|post|put|patch|delete) (?P<plural>[a-z0-9-]{1,63})"
        r"(?:\.(?P<group>[a-z0-9.-]{1,253}))?"
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """A kind that somebody could not read or write, once for each who says so."""

    by: Entity | None = None
    """The workload in whose log it stands; None where it was told to us."""
    group: str
    version: str
    """Empty where it is not told."""
    kind: str = ""
    plural: str = ""
    why: str = ""
    """Why the conversion failed."""
    converts: bool = False
    """The kind is there, and its objects cannot be converted."""
    count: int = 1
    line: str = ""
    command: str = ""
    loud: bool = False
    """Said as an error, or among the last words of a run."""

    def __str__(self) -> str:
        """`Widget of ops.example.com/v1beta1`."""
        at = f"/{self.version}" if self.version else ""
        return f"{self.kind or self.plural or 'objects'} of {self.group or 'the core'}{at}"


@once_per_scene
def kind_complaints(scene: Scene) -> tuple[Complaint, ...]:
    """Complaints of logs and of lists that failed, the newest line of each."""
    found: list[Complaint] = []
    for log in scene.inventory.logs:
        pod = scene.inventory.find(log.pod)
        if pod and any(sign in log.text for sign in SIGNS):
            found += _of_log(log, scene.workload_of(pod))
    return (*found, *_of_gaps(scene.inventory))


def tells_of_kinds(inventory: Inventory) -> bool:
    """Whether anything in view says that a kind cannot be read."""
    said = (log.text for log in inventory.logs)
    refused = (gap.message for gap in inventory.gaps if _is_custom(gap))
    return any(sign in text for text in (*said, *refused) for sign in SIGNS)


def _of_log(log: PodLog, workload: Entity) -> list[Complaint]:
    told: dict[tuple[str, ...], Complaint] = {}
    for line in log.text[-_TAIL:].splitlines():
        found = _read(line) if any(sign in line for sign in SIGNS) else None
        if found is None:
            continue
        key = (found.group, found.version, found.kind, found.plural)
        known = told.get(key)
        told[key] = replace(
            found,
            by=workload,
            converts="convert" in line or "conversion" in line,
            count=known.count + 1 if known else 1,
            line=one_line(line, 400),
            command=log.command,
            loud=bool(known and known.loud) or log.previous or is_loud(level(line) or "ERROR"),
        )
    return list(told.values())


def _of_gaps(inventory: Inventory) -> Iterator[Complaint]:
    for gap in inventory.gaps:
        found = _read(gap.message) if _is_custom(gap) else None
        if found:
            yield replace(
                found,
                converts=True,
                line=one_line(gap.message, 400),
                command=gap.command,
                loud=True,
            )


def _is_custom(gap: Gap) -> bool:
    return gap.what in KINDS and KINDS[gap.what].custom


def _read(line: str) -> Complaint | None:
    """Group, version, kind, plural and reason, as far as a line tells them."""
    for form in _FORMS:
        if found := form.search(line[:_LINE]):
            said = {name: one_line(text, 300) for name, text in found.groupdict(default="").items()}
            return Complaint(
                group=said.get("group", ""),
                version=said.get("version", ""),
                kind=said.get("kind", ""),
                plural=said.get("plural", ""),
                why=said.get("why", ""),
            )
    return None
