"""Pictures of metrics at terminals of any width, and in a pipe."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from sreagent.cli import render
from sreagent.cli.sparkline import Sparkline
from sreagent.domain.evidence import Evidence, Health
from sreagent.domain.signal import Plot

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
RISEN = Plot(
    start=NOON - timedelta(hours=3),
    end=NOON,
    values=(*[0.12] * 57, 2.4, 2.5, 2.4),
    unit="s",
    changed_at=NOON - timedelta(minutes=9),
)
SEEN = Evidence(
    id="E4",
    claim="deployment shop/checkout answers more slowly than usual",
    verdict=Health.BROKEN,
    source="prometheus",
    command="promtool query range",
    seen_at=NOON,
    plot=RISEN,
)


def printed(plot: Plot, *, terminal: bool = True, width: int = 80) -> list[str]:
    file = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    out = Console(file=file, width=width, force_terminal=terminal, no_color=True)
    out.print(Sparkline(plot))
    file.seek(0)
    return [line.rstrip() for line in _plain(file.read()).splitlines()]


def _plain(text: str) -> str:
    return text.replace("\x1b[2m", "").replace("\x1b[0m", "")


def test_wide_terminals_show_the_numbers_beside_the_picture() -> None:
    (line,) = printed(RISEN, width=140)
    assert line == "▁" * 57 + "│███  120 ms to 2.5 s, 09:00 to 12:00 UTC, changed at 11:51:00"


@pytest.mark.parametrize("width", [80, 60, 40, 30])
def test_narrow_ones_show_them_below(width: int) -> None:
    first, *rest = printed(RISEN, width=width)
    assert "│" in first
    assert " ".join(rest) == "120 ms to 2.5 s, 09:00 to 12:00 UTC, changed at 11:51:00"
    assert max(map(len, [first, *rest])) <= width


def test_a_pipe_gets_ascii_and_no_padding() -> None:
    (line,) = printed(RISEN, terminal=False, width=10_000)
    assert line.isascii()
    assert line.startswith("_" * 57 + "|###  120 ms")
    assert len(line) < 200


def test_evidence_is_shown_with_its_picture() -> None:
    out = Console(file=io.StringIO(), width=10_000, force_terminal=False)
    for line in render.evidence([SEEN]):
        out.print(line)
    shown = out.file.getvalue()  # type: ignore[attr-defined]
    assert "promtool query range" in shown
    assert "___|###  120 ms to 2.5 s" in shown


def test_only_metrics_have_pictures() -> None:
    bare = Evidence(
        id="E1",
        claim="pod is gone",
        verdict=Health.BROKEN,
        source="kubernetes",
        command="kubectl get pod",
        seen_at=NOON,
    )
    assert len(list(render.plots([bare]))) == 0
    assert len(list(render.plots([bare, SEEN]))) == 2
