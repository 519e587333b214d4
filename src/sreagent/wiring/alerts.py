"""The alert that a person means: a file, a firing one, or text."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sreagent.domain.alert import Alert
from sreagent.domain.errors import BadInput, SreError
from sreagent.domain.evidence import Health
from sreagent.domain.record import Looked, Opened
from sreagent.domain.text import one_line
from sreagent.wiring import connections

if TYPE_CHECKING:
    from sreagent.domain.ports import Alerts
    from sreagent.settings import Settings

READ_AT_MOST = 50_000_000
"""Bytes of an alert file or of standard input; intake says what is too large."""
UNASKED = "text; Alertmanager could not be asked: "
"""How the source of an alert begins that could not be looked up."""


def find_alert(argument: str, settings: Settings) -> Alert:
    """The alert a person means: a file, `-` for standard input, a firing alert's name, or text.

    Raises:
        BadInput: It is empty, or a file that cannot be understood.
    """
    from sreagent.domain.intake import pick

    text = argument.strip()
    if text == "-":
        return pick(_alerts(sys.stdin.buffer.read(READ_AT_MOST), "stdin"))
    if not text:
        msg = "the alert is empty"
        raise BadInput(msg, hint='try: sre investigate "checkout pods crash looping in shop"')
    if text.endswith(".json") or _is_there(text):
        return pick(_alerts(_read_file(Path(text)), text))
    if settings.alertmanager:
        return _firing(text, connections.alertmanager(settings))
    return Alert(name=one_line(text))


def not_looked_up(opened: Opened) -> Looked:
    """What could not be looked at is told at the end, like every other read."""
    return Looked(
        source="alertmanager",
        command=f"amtool alert query --alertmanager.url={opened.alertmanager}",
        result=opened.alert.source.removeprefix(UNASKED),
        verdict=Health.UNKNOWN,
    )


def _firing(text: str, alerts: Alerts) -> Alert:
    """The firing alert whose name is the first word; the other words choose among several."""
    from sreagent.domain.intake import pick

    name, *rest = text.split()
    try:
        firing = list(alerts.firing())
    except SreError as error:
        # It would tell more of the alert; what is wrong shows without it.
        return Alert(name=one_line(text), source=f"{UNASKED}{one_line(error.message, 200)}")
    found = [alert for alert in firing if alert.name == name]
    wanted = {part for word in rest for part in word.split("/")}
    nearer = [alert for alert in found if wanted <= set(alert.labels.values())]
    if found:
        return pick(nearer or found)
    names = ", ".join(sorted({alert.name for alert in firing})) or "none"
    source = "text" if rest else f"text; not firing in Alertmanager now, firing are: {names}"
    return Alert(name=one_line(text), source=source)


def _is_there(text: str) -> bool:
    """Whether it names a file, or a folder by its path: a bare word is no folder."""
    try:
        return Path(text).is_file() or ("/" in text and Path(text).is_dir())
    except (OSError, ValueError):
        # Too long for a name, or with characters no name has: then it is text.
        return False


def _read_file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(READ_AT_MOST)
    except OSError as error:
        msg = f"cannot read the alert file {str(path)!r}: {error.strerror}"
        raise BadInput(msg, hint="try: a JSON file, `-` for standard input, or text") from error


def _alerts(data: bytes, source: str) -> tuple[Alert, ...]:
    from sreagent.domain.intake import read_alerts, read_text

    return read_alerts(read_text(data, source=source), source=source)
