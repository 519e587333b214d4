"""Whether a journal is still what was written, and who vouches for that."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sreagent.domain.errors import BadJournal
from sreagent.journal.anchors import ANCHORS, Anchor, AnchorFile, parse_anchor
from sreagent.journal.chain import Line, first_link, link, parse, split
from sreagent.journal.checkpoints import (
    CHECKPOINTS,
    Checkpoint,
    content_if_there,
    parse_checkpoint,
)
from sreagent.journal.codec import decode, dumps
from sreagent.journal.seals import Checker, Sealed, lines_of
from sreagent.journal.shelf import JOURNAL, content_of
from sreagent.journal.store import HEAD, read_head

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One place where the record is not what was written."""

    line: int
    what: str
    file: str = JOURNAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """How far somebody vouches for the journal: all lines up to `seq` are what they were."""

    seq: int
    at: datetime
    """When the checkpoint was signed, or the place was given it."""
    by: str
    """Id of the key, or name of the place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a record proves.

    The chain alone proves that no line was changed, added, dropped or moved before the last one;
    the file `head` that none is missing at the end up to the last close. Somebody who may write
    the folder can make both anew: a signature says that the holder of the key saw it so, an
    anchor that it was so when the place was given it.
    """

    incident: str
    entries: int
    head: str
    """SHA-256 of the last line."""
    closed: int = 0
    """Number of the entry up to which `head` says that nothing is missing; 0 without it."""
    signed: Vouched | None = None
    """The last checkpoint with a right signature that fits."""
    anchored: Vouched | None = None
    """The last anchor with a right signature that fits."""
    checkpoints: int = 0
    anchors: int = 0
    """How many of each were compared."""
    problems: tuple[Problem, ...] = ()
    in_doubt: tuple[str, ...] = ()
    """Actions with an intent and no result: whether they ran has to be asked of the cluster."""
    unknown_keys: tuple[str, ...] = ()
    """Keys that signed something and that nobody here knows."""

    @property
    def sound(self) -> bool:
        """Nothing was changed, as far as can be told."""
        return not self.problems

    @property
    def verified(self) -> int:
        """Number of the entry up to which a signature vouches; 0 when none does."""
        return max((vouched.seq for vouched in (self.signed, self.anchored) if vouched), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a journal is compared with, beside itself."""

    keys: Checker | None = None
    """Public keys; without them no signature vouches for anything."""
    demanded: bool = False
    """A journal that none of these keys signed is not sound: somebody may have made it anew."""
    anchors: Sequence[AnchorFile] = ()


NO_PROOF = Proof()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Statement:
    """A checkpoint or an anchor, and where it stands."""

    checkpoint: Checkpoint
    sealed: Sealed
    file: str
    line: int
    anchor: Anchor | None = None


@dataclass(slots=True, kw_only=True)
class _Journal:
    """The lines that statements are compared with."""

    incident: str
    links: Sequence[str]
    intact: int
    """Lines from the first on that follow from each other."""


@dataclass(slots=True, kw_only=True)
class _Findings:
    """What comes of the comparison."""

    problems: list[Problem] = field(default_factory=list)
    unknown_keys: dict[str, None] = field(default_factory=dict)
    fitting: list[_Statement] = field(default_factory=list)
    """With a right signature."""


def verify(path: Path, proof: Proof = NO_PROOF) -> Verification:
    """Check every line of an incident's journal, and the journal against all that vouches for it.

    `path` is the folder of the incident, or the `journal.jsonl` in it. Changes nothing, and asks
    nobody.

    Raises:
        BadJournal: There is no journal.
        SreError: It, its checkpoints or its anchors cannot be read.
    """
    folder = path.parent if path.name == JOURNAL else path
    # The journal comes last: while somebody writes it, none of the others may be ahead of it.
    anchors, lost = _anchors(folder, proof.anchors)
    checkpoints, damaged = _checkpoints(folder)
    head = _head(folder / HEAD)
    lines, torn = split(content_of(folder / JOURNAL))
    links = [link(raw) for raw in lines]
    broken = list(_broken_lines(lines, folder.name))
    intact = min((problem.line for problem in broken), default=len(lines) + 1) - 1
    closed, missing = _against_head(head, links)
    journal = _Journal(incident=folder.name, links=links, intact=intact)
    findings = _compared([*checkpoints, *anchors], journal, proof)
    return Verification(
        incident=folder.name,
        entries=len(lines),
        head=links[-1] if links else first_link(folder.name),
        closed=closed,
        signed=_signed(findings.fitting),
        anchored=_anchored(findings.fitting),
        checkpoints=len(checkpoints),
        anchors=len(anchors),
        problems=(*broken, *_torn(torn, len(lines)), *missing, *damaged, *lost, *findings.problems),
        in_doubt=tuple(_in_doubt(lines)),
        unknown_keys=tuple(findings.unknown_keys),
    )


def _broken_lines(lines: Sequence[bytes], incident: str) -> Iterator[Problem]:
    prev = first_link(incident)
    for number, raw in enumerate(lines, start=1):
        try:
            yield from _oddities(parse(raw), raw, number, prev)
        except BadJournal as error:
            what = f"{error.message}: {error.why}" if error.why else error.message
            yield Problem(line=number, what=what)
        prev = link(raw)


def _oddities(line: Line, raw: bytes, number: int, prev: str) -> Iterator[Problem]:
    if line.seq != number:
        yield Problem(line=number, what=f"it says it is entry {line.seq}")
    if line.prev != prev:
        before = f"line {number - 1}" if number > 1 else "the incident's name"
        what = f"its hash of {before} does not fit: one of the two was changed, or one is missing"
        yield Problem(line=number, what=what)
    if dumps(line.body) != raw:
        yield Problem(line=number, what="it is not in the canonical form")
    decode(line.kind, line.data)


def _torn(torn: bytes, lines: int, file: str = JOURNAL) -> Iterator[Problem]:
    if torn:
        what = f"unfinished ({len(torn)} bytes): its writer was stopped; it counts for nothing"
        yield Problem(line=lines + 1, what=what, file=file)


def _head(path: Path) -> tuple[int, str] | BadJournal | None:
    try:
        return read_head(path)
    except BadJournal as error:
        return error


def _against_head(
    head: tuple[int, str] | BadJournal | None, links: Sequence[str]
) -> tuple[int, tuple[Problem, ...]]:
    if isinstance(head, BadJournal):
        return 0, (Problem(line=len(links), what=head.message),)
    if head is None:
        return 0, ()
    seq, hash_ = head
    if seq > len(links):
        what = f"the journal ends here, and `head` knows of {seq} entries"
        return 0, (Problem(line=len(links), what=what),)
    if links[seq - 1] != hash_:
        return 0, (Problem(line=seq, what="it is not the line that `head` names"),)
    return seq, ()


def _checkpoints(folder: Path) -> tuple[list[_Statement], list[Problem]]:
    content = content_if_there(folder / CHECKPOINTS)
    parsed, problems = _parsed(content, CHECKPOINTS, parse_checkpoint)
    statements, last = [], 0
    for line, (checkpoint, sealed) in parsed:
        if checkpoint.seq <= last:
            what = f"it is of entry {checkpoint.seq}, and comes after that of {last}"
            problems.append(Problem(line=line, what=what, file=CHECKPOINTS))
        last = checkpoint.seq
        statements.append(
            _Statement(checkpoint=checkpoint, sealed=sealed, file=CHECKPOINTS, line=line)
        )
    return statements, problems


def _anchors(
    folder: Path, elsewhere: Sequence[AnchorFile]
) -> tuple[list[_Statement], list[Problem]]:
    """All anchors of this incident: those noted beside the journal, and those from elsewhere."""
    own = AnchorFile(name=ANCHORS, content=content_if_there(folder / ANCHORS))
    statements: list[_Statement] = []
    problems: list[Problem] = []
    for file in (own, *elsewhere):
        found, damaged = _of_file(file)
        statements += found
        problems += damaged
    mine = [
        one for one in statements if one.file == ANCHORS or one.checkpoint.incident == folder.name
    ]
    return mine, [*problems, *_vanished(mine, {file.name for file in elsewhere})]


def _of_file(file: AnchorFile) -> tuple[list[_Statement], list[Problem]]:
    parsed, problems = _parsed(file.content, file.name, parse_anchor)
    statements = [
        _Statement(
            checkpoint=anchor.checkpoint, sealed=sealed, file=file.name, line=line, anchor=anchor
        )
        for line, (anchor, sealed) in parsed
    ]
    return statements, problems


def _vanished(anchors: Sequence[_Statement], places: set[str]) -> Iterator[Problem]:
    """What was noted beside the journal as kept in a place, and is not in the place any more."""
    kept = {(one.file, one.checkpoint) for one in anchors}
    for one in anchors:
        place = one.anchor.place if one.anchor else ""
        if one.file == ANCHORS and place in places and (place, one.checkpoint) not in kept:
            what = f"the anchor of entry {one.checkpoint.seq} is not in {place} any more"
            yield Problem(line=one.line, what=what, file=ANCHORS)


def _parsed(
    content: bytes, file: str, parse_line: Callable[[bytes], tuple[T, Sealed]]
) -> tuple[list[tuple[int, tuple[T, Sealed]]], list[Problem]]:
    lines, torn = lines_of(content)
    parsed, problems = [], []
    for number, raw in enumerate(lines, start=1):
        try:
            parsed.append((number, parse_line(raw)))
        except BadJournal as error:
            problems.append(Problem(line=number, what=error.message, file=file))
    return parsed, [*problems, *_torn(torn, len(lines), file)]


def _compared(statements: Iterable[_Statement], journal: _Journal, proof: Proof) -> _Findings:
    findings = _Findings()
    for one in statements:
        if what := _misfit(one.checkpoint, journal):
            findings.problems.append(Problem(line=one.line, what=what, file=one.file))
        match one.sealed.holds(proof.keys) if proof.keys else None:
            case None:
                findings.unknown_keys[one.sealed.key] = None
            case False:
                what = f"its signature is not of the key {one.sealed.key}"
                findings.problems.append(Problem(line=one.line, what=what, file=one.file))
            case True if not what and one.checkpoint.seq <= journal.intact:
                findings.fitting.append(one)
            case True:
                pass
    if proof.demanded and not findings.fitting:
        what = "no signature of a given key vouches for it: it may have been made anew"
        findings.problems.append(Problem(line=len(journal.links), what=what))
    return findings


def _misfit(checkpoint: Checkpoint, journal: _Journal) -> str:
    """Why a checkpoint does not fit the journal; empty when it does."""
    if checkpoint.incident != journal.incident:
        return f"it is of {checkpoint.incident}"
    if checkpoint.seq > len(journal.links):
        have = len(journal.links)
        return f"it knows of {checkpoint.seq} entries, and the journal has {have}: its end is gone"
    if journal.links[checkpoint.seq - 1] != checkpoint.head:
        return f"entry {checkpoint.seq} is not the one it names"
    return ""


def _signed(fitting: Sequence[_Statement]) -> Vouched | None:
    found = [one for one in fitting if one.anchor is None]
    if not found:
        return None
    last = max(found, key=lambda one: one.checkpoint.seq)
    return Vouched(seq=last.checkpoint.seq, at=last.checkpoint.at, by=last.sealed.key)


def _anchored(fitting: Sequence[_Statement]) -> Vouched | None:
    found = [one.anchor for one in fitting if one.anchor]
    if not found:
        return None
    last = max(found, key=lambda one: one.checkpoint.seq)
    return Vouched(seq=last.checkpoint.seq, at=last.anchored_at, by=last.place)


def _in_doubt(lines: Sequence[bytes]) -> list[str]:
    open_intents: dict[str, None] = {}
    for raw in lines:
        try:
            line = parse(raw)
        except BadJournal:
            continue
        action = _action_of(line.data)
        if line.kind == "intended":
            open_intents[action] = None
        elif line.kind == "ran":
            open_intents.pop(action, None)
    return list(open_intents)


def _action_of(data: Any) -> str:  # noqa: ANN401 - JSON data
    return str(data.get("action", "?")) if isinstance(data, dict) else "?"
