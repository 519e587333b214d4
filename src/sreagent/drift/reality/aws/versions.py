"""Versions of engines that are asked for in part, and upgraded by the service."""

from sreagent.drift.compare.compare import Difference
from sreagent.drift.reality.kinds import Attributes

VERSION = "engine_version"


def as_asked(before: Attributes, after: Attributes) -> dict[str, str]:
    """The version as the state keeps it, where what runs is such a one: `8.0` and `6.x` do."""
    asked, runs = str(before.get(VERSION) or ""), str(after.get(VERSION) or "")
    fits = asked and runs.startswith(asked.removesuffix("x").rstrip(".") + ".")
    return {VERSION: asked} if fits else {}


def is_upgraded(difference: Difference, before: Attributes, *, major: int = 1) -> bool:
    """Whether a minor version gave way to a newer one, where that is allowed.

    Args:
        difference: Of the version.
        before: The state.
        major: How many numbers of a version no upgrade changes by itself.
    """
    allowed = str(before.get("auto_minor_version_upgrade")).casefold() != "false"
    was, now = (_numbers(each) for each in (difference.before, difference.after))
    return allowed and was[:major] == now[:major] and was < now


def _numbers(version: object) -> list[int]:
    """`8.0.mysql_aurora.3.05.2` as numbers."""
    return [int(part) for part in str(version).split(".") if part.isdigit()]
