"""Shapes that answers of many services have."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Generic, TypeVar

from sreagent.domain.errors import NotFound, SreError
from sreagent.drift.reality.look import Look, Wanted
from sreagent.drift.reality.real import Real

Index = TypeVar("Index")
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def tags_of(item: Mapping[str, Any], *, under: str = "Tags") -> dict[str, str]:
    """Tags as an object, from a list of `Key` and `Value` or from an object."""
    tags = item.get(under) or ()
    if isinstance(tags, Mapping):
        return {str(key): str(value) for key, value in tags.items()}
    pairs = ((tag.get("Key", tag.get("key")), tag.get("Value", tag.get("value"))) for tag in tags)
    return {str(key): str(value or "") for key, value in pairs}


def taken(item: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """What an answer says of attributes, by where it says it: `Endpoint.Port`, `Groups.0.Name`.

    What the answer does not say is left out.
    """
    found = {name: at(item, path) for name, path in names.items()}
    return {name: value for name, value in found.items() if value is not None}


def at(item: Any, path: str) -> Any:  # noqa: ANN401 - any JSON value
    """What stands there in an answer; None where nothing does. A number is a place in a list."""
    value = item
    for name in _steps(path):
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list):
            value = value[int(name)] if name.isdigit() and int(name) < len(value) else None
        else:
            return None
    return value


@lru_cache(maxsize=4096)
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


_MAKERS = {
    "aws:autoscaling:groupName": "member of autoscaling group",
    "aws:eks:cluster-name": "made by EKS for cluster",
    "eks:cluster-name": "made by EKS for cluster",
    "elbv2.k8s.aws/cluster": "made by the load balancer controller of cluster",
    "karpenter.sh/nodepool": "made by Karpenter for node pool",
    "karpenter.sh/provisioner-name": "made by Karpenter for provisioner",
    "karpenter.k8s.aws/cluster": "made by Karpenter for cluster",
    "aws:ec2:fleet-id": "member of fleet",
    "aws:ec2spot:fleet-request-id": "member of spot fleet",
    "aws:elasticmapreduce:job-flow-id": "made by EMR for cluster",
    "elasticbeanstalk:environment-name": "made by Elastic Beanstalk for environment",
    "aws:cloudformation:stack-name": "made by CloudFormation stack",
    "aws:servicecatalog:productArn": "made by Service Catalog of product",
    "aws:secretsmanager:owningService": "made by",
    "aws:backup:source-resource": "made by AWS Backup from",
}


def made_by(tags: Mapping[str, str]) -> str:
    """What made a thing, as its tags tell; empty when people may have made it."""
    return next((f"{what} {tags[key]}" for key, what in _MAKERS.items() if key in tags), "")


def snake(name: str) -> str:
    """A name of an answer as Terraform spells it: `MemoryGiBPerVCpu` is `memory_gib_per_vcpu`."""
    joined = name.replace("VCpu", "Vcpu").replace("GiB", "Gib").replace("MiB", "Mib")
    return _HUMPS.sub("_", joined).lower()


def block(said: Any) -> Any:  # noqa: ANN401 - any JSON value
    """An answer in Terraform's spelling: an object is a list of one block."""
    if isinstance(said, Mapping):
        return [{snake(str(name)): block(value) for name, value in said.items()}]
    if isinstance(said, list):
        return [block(each)[0] if isinstance(each, Mapping) else each for each in said]
    return said


def listed_or_missed(
    look: Look, operation: str, path: str, *, service: str = "", **parameters: object
) -> list[Any] | None:
    """All items of a list that only adds to what is known; None, and a gap, if it is refused."""
    asked = service or look.service
    try:
        return list(look.listed(operation, path, service=asked, **parameters))
    except SreError as error:
        look.miss(f"{asked}:{operation}", error)
        return None


def listed_below(look: Look, operation: str, path: str, **parameters: object) -> list[Any] | None:
    """All items that belong to one thing; none where that is not there, None where nobody knows."""
    try:
        return list(look.listed(operation, path, service=look.service, **parameters))
    except NotFound:
        return []
    except SreError as error:
        look.miss(f"{look.service}:{operation}", error)
        return None


def unlisted(
    type_: str, above: Mapping[str, str], listed: Mapping[str, object | None]
) -> Iterator[Real]:
    """What is not known to be gone: the list that would have it could not be read.

    Args:
        type_: Of what the state holds.
        above: By its id what each belongs to.
        listed: What was found of each of those; None where nobody knows.
    """
    for id_, whole in above.items():
        if listed.get(whole, ()) is None:
            yield Real(type=type_, id=id_)


def batches(items: Sequence[str], size: int) -> list[list[str]]:
    """So many at once as an operation takes."""
    return [list(items[start : start + size]) for start in range(0, len(items), size)]


class Around(Generic[Index]):
    """An index of what the states hold around a resource, built once for all resources."""

    def __init__(self, build: Callable[[Wanted], Index]) -> None:
        self._build = build
        self._last: tuple[Wanted, Index] | None = None

    def __call__(self, wanted: Wanted) -> Index:
        """The index of these states; the last one is remembered."""
        last = self._last
        if last is None or last[0] is not wanted:
            last = wanted, self._build(wanted)
            self._last = last
        return last[1]
