"""Whether an alert fires because something changed, or because its threshold is where it is."""

from collections.abc import Sequence

from sreagent.diagnose.metrics.baselines import baseline
from sreagent.diagnose.metrics.change_points import ENOUGH, shift
from sreagent.domain.signal import Point

HIGHER = (">", ">=")


def against_usual(points: Sequence[Point], sign: str, threshold: float) -> str:
    """What the history of an alert's value says of the value now, and of the threshold.

    `61 is inside its usual band of the last 3 h (48 to 70); the threshold (50) is inside it too`.
    Empty when there are too few values to know what is usual.
    """
    changed = shift(points)
    usual = changed.before if changed else baseline(value for _, value in points)
    if usual is None or len(points) < 2 * ENOUGH:
        return ""
    band = f"{usual.low:.3g} to {usual.high:.3g}"
    value = points[-1][1]
    if changed:
        moved = "rose" if changed.rose else "fell"
        return (
            f"it {moved} from {usual.median:.3g} (usually {band}) to {changed.level:.3g} at "
            f"{changed.at:%H:%M:%S} UTC"
        )
    inside = f"{value:.3g} is inside its usual band ({band})"
    crossed = usual.high >= threshold if sign in HIGHER else usual.low <= threshold
    if not crossed:
        return inside
    return f"{inside}; the threshold ({threshold:g}) is not outside of it, so it says little"
