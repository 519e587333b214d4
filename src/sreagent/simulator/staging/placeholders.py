"""Moments written relative to now in the files of an incident: `{{now-90}}`, `{{iso now-10m}}`."""

import re

from sreagent.simulator.clock import stamp

_MOMENT = re.compile(r"\{\{\s*(iso\s+)?now\s*(?:([+-])\s*(\d+(?:\.\d+)?)\s*([smhd]?))?\s*\}\}")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def fill_moments(text: str, now: float) -> str:
    """The text with every moment written out, in epoch seconds or as an RFC 3339 stamp."""

    def moment(found: re.Match[str]) -> str:
        shift = float(found[3] or 0) * _UNITS[found[4] or ""]
        at = now - shift if found[2] == "-" else now + shift
        return stamp(at) if found[1] else f"{at:.3f}"

    return _MOMENT.sub(moment, text)


def offset_in(text: str) -> float:
    """Seconds of an offset such as `-3h`, `+2h`, `-90` or `now`; raises ValueError otherwise."""
    if text == "now":
        return 0.0
    sign = -1.0 if text.startswith("-") else 1.0
    bare = text.lstrip("+-")
    unit = bare[-1] if bare and bare[-1] in "smhd" else ""
    return sign * float(bare.removesuffix(unit)) * _UNITS[unit]
