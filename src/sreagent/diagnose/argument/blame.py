"""Lays the trouble of programs to the configuration whose edit brought it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from sreagent.diagnose.argument.causes import Cause
from sreagent.diagnose.conditions.registry import Role, traits
from sreagent.diagnose.view.scene import WORKLOADS
from sreagent.domain.change import Sort
from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category

CONFIGURATION = ("ConfigMap", "Secret")
_READERS = (*WORKLOADS, "CronJob", "Job", "Pod")
_CONFIGURED = (Category.CONFIGURATION, Category.SECURITY)


def by_configuration(causes: Iterable[Cause]) -> Iterator[Cause]:
    """The same causes; those that an edit of configuration brought are told at what was edited.

    Several programs that read it are one cause then.
    """
    brought: dict[Entity, list[Cause]] = defaultdict(list)
    for cause in causes:
        if cause.change and _is_brought_by_an_edit(cause):
            brought[cause.change.entity].append(cause)
        elif cause.entity.kind in CONFIGURATION:
            brought[cause.entity].append(cause)
        else:
            yield cause
    for configuration, found in brought.items():
        yield _together(configuration, sorted(found, key=lambda one: -one.confidence))


def _is_brought_by_an_edit(cause: Cause) -> bool:
    """Whether configuration was edited, and what is wrong leaves open why."""
    change = cause.change
    if change is None or change.entity.kind not in CONFIGURATION or change.sort is not Sort.EDIT:
        return False
    primary = cause.findings[0]
    known = traits(primary.condition)
    # A metric and a log tell how it shows; an object may show why.
    shows_how = known.vague or known.role is Role.SYMPTOM or primary.source != "kubernetes"
    return (shows_how or cause.category in _CONFIGURED) and cause.entity.kind in _READERS


def _together(configuration: Entity, found: list[Cause]) -> Cause:
    first, *others = found
    suffering = (one for cause in found for one in (cause.entity, *cause.victims))
    return replace(
        first,
        entity=configuration,
        findings=(*first.findings, *(cause.findings[0] for cause in others)),
        victims=tuple(dict.fromkeys(one for one in suffering if one != configuration)),
        relevant=any(cause.relevant for cause in found),
    )
