"""What an earlier run found, so that only new findings are told."""

import json
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import TypeVar

from sreagent.domain.drift import Class, DriftReport
from sreagent.domain.drift_fingerprint import Found, fingerprint
from sreagent.domain.errors import BadInput, SreError
from sreagent.domain.moment import parse_time, stamp

VERSION = 1
ANEW = "save a baseline again, from a run without one"

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_Finding = TypeVar("_Finding", bound=Found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Findings that are known, as fingerprints only: neither names nor values."""

    at: datetime
    """When the run was that found them."""
    fingerprints: frozenset[str] = frozenset()


def baseline(report: DriftReport) -> Baseline:
    """All that a run found. The report must be a whole one, with no baseline taken from it."""
    found: tuple[Found, ...] = (
        *report.drifted,
        *report.missing,
        *report.strangers,
        *report.left_over,
    )
    return Baseline(at=report.at, fingerprints=frozenset(map(fingerprint, found)))


def without_known(report: DriftReport, known: Baseline) -> DriftReport:
    """The report without what the baseline knows, which is counted.

    What is no finding stays: what controllers own, what is ignored, what nobody would manage.
    """
    changed = tuple(
        each
        for each in report.changed
        if each.klass is not Class.DRIFT or fingerprint(each) not in known.fingerprints
    )
    unmanaged = tuple(
        each
        for each in report.unmanaged
        if each.folded or fingerprint(each) not in known.fingerprints
    )
    missing = _new(report.missing, known)
    left_over = _new(report.left_over, known)
    before = (report.changed, report.unmanaged, report.missing, report.left_over)
    after = (changed, unmanaged, missing, left_over)
    return replace(
        report,
        changed=changed,
        missing=missing,
        unmanaged=unmanaged,
        left_over=left_over,
        known_before=report.known_before + sum(map(len, before)) - sum(map(len, after)),
    )


def _new(findings: Iterable[_Finding], known: Baseline) -> tuple[_Finding, ...]:
    return tuple(each for each in findings if fingerprint(each) not in known.fingerprints)


def save(path: Path, known: Baseline) -> None:
    """Write a baseline: the whole of it, or nothing; the file that was there stays until then.

    Raises:
        SreError: It cannot be written.
    """
    prints = sorted(known.fingerprints)
    body = {"version": VERSION, "at": stamp(known.at), "count": len(prints), "findings": prints}
    fresh = path.with_name(f"{path.name}.{token_hex(4)}.new")
    try:
        with fresh.open("x", encoding="utf-8") as file:
            file.write(json.dumps(body, indent=1) + "\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink()
        msg = f"cannot write the baseline {path}"
        raise SreError(msg, why=error.strerror or str(error)) from error


def load(path: Path) -> Baseline:
    """Read a baseline.

    Raises:
        BadInput: It is not there, cannot be read, or is not what was written. It is left as it is.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        msg = f"there is no baseline {path}"
        raise BadInput(msg, hint=ANEW) from error
    except OSError as error:
        msg = f"cannot read the baseline {path}"
        raise BadInput(msg, why=error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise _broken(path, "it is no text in UTF-8") from error
    return _parsed(path, text)


def _parsed(path: Path, text: str) -> Baseline:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        why = "it ends in the middle, or is no JSON" if text.strip() else "it is empty"
        raise _broken(path, why) from error
    match body:
        case {"version": int(version)} if version != VERSION:
            raise _broken(path, f"it is of version {version}; this program reads {VERSION}")
        case {"version": _, "at": str(at), "count": int(count), "findings": [*prints]}:
            moment = parse_time(at)
        case _:
            raise _broken(path, "it is no baseline of `sre drift`")
    if moment is None:
        raise _broken(path, "its time cannot be read")
    if len(prints) != count:
        raise _broken(path, f"it tells of {count} findings and holds {len(prints)}")
    if not all(isinstance(each, str) and _FINGERPRINT.fullmatch(each) for each in prints):
        raise _broken(path, "a finding in it is no SHA-256")
    return Baseline(at=moment, fingerprints=frozenset(prints))


def _broken(path: Path, why: str) -> BadInput:
    return BadInput(f"cannot use the baseline {path}", why=why, hint=f"leave it away, or {ANEW}")
