"""Sorts of log lines that were not there before a change."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sreagent.diagnose.logs.clusters import means_much
from sreagent.diagnose.logs.reading import LogReading
from sreagent.diagnose.logs.templates import Template


def novel(
    before: Sequence[LogReading], after: Sequence[LogReading], since: datetime | None = None
) -> tuple[Template, ...]:
    """Sorts of lines of `after` that are new: the loud ones first, then the most frequent.

    `before` are logs of what still worked: the pods of the old revision, the runs before. With
    `since`, what a log of `after` told before that moment is known as well. Empty also when there
    is nothing to compare with: see `is_comparable`.
    """
    if not is_comparable(before, after, since):
        return ()
    known = [template for reading in before for template in reading.templates]
    if since is not None:
        known += [one for one in _templates(after) if one.first_at and one.first_at < since]
    by_size: dict[int, list[Template]] = {}
    for template in known:
        by_size.setdefault(len(template.words), []).append(template)
    found: dict[str, Template] = {}
    for template in _templates(after):
        if not any(_alike(template, one) for one in by_size.get(len(template.words), ())):
            found[template.id] = _together(found.get(template.id), template)
    return tuple(sorted(found.values(), key=lambda one: (not one.loud, -one.count, one.text)))


def is_comparable(
    before: Sequence[LogReading], after: Sequence[LogReading], since: datetime | None = None
) -> bool:
    """Whether there is anything that tells what was usual: a log from before."""
    if any(reading.templates for reading in before):
        return True
    return since is not None and any(
        reading.begins_at is not None and reading.begins_at < since for reading in after
    )


def say_novel(templates: Sequence[Template]) -> str:
    """`1 new template, 41x`; of several the loud ones are counted, if any is loud."""
    told = [one for one in templates if one.loud] or list(templates)
    if not told:
        return "no new template"
    times = sum(one.count for one in told)
    return f"{len(told)} new template{'' if len(told) == 1 else 's'}, {times}x"


def _templates(readings: Iterable[LogReading]) -> Iterator[Template]:
    for reading in readings:
        yield from reading.templates


def _alike(one: Template, other: Template) -> bool:
    """Whether two are the same sort, though each log shows other values."""
    same = differ = 0
    for mine, theirs in zip(one.words, other.words, strict=True):
        if mine == theirs:
            same += bool(mine)
        elif not _may_vary(mine, theirs):
            return False
        else:
            differ += 1
    return same > 0 and same >= differ


def _may_vary(one: str | None, other: str | None) -> bool:
    """Names and ids with dots or dashes in them may; plain words say something else."""
    if means_much((one or "").encode()) or means_much((other or "").encode()):
        return False
    return not one or not other or not (one.isalpha() or other.isalpha())


def _together(known: Template | None, template: Template) -> Template:
    if known is None:
        return template
    firsts = [one.first_at for one in (known, template) if one.first_at]
    lasts = [one.last_at for one in (known, template) if one.last_at]
    buckets = dict(known.buckets)
    for moment, count in template.buckets:
        buckets[moment] = buckets.get(moment, 0) + count
    return replace(
        known,
        count=known.count + template.count,
        first_at=min(firsts, default=None),
        last_at=max(lasts, default=None),
        buckets=tuple(sorted(buckets.items())),
    )
