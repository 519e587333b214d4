"""`sre redact`: what would leave the machine, of any text."""

import json as jsonlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, TextIO

import typer

from sreagent.cli import options
from sreagent.domain.errors import BadInput

CHUNK = 1 << 16
"""Characters that are read at once."""
LINES = 100
"""Line numbers that are listed of one kind."""

Source = Annotated[str, typer.Argument(metavar="FILE", help="A file, or - for standard input.")]
Preview = Annotated[
    bool, typer.Option("--preview", help="Tell kinds and counts of what was found, on stderr.")
]


@dataclass(slots=True)
class _Found:
    """How often secrets of one kind were found, and in which lines of the redacted text."""

    kind: str
    count: int = 0
    lines: list[int] = field(default_factory=list)


def redact(source: Source = "-", preview: Preview = False, json: options.Json = False) -> None:
    """Replace each secret in a text by a token, as before anything is shown, stored or sent."""
    found: dict[str, _Found] = {}
    with _opened(source) as text:
        pieces = _counted(_redacted(_chunks(text, source)), found)
        if json:
            whole = "".join(pieces)
            kinds = [_plain(kind) for kind in found.values()]
            print(jsonlib.dumps({"text": whole, "found": kinds}, indent=2))
            return
        for piece in pieces:
            sys.stdout.write(piece)
    if preview:
        sys.stdout.flush()
        _tell(found.values())


def _opened(source: str) -> TextIO:
    """The text; bytes that are no UTF-8 become a sign that says so.

    Raises:
        BadInput: There is no such file, or it cannot be read.
    """
    try:
        # The descriptor of standard input stays open, whoever reads it.
        name = sys.stdin.fileno() if source == "-" else source
        return open(name, encoding="utf-8", errors="replace", newline="", closefd=source != "-")
    except OSError as error:
        message = f"cannot read {source!r}"
        raise BadInput(
            message, why=str(error.strerror), hint="Name a file, or - for stdin."
        ) from error


def _chunks(text: TextIO, source: str) -> Iterator[str]:
    try:
        while chunk := text.read(CHUNK):
            yield chunk
    except OSError as error:
        message = f"cannot read {source!r}"
        raise BadInput(message, why=str(error.strerror)) from error


def _redacted(chunks: Iterable[str]) -> Iterator[str]:
    from sreagent.policy.redaction import redact_stream

    return redact_stream(chunks)


def _counted(pieces: Iterable[str], found: dict[str, _Found]) -> Iterator[str]:
    """The same pieces; what they hold is added to `found` on the way."""
    from sreagent.policy.redaction import TOKEN

    line = 1
    for piece in pieces:
        done = 0
        for token in TOKEN.finditer(piece):
            line += piece.count("\n", done, token.start())
            done = token.start()
            kind = found.setdefault(token["kind"], _Found(token["kind"]))
            kind.count += 1
            if kind.lines[-1:] != [line] and len(kind.lines) < LINES:
                kind.lines.append(line)
        line += piece.count("\n", done)
        yield piece


def _plain(found: _Found) -> dict[str, object]:
    return {"kind": found.kind, "count": found.count, "lines": found.lines}


def _tell(found: Iterable[_Found]) -> None:
    kinds = sorted(found, key=lambda kind: -kind.count)
    if not kinds:
        print("sre: no secret found", file=sys.stderr)
    for kind in kinds:
        first = ", ".join(map(str, kind.lines[:5]))
        more = ", …" if len(kind.lines) > 5 else ""
        print(f"sre: {kind.count:>5} {kind.kind:<12} line {first}{more}", file=sys.stderr)
