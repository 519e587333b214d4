"""Whose author is looked for: one finding, and by which names a call may speak of it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sreagent.domain.drift import Place
from sreagent.drift.compare.compare import Difference
from sreagent.drift.reality.real import Real
from sreagent.drift.who.calls import Calls, calls_of

US_EAST = "us-east-1"
_LIKE_AN_ID = re.compile(
    r"arn:.+|[a-z]{1,8}-[0-9a-f]{8,17}|https?://.+|[0-9a-f]{8}(?:-[0-9a-f]{4,12}){4}"
)
_IDS = ("id", "arn", "unique_id", "url", "key_id", "uuid", "security_group_rule_id")
_NAMES = ("name", "identifier", "bucket", "function_name", "domain_name", "alarm_name")
_TELLING = (
    *("cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6", "source_security_group_id"),
    *("referenced_security_group_id", "security_group_rule_id", "policy_arn", "statement_id"),
    *("destination_cidr_block", "rule_number", "target_id", "subnet_id", "protocol_number"),
)
"""What tells a rule or an attachment from its like under the same parent."""


class Step(StrEnum):
    """What happened to it."""

    CHANGED = "changed"
    MADE = "made"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One finding whose author is looked for."""

    type: str
    place: Place
    step: Step
    ids: tuple[str, ...] = ()
    """Each of them means it and nothing else: `sg-0ab1`, an ARN."""
    together: tuple[str, ...] = ()
    """All of them in one call mean it: the name of a service and that of its cluster."""
    names: tuple[str, ...] = ()
    """It is called so; others may be, too."""
    path: str = ""
    before: Any = field(default=None, hash=False)
    after: Any = field(default=None, hash=False)
    """Values may be of any shape."""
    created: datetime | None = None

    @property
    def calls(self) -> Calls:
        """The calls that concern it."""
        return calls_of(self.type)

    @property
    def words(self) -> frozenset[str]:
        """All texts by which a call may speak of it."""
        return frozenset((*self.ids, *self.together, *self.names))

    @property
    def asked_by(self) -> tuple[str, ...]:
        """Names to look events up by, the likeliest first."""
        first = self.together[:1] if len(self.together) == 1 else ()
        known = dict.fromkeys((*first, *self.ids, *self.together, *self.names))
        return tuple(name for name in known if len(name) <= 1000)[:3]

    @property
    def homes(self) -> tuple[Place, ...]:
        """Where its events are kept, the likeliest first."""
        central = Place(account=self.place.account, region=_central(self.place.region))
        if self.calls.is_worldwide or not self.place.region:
            return (central,)
        # A bucket can be made and removed through the first region, wherever it is.
        return tuple(dict.fromkeys((self.place, central))) if self._is_bucket else (self.place,)

    @property
    def _is_bucket(self) -> bool:
        return self.calls.source == "s3"


def changed(
    type_: str,
    attributes: Mapping[str, Any],
    place: Place,
    difference: Difference,
    real: Real | None = None,
) -> Subject:
    """An attribute that differs. `attributes` are those of the state, `real` what is there."""
    return _subject(
        type_,
        attributes,
        place,
        Step.CHANGED,
        real=real,
        path=difference.path,
        before=difference.before,
        after=difference.after,
    )


def gone(type_: str, attributes: Mapping[str, Any], place: Place) -> Subject:
    """A resource that is missing. `attributes` are those of the state."""
    telling = [attributes[name] for name in _TELLING if attributes.get(name)]
    return _subject(type_, attributes, place, Step.GONE, before=telling)


def made(real: Real, place: Place) -> Subject:
    """Something that no state holds."""
    telling = [real.attributes[name] for name in _TELLING if real.attributes.get(name)]
    attributes = {"id": real.id, "arn": real.arn, "name": real.name, **real.attributes}
    return _subject(real.type, attributes, place, Step.MADE, after=telling, real=real)


def _subject(
    type_: str,
    attributes: Mapping[str, Any],
    place: Place,
    step: Step,
    *,
    real: Real | None = None,
    **change: Any,  # noqa: ANN401 - any JSON value
) -> Subject:
    by = [str(attributes.get(name) or "") for name in calls_of(type_).by]
    # One id is looked for as an id; names, and ids of parents with a name beside them, together.
    is_id = len(by) == 1 and _LIKE_AN_ID.fullmatch(by[0]) is not None
    together = tuple(_last(each) for each in by) if by and all(by) and not is_id else ()
    said = [str(attributes.get(name) or "") for name in _IDS]
    said += [real.id, real.arn] if real else []
    called = [str(attributes.get(name) or "") for name in _NAMES]
    called += [real.name, *real.known_as] if real else []
    ids = [
        each for each in (*said, *by) if _LIKE_AN_ID.fullmatch(each) and not _is_shared(each, by)
    ]
    names = [each for each in (*said[:1], *called) if not _LIKE_AN_ID.fullmatch(each)]
    return Subject(
        type=type_,
        place=place,
        step=step,
        ids=_kept(ids),
        together=tuple(dict.fromkeys(together)),
        names=_kept(each for each in names if each not in together),
        created=real.created if real else None,
        **change,
    )


def _is_shared(text: str, by: list[str]) -> bool:
    """Whether an id is that of a parent, which other resources have in common."""
    return len(by) > 1 and text in by


def _kept(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text and text != "*"))


def _last(text: str) -> str:
    """The name in an ARN of a parent; other texts as they are."""
    return re.split(r"[/:]", text)[-1] if text.startswith("arn:") and "/" in text else text


def _central(region: str) -> str:
    """Where services of no region keep their events."""
    if region.startswith("cn-"):
        return "cn-north-1"
    return "us-gov-west-1" if region.startswith("us-gov-") else US_EAST
