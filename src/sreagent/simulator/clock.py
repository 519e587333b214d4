"""The time of the pretend cluster: real, or stopped in the past while history is played."""

import time
from datetime import UTC, datetime


class Clock:
    """Tells the time in seconds since the epoch."""

    def __init__(self) -> None:
        self._stopped_at: float | None = None

    def now(self) -> float:
        """The current time of the cluster."""
        return time.time() if self._stopped_at is None else self._stopped_at

    def stop_at(self, moment: float) -> None:
        """Hold the clock at a moment of the past."""
        self._stopped_at = moment

    def release(self) -> None:
        """Let the clock run with real time from here on."""
        self._stopped_at = None

    @property
    def is_live(self) -> bool:
        """Whether the clock runs with real time."""
        return self._stopped_at is None


def stamp(moment: float) -> str:
    """A moment as Kubernetes writes `metav1.Time`: whole seconds, UTC."""
    return datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def fine_stamp(moment: float) -> str:
    """A moment as Kubernetes writes `metav1.MicroTime`."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment_of(text: str) -> float:
    """The moment an RFC 3339 stamp stands for; raises ValueError for anything else."""
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        problem = f"{text!r} has no time zone"
        raise ValueError(problem)
    return parsed.timestamp()


def seconds_in(text: str) -> float:
    """The length of a duration such as `90s`, `4m` or `6d`."""
    return float(text[:-1]) * _UNIT_SECONDS[text[-1]]


_AGE_WORDS: tuple[tuple[float, str, str], ...] = (
    (120, "s", ""),
    (600, "m", "s"),
    (3 * 3600, "m", ""),
    (8 * 3600, "h", "m"),
    (48 * 3600, "h", ""),
    (8 * 86400, "d", "h"),
    (float("inf"), "d", ""),
)
_UNIT_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def age_between(earlier: float, later: float) -> str:
    """An age in the words of `kubectl get`: 42s, 4m10s, 12m, 6d1h."""
    seconds = max(0, int(later - earlier))
    large, small = next((large, small) for top, large, small in _AGE_WORDS if seconds < top)
    whole, rest = divmod(seconds, _UNIT_SECONDS[large])
    part = rest // _UNIT_SECONDS[small] if small else 0
    return f"{whole}{large}{part}{small}" if part else f"{whole}{large}"
