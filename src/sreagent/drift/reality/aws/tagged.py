"""Tags of many things at once."""

from collections.abc import Callable, Mapping
from typing import Any

from sreagent.domain.errors import SreError
from sreagent.drift.compare.noise import tags_that_count
from sreagent.drift.reality.aws.said import tags_of
from sreagent.drift.reality.kinds import Attributes
from sreagent.drift.reality.look import Look

_AT_ONCE = 100
"""ARNs that one question may name."""


def tags_for(
    look: Look,
    held: Mapping[str, Attributes],
    ask: Callable[[str], Mapping[str, Any] | None],
    *,
    under: str = "Tags",
) -> dict[str, dict[str, str]]:
    """Tags of what is in the state, by its ARN; without those that cannot be read.

    The index of all tags is asked by the hundred. It lags a little and does not know each type, so
    where it does not say what the state says, the service itself is asked.

    Args:
        look: Where.
        held: Attributes of the state by ARN.
        ask: One answer of the service for an ARN.
        under: Where that answer has the tags.
    """
    index = _index(look, list(held))
    settled = {
        arn: index.get(arn, {})
        for arn, said in held.items()
        if index is not None
        and tags_that_count(index.get(arn))
        == tags_that_count(said.get("tags_all") or said.get("tags"))
    }
    answers = look.each([arn for arn in held if arn not in settled], ask)
    return settled | {
        arn: tags_of(answer, under=under) for arn, answer in answers if answer is not None
    }


def _index(look: Look, arns: list[str]) -> dict[str, dict[str, str]] | None:
    """None where the index may not be asked: that is no gap, each service knows its tags."""
    found: dict[str, dict[str, str]] = {}
    try:
        for start in range(0, len(arns), _AT_ONCE):
            for item in look.listed(
                "GetResources",
                "ResourceTagMappingList",
                service="resourcegroupstaggingapi",
                ResourceARNList=arns[start : start + _AT_ONCE],
            ):
                found[item["ResourceARN"]] = tags_of(item)
    except SreError:
        return None
    return found
