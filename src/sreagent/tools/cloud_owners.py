"""Who looks after a thing in AWS, told by its tags."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sreagent.domain.text import one_line

STACK = "aws:cloudformation:stack-name"
NODE_GROUP = "eks:nodegroup-name"
GROUP = "aws:autoscaling:groupName"
CLUSTER_AUTOSCALER = "k8s.io/cluster-autoscaler/enabled"

_SAYS_WHO = frozenset(
    {
        *("managedby", "createdby", "provisionedby", "deployedby", "provisioner", "deployer"),
        *("terraform", "pulumi", "iac", "tool", "source"),
    }
)
_DEPLOYERS = {
    "terraform": "Terraform",
    "opentofu": "OpenTofu",
    "pulumi": "Pulumi",
    "crossplane": "Crossplane",
    "cloudformation": "CloudFormation",
    "cdk": "CDK",
}


def tags_of(tags: Iterable[Mapping[str, Any]] | None) -> dict[str, str]:
    """Tags by key, whichever way the service spells them."""
    return dict(_pairs(tags or ()))


def owner_of(tags: Mapping[str, str]) -> str:
    """Who sets it back the next time it deploys; empty when no tag tells."""
    if stack := tags.get(STACK):
        return f"CloudFormation stack {one_line(stack, 60)}"
    if group := tags.get(NODE_GROUP):
        return f"EKS node group {one_line(group, 60)}"
    for key, value in tags.items():
        plain = "".join(letter for letter in key.lower() if letter.isalpha())
        if plain in _SAYS_WHO:
            for mark, name in _DEPLOYERS.items():
                if mark in f"{plain} {value}".lower():
                    return name
    return ""


def managed(owner: str) -> str:
    """The same for the panel."""
    return f"{owner} may set it back" if owner else "no tag tells who manages it"


def _pairs(tags: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for tag in tags:
        key, value = tag.get("Key", tag.get("key")), tag.get("Value", tag.get("value"))
        if key:
            yield str(key), str(value or "")
