"""`sre audit verify` and `sre audit anchor`: is the record what was written, and who can tell?"""

import json as jsonlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sreagent.cli import options
from sreagent.domain.errors import BadInput, Exit, SreError

if TYPE_CHECKING:
    from rich.text import Text

    from sreagent.journal.anchors import Anchor, AnchorFile
    from sreagent.journal.verify import Proof, Verification, Vouched
    from sreagent.settings import Settings

ALL = "all"

app = typer.Typer(help="Prove what was recorded.", no_args_is_help=True)

Which = Annotated[str, typer.Argument(help="INC-…, a unique part of it, `last` or `all`.")]


@app.callback()
def audit() -> None:
    """Prove what was recorded."""


@app.command("verify")
def verify_incident(
    incident: Which = "last",
    anchors: Annotated[
        list[Path] | None,
        typer.Option(help="File with anchors, as the place keeps them; can be given again."),
    ] = None,
    public_key: Annotated[
        Path | None,
        typer.Option(help="File with the public keys; a journal that none of them signed fails."),
    ] = None,
    json: options.Json = False,
) -> None:
    """Check a journal: its chain of hashes, and every signature and anchor there is.

    Asks nobody and changes nothing. `all` also tells which anchored incidents are missing.
    """
    from sreagent.journal.verify import verify

    proof = _proof(options.settings(), anchors or [], public_key)
    found: dict[str, Verification | SreError] = {}
    for name, folder in _folders(incident):
        try:
            found[name] = verify(folder, proof)
        except SreError as error:
            if incident != ALL:
                raise
            found[name] = error
    missing = _missing(proof.anchors, found) if incident == ALL else ()
    if json:
        _print(found, missing, alone=incident != ALL)
    else:
        _tell_all(found, missing)
    sound = all(not isinstance(one, SreError) and one.sound for one in found.values())
    raise typer.Exit(Exit.OK if sound and not missing else Exit.FAILED)


@app.command("anchor")
def anchor_incident(
    incident: Which = "last",
    to: Annotated[
        str | None,
        typer.Option(metavar="PLACE", help="file:PATH, command:LINE or s3://BUCKET/PREFIX."),
    ] = None,
    json: options.Json = False,
) -> None:
    """Have the newest checkpoint kept where this machine cannot rewrite it.

    Only the incident's id, the number and hash of an entry, times and a signature are sent.
    """
    from sreagent.domain.moment import stamp
    from sreagent.journal.anchors import PLACES
    from sreagent.wiring import audit

    settings = options.settings()
    place = to or settings.audit_anchor
    if not place:
        msg = "no place to keep the checkpoint is named"
        raise BadInput(msg, hint=f"--to PLACE, or the setting audit_anchor; {PLACES}")
    keep = audit.anchoring(settings, place)
    proof = _proof(settings, [], None)
    kept: list[Anchor] = []
    failed = 0
    for name, folder in _folders(incident):
        try:
            _refuse_broken(folder, proof)
            kept.append(keep(folder))
        except SreError as error:
            if incident != ALL:
                raise
            failed += 1
            typer.echo(f"sre: {name}: {error.message}", err=True)
    if json:
        print(jsonlib.dumps([one.body() for one in kept], indent=2))
    else:
        for one in kept:
            point = one.checkpoint
            at = stamp(one.anchored_at)
            print(f"{point.incident}: entry {point.seq} anchored {at} in {one.place}")
            print(f"  receipt: {one.receipt or 'none'}")
    raise typer.Exit(Exit.FAILED if failed else Exit.OK)


def _folders(incident: str) -> Iterator[tuple[str, Path]]:
    from sreagent.journal import shelf
    from sreagent.settings import state_folder

    root = state_folder()
    names = [one.id for one in shelf.incidents(root)] if incident == ALL else [incident]
    for name in names:
        id_ = name if incident == ALL else shelf.resolve(root, name)
        yield id_, shelf.folder_of(root, id_)


def _proof(settings: "Settings", anchors: Sequence[Path], public_key: Path | None) -> "Proof":
    from sreagent.journal.anchors import FilePlace, local_place
    from sreagent.journal.keys import public_keys
    from sreagent.journal.verify import Proof
    from sreagent.wiring import audit

    _, usual = audit.audit_keys(settings)
    named = public_key or (usual if usual.exists() else None)
    files = [_anchor_file(str(path), path) for path in anchors]
    place = local_place(settings.audit_anchor)
    if isinstance(place, FilePlace):
        files.append(_anchor_file(place.name, place.path, may_be_missing=True))
    return Proof(
        keys=public_keys(named) if named else None,
        demanded=public_key is not None,
        anchors=tuple(files),
    )


def _anchor_file(name: str, path: Path, *, may_be_missing: bool = False) -> "AnchorFile":
    """Anchors from a file; where nothing was anchored yet, the place has no file."""
    from sreagent.journal.anchors import AnchorFile

    try:
        return AnchorFile(name=name, content=path.read_bytes())
    except OSError as error:
        if may_be_missing and isinstance(error, FileNotFoundError):
            return AnchorFile(name=name, content=b"")
        msg = f"cannot read the anchors in {path}: {error.strerror}"
        raise BadInput(msg, why="without them it is not known how far they vouch") from error


def _missing(anchors: Sequence["AnchorFile"], found: Mapping[str, object]) -> tuple[str, ...]:
    named = frozenset[str]().union(*(file.incidents() for file in anchors))
    return tuple(sorted(named - set(found)))


def _refuse_broken(folder: Path, proof: "Proof") -> None:
    from sreagent.domain.errors import BadJournal
    from sreagent.journal.verify import verify

    found = verify(folder, proof)
    if not found.sound:
        msg = f"the record of {found.incident} is broken; nothing was anchored"
        first = found.problems[0]
        raise BadJournal(
            msg,
            why=f"{first.file}, line {first.line}: {first.what}",
            hint=f"see: sre audit verify {found.incident}",
        )


def _print(
    found: Mapping[str, "Verification | SreError"], missing: Sequence[str], *, alone: bool
) -> None:
    items = [_as_json(name, one) for name, one in found.items()]
    whole = {
        "sound": all(item["sound"] for item in items) and not missing,
        "missing": list(missing),
        "incidents": items,
    }
    print(jsonlib.dumps(items[0] if alone else whole, indent=2))


def _as_json(name: str, found: "Verification | SreError") -> dict[str, Any]:
    from dataclasses import asdict

    if isinstance(found, SreError):
        return {"incident": name, "sound": False, "trouble": found.message}
    return {
        **asdict(found),
        "signed": _vouched_json(found.signed),
        "anchored": _vouched_json(found.anchored),
        "sound": found.sound,
        "verified": found.verified,
        "unverified": found.entries - found.verified,
    }


def _vouched_json(vouched: "Vouched | None") -> dict[str, Any] | None:
    from sreagent.domain.moment import stamp

    return {"seq": vouched.seq, "at": stamp(vouched.at), "by": vouched.by} if vouched else None


def _tell_all(found: Mapping[str, "Verification | SreError"], missing: Sequence[str]) -> None:
    from rich.text import Text

    from sreagent.cli.screen import console

    out = console()
    for name, one in found.items():
        if isinstance(one, SreError):
            out.print(Text(f"{name}: ").append("broken", style="red").append(f", {one.message}"))
            continue
        for line in _told(one):
            out.print(line)
    for name in missing:
        out.print(Text(f"{name}: ").append("missing", style="red").append(", it was anchored"))
    if not found and not missing:
        out.print(Text("No incidents yet."))


def _told(found: "Verification") -> Iterator["Text"]:
    from rich.text import Text

    for problem in found.problems:
        where = f"line {problem.line}" if problem.file == "journal.jsonl" else problem.file
        rest = "" if problem.file == "journal.jsonl" else f", line {problem.line}"
        yield Text(f" ✗ {where}{rest}: {problem.what}", style="red")
    for action in found.in_doubt:
        doubt = f" ? {action} was begun and has no result: sre resume {found.incident}"
        yield Text(doubt, style="yellow")
    word, colour = ("sound", "green") if found.sound else ("broken", "red")
    line = Text(f"{found.incident}: ").append(word, style=colour)
    yield line.append(f", {found.entries} entries, head {found.head}")
    yield from (Text(f" {line}") for line in _vouching(found))


def _vouching(found: "Verification") -> Iterator[str]:
    """Up to where the record is proved, by whom, and how much comes after that."""
    if not found.verified:
        yield "not verified by any signature: only its own hashes speak for it"
    else:
        after = found.entries - found.verified
        yield f"verified up to entry {found.verified}, {after} after it"
    if signed := found.signed:
        yield f"signed up to entry {signed.seq} at {_time(signed)} by the key {signed.by}"
    if anchored := found.anchored:
        after = found.entries - anchored.seq
        place = f"at {_time(anchored)} in {anchored.by}, {after} after it"
        yield f"anchored up to entry {anchored.seq} {place}"
    else:
        yield "not anchored: whoever holds the key can make it anew"
    for key in found.unknown_keys:
        yield f"signed by the unknown key {key}, which was not checked: --public-key FILE"
    if found.closed < found.entries and found.verified < found.entries:
        later = found.entries - max(found.closed, found.verified)
        yield f"{later} entries after the last close are not vouched for"


def _time(vouched: "Vouched") -> str:
    from sreagent.domain.moment import stamp

    return stamp(vouched.at)
