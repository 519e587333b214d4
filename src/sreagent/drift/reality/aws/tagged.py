"""Tags of many things at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sreagent.domain.errors import SreError
from sreagent.drift.compare.noise import tags_that_count
from sreagent.drift.reality.aws.said import batches, tags_of
from sreagent.drift.reality.look import Look

_AT_ONCE = 100
"""ARNs that one question may name."""


def tags_for(
    look: Look,
    type_: str,
    ids: Mapping[str, str],
    ask: Callable[[str], Mapping[str, Any] | None],
    *,
    under: str = "Tags",
) -> dict[str, dict[str, Any]]:
    """The attribute `tags` of what is in the state, by ARN; without those that cannot be read.

    The index of all tags is asked by the hundred. It lags a little and does not know each type, so
    where it does not say what the state says, the service itself is asked.

    Args:
        look: Where.
        type_: What all of them are.
        ids: By ARN what the state knows each by; strangers among them are left out.
        ask: One answer of the service for an ARN.
        under: Where that answer has the tags.
    """
    held = {
        arn: said for arn, id_ in ids.items() if (said := look.in_state(type_, id_)) is not None
    }
    index = _index(look, list(held))
    settled = {
        arn: index.get(arn, {})
        for arn, said in held.items()
        if index is not None
        and tags_that_count(index.get(arn))
        == tags_that_count(said.get("tags_all") or said.get("tags"))
    }
    answers = look.each([arn for arn in held if arn not in settled], ask)
    found = settled | {
        arn: tags_of(answer, under=under) for arn, answer in answers if answer is not None
    }
    return {arn: {"tags": tags} for arn, tags in found.items()}


def tags_together(
    look: Look,
    ids: Sequence[str],
    ask: Callable[[list[str]], Mapping[str, Any] | None],
    *,
    at_once: int,
    under: str,
    by: str,
) -> dict[str, dict[str, Any]]:
    """The attribute `tags` of each, by id, from a service that tells those of many in one answer.

    Args:
        look: Where.
        ids: What is asked for.
        ask: One answer of the service; empty where one of them is not there.
        at_once: So many may be asked for together.
        under: Where an answer has all of them.
        by: Where each of those has its id.
    """
    answers = look.each(batches(ids, at_once), lambda some: list(_halved(some, ask)))
    return {
        each[by]: {"tags": tags_of(each)}
        for _, found in answers
        for answer in found
        for each in answer.get(under) or ()
    }


def _halved(
    some: list[str], ask: Callable[[list[str]], Mapping[str, Any] | None]
) -> Iterator[Mapping[str, Any]]:
    """Answers for all that are there: one that was deleted meanwhile spoils what it is part of."""
    answer = ask(some)
    if answer:
        yield answer
    elif answer is not None and len(some) > 1:
        half = len(some) // 2
        yield from _halved(some[:half], ask)
        yield from _halved(some[half:], ask)


def _index(look: Look, arns: list[str]) -> dict[str, dict[str, str]] | None:
    """None where the index may not be asked: that is no gap, each service knows its tags."""
    found: dict[str, dict[str, str]] = {}
    try:
        for some in batches(arns, _AT_ONCE):
            for item in look.listed(
                "GetResources",
                "ResourceTagMappingList",
                service="resourcegroupstaggingapi",
                ResourceARNList=some,
            ):
                found[item["ResourceARN"]] = tags_of(item)
    except SreError:
        return None
    return found
