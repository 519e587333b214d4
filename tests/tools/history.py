"""A real Prometheus with a history that a test writes."""

import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.clients.conftest import free_port, running

HISTORY = 3 * 3600
STEP = 30
AHEAD = 900
"""Seconds of samples in the future, which is where a test may have got to when it asks."""

Shape = Callable[[float], float | None]
"""From seconds ago to a value (of a counter: its rate); None where there is no sample."""


def flat(value: float) -> Shape:
    return lambda _ago: value


def since(ago: float, before: float, after: float) -> Shape:
    """One value, and another since so many seconds ago."""
    return lambda now: after if now <= ago else before


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One series."""

    name: str
    shape: Shape
    counter: bool = False
    history: int = HISTORY
    """Seconds ago that it begins."""
    labels: dict[str, str] = field(default_factory=dict)


def counter(name: str, shape: Shape, **labels: str) -> Written:
    return Written(name=name, shape=shape, counter=True, labels=labels)


def gauge(name: str, shape: Shape, **labels: str) -> Written:
    return Written(name=name, shape=shape, labels=labels)


def histogram(
    name: str, shape: Shape, bounds: Iterable[float] = (0.1, 0.5, 1, 5), **labels: str
) -> list[Written]:
    """Ten requests per second, each as long as the shape says."""
    found = [
        counter(f"{name}_bucket", _up_to(bound, shape), **labels, le=f"{bound:g}")
        for bound in bounds
    ]
    found.append(counter(f"{name}_bucket", flat(10), **labels, le="+Inf"))
    found.append(counter(f"{name}_count", flat(10), **labels))
    found.append(counter(f"{name}_sum", lambda ago: 10 * (shape(ago) or 0), **labels))
    return found


def _up_to(bound: float, shape: Shape) -> Shape:
    return lambda ago: 10 if (shape(ago) or 0) <= bound else 0


def open_metrics(series: Iterable[Written], now: int) -> str:
    """The text that promtool makes blocks from."""
    families: dict[str, list[Written]] = {}
    for one in series:
        families.setdefault(one.name, []).append(one)
    lines = []
    for name, members in families.items():
        lines.append(f"# TYPE {name} unknown")
        for one in members:
            lines += _samples(one, now)
    return "\n".join([*lines, "# EOF", ""])


def _samples(one: Written, now: int) -> Iterator[str]:
    labels = ",".join(f'{key}="{value}"' for key, value in one.labels.items())
    total = 0.0
    for ago in range(one.history, -AHEAD, -STEP):
        value = one.shape(ago)
        if value is None:
            continue
        if one.counter:
            total = 0.0 if value < 0 else total + value * STEP
            value = total
        yield f"{one.name}{{{labels}}} {value!r} {now - ago}"


@contextmanager
def prometheus_with(folder: Path, series: Iterable[Written], now: int) -> Iterator[str]:
    """Serve the series; the address while it runs. Skips the test where there is no Prometheus."""
    (folder / "history.om").write_text(open_metrics(series, now), encoding="utf-8")
    (folder / "config.yml").write_text("", encoding="utf-8")
    try:
        subprocess.run(
            ["promtool", "tsdb", "create-blocks-from", "openmetrics", "-q", "history.om", "data"],
            cwd=folder,
            check=True,
            capture_output=True,
        )
    except FileNotFoundError:
        (folder / "data").mkdir(exist_ok=True)
    address = f"127.0.0.1:{free_port()}"
    command = [
        "prometheus",
        f"--config.file={folder}/config.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address={address}",
        "--storage.tsdb.retention.time=10y",
        "--log.level=error",
    ]
    with running(command, f"http://{address}") as url:
        yield url
