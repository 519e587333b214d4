"""What is judged, and what a judgement says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sreagent.domain.drift import Severity

Json = Any
"""A JSON value."""
MANY = 5
"""Dependents from which a finding is one step worse."""
_INDEX = re.compile(r"\[[^\]]*\]")
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PROD_KEYS = re.compile(r"(?:.*[:/_.-])?(?:env|environment|stage|tier)", re.IGNORECASE)
_PROD = re.compile(r"(?:.*[-_/ ])?(?:prod|production|prd|live)(?:[-_/ 0-9].*)?", re.IGNORECASE)
_NOT_PROD = re.compile(r"(?:non|not|pre)[-_ ]?pro?d", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """How bad something is, and why."""

    severity: Severity
    why: str = ""
    """`opened to the world (tcp 22)`; empty where the change says all there is to say."""
    opens: bool | None = None
    """Whether it lets more in than before; None when it is neither opened nor closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """One attribute that differs; the values are as they are, secrets too."""

    type: str
    path: str
    before: Json = None
    after: Json = None
    around: Mapping[str, Json] = field(default_factory=dict)
    """The other attributes of the resource, as the state has them."""
    tags: Mapping[str, str] = field(default_factory=dict)
    dependents: int = 0
    """How many resources of the state depend on it."""

    @property
    def names(self) -> tuple[str, ...]:
        """The path without indexes, in Terraform's spelling: `("ingress", "cidr_blocks")`."""
        plain = _INDEX.sub("", self.path)
        return tuple(_HUMPS.sub("_", name).lower() for name in plain.split(".") if name)

    @property
    def flat(self) -> str:
        """The same as one text: `ingress.cidr_blocks`."""
        return ".".join(self.names)

    @property
    def block(self) -> Mapping[str, Json]:
        """The block of the state that the attribute stands in; the resource where that is none."""
        here: Json = self.around
        for name, index in re.findall(r"(\w+)\[(\d+)\]", self.path):
            held = here.get(name) if isinstance(here, Mapping) else None
            if not isinstance(held, list) or int(index) >= len(held):
                return self.around
            here = held[int(index)]
        return here if isinstance(here, Mapping) else self.around

    def turned(self) -> "Matter":
        """The same change the other way round."""
        return replace(self, before=self.after, after=self.before)


def weighed(judged: Judged, tags: Mapping[str, str], dependents: int) -> Judged:
    """One step worse in production, or where many depend on it; never two steps.

    What is closed stays below HIGH: it may cut somebody off, but it lets nobody in.
    """
    reasons = [judged.why] if judged.why else []
    if is_production(tags):
        reasons.append("in production")
    if dependents >= MANY:
        reasons.append(f"{dependents} others depend on it")
    if len(reasons) == bool(judged.why):
        return judged
    top = Severity.MEDIUM if judged.opens is False else Severity.HIGH
    raised = list(Severity)[min(judged.severity.rank + 1, top.rank)]
    worse = max(judged.severity, raised)
    return replace(judged, severity=worse, why=", ".join(reasons))


def is_production(tags: Mapping[str, str]) -> bool:
    """Whether the tags say that it is production."""
    return any(
        _PROD_KEYS.fullmatch(key) and _PROD.fullmatch(value) and not _NOT_PROD.search(value)
        for key, value in tags.items()
    )


def is_on(value: Json) -> bool:
    """A truth, also where it is written as a text or stands in a list of one."""
    if isinstance(value, list):
        return len(value) == 1 and is_on(value[0])
    if isinstance(value, str):
        return value.strip().lower() in ("true", "1", "on", "yes", "enabled", "required")
    return bool(value)


def texts_in(value: Json) -> frozenset[str]:
    """All values in it, as texts."""
    if isinstance(value, Mapping):
        return frozenset(text for each in value.values() for text in texts_in(each))
    if isinstance(value, list | tuple):
        return frozenset(text for each in value for text in texts_in(each))
    return frozenset() if value in (None, "") else frozenset({str(value)})
