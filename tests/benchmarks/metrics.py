"""How well the cause is found among metrics: `python -m tests.benchmarks.metrics`.

The data is made at run time, in the manner of RCAEval: services that call each other, some measures
of each every 15 seconds, one fault whose root is known. Its callers suffer, each a little less.
Avg@5 is the mean of AC@1 to AC@5: the share of faults whose root is among the first k services.
"""

import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sreagent.diagnose.metrics.baselines import rank
from sreagent.diagnose.metrics.change_points import shift

Data = Mapping[str, Sequence[float]]
Ranking = Callable[[Data, int], list[str]]

SERVICES = 12
FAULTS = ("cpu", "memory", "disk", "delay", "loss")
SHOWN_IN = {"cpu": "cpu", "memory": "memory", "disk": "io", "delay": "latency", "loss": "errors"}
MEASURES = ("cpu", "memory", "io", "latency", "errors", "load")
STEP = 15
BEFORE, AFTER = 40, 40
"""Values: ten minutes each."""
START = datetime(2026, 3, 4, tzinfo=UTC)


def made(seed: int) -> tuple[dict[str, list[float]], str]:
    """Series by `service.measure`, and the service with the fault."""
    rng = random.Random(seed)  # noqa: S311 - dice for data
    root, fault = rng.randrange(SERVICES), FAULTS[seed % len(FAULTS)]
    distance = _distances(rng, root)
    data = {}
    for service in range(SERVICES):
        for measure in MEASURES:
            level = rng.uniform(1, 200)
            noise = level * rng.uniform(0.02, 0.12)
            jump = _jump(rng, measure, fault, distance.get(service)) * noise
            data[f"s{service}.{measure}"] = [
                level + _stray(rng, noise) + (jump if place >= BEFORE else 0.0)
                for place in range(BEFORE + AFTER)
            ]
    return data, f"s{root}"


def _distances(rng: random.Random, root: int) -> dict[int, int]:
    """Calls between each service that suffers and the root."""
    found = {root: 0}
    for hops in (1, 2):
        for service in rng.sample(range(SERVICES), 3):
            found.setdefault(service, hops)
    return found


def _jump(rng: random.Random, measure: str, fault: str, hops: int | None) -> float:
    """How many usual deviations a measure moves."""
    if hops == 0 and measure == SHOWN_IN[fault]:
        return rng.uniform(8, 60)
    if hops is not None and measure in ("latency", "errors", "load"):
        return rng.uniform(4, 16) / (hops or 1.5)
    return 0.0


def _stray(rng: random.Random, noise: float) -> float:
    return rng.gauss(0, noise) * (6 if rng.random() < 0.005 else 1)


def by_mean(data: Data, alert: int) -> list[str]:
    """The rule of three sigmas: the distance from the mean before the alert, in deviations."""
    scores = {}
    for name, values in data.items():
        before = values[:alert]
        level = statistics.fmean(before)
        spread = statistics.fmean((value - level) ** 2 for value in before) ** 0.5 or 1e-9
        scores[name] = max(abs(value - level) / spread for value in values[alert:])
    return sorted(scores, key=lambda name: -scores[name])


def by_median(data: Data, alert: int) -> list[str]:
    """The same with median and interquartile range."""
    before = {name: values[:alert] for name, values in data.items()}
    return rank(before, {name: values[alert:] for name, values in data.items()})


def by_change(data: Data, _alert: int) -> list[str]:
    """Without any alert: each series against what it was before its own change."""
    scores = {}
    for name, values in data.items():
        points = [(START + timedelta(seconds=STEP * n), value) for n, value in enumerate(values)]
        found = shift(points)
        scores[name] = abs(found.score) if found else 0.0
    return sorted(scores, key=lambda name: -scores[name])


def average_at_5(ranking: Ranking, late: int, cases: int) -> float:
    """Avg@5 over so many faults, with an alert that comes `late` seconds late."""
    hits = 0
    for seed in range(cases):
        data, root = made(seed)
        ranked = ranking(data, BEFORE + late // STEP)
        services = list(dict.fromkeys(name.partition(".")[0] for name in ranked))
        hits += sum(root in services[:k] for k in range(1, 6))
    return hits / (5 * cases)


def main() -> None:
    """Print both tables."""
    cases = 40
    print(f"Avg@5 over {cases} faults in {SERVICES} services, {len(MEASURES)} measures each")
    print("alert comes late by     0 s    60 s   120 s")
    for name, ranking in (
        ("mean and sigma", by_mean),
        ("median and IQR", by_median),
        ("own change point", by_change),
    ):
        scores = [average_at_5(ranking, late, cases) for late in (0, 60, 120)]
        print(f"{name:<20}" + "".join(f"{score:8.2f}" for score in scores))
    rng = random.Random(1)  # noqa: S311 - dice for data
    series = [
        [(START + timedelta(seconds=45 * n), rng.gauss(60, 4)) for n in range(240)]
        for _ in range(200)
    ]
    began = time.process_time()
    for points in series:
        shift(points)
    spent = (time.process_time() - began) / len(series)
    print(f"change point of a series of 240 values: {1000 * spent:.1f} ms of CPU")


if __name__ == "__main__":
    main()
