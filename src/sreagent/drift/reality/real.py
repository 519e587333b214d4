"""What is there, as a reading gives it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Real:
    """One object that is there, in the names and shapes that Terraform gives it."""

    type: str
    id: str
    """What `Kind.identity` gives for the resource of the state that stands for it."""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """Only what was read: an attribute that is not in here is not compared."""
    name: str = ""
    """As people call it: its `Name` tag, its path."""
    arn: str = ""
    folded: str = ""
    """Why nobody would manage it: `default VPC`, `service-linked role`, `made by EKS`."""
    import_id: str = ""
    """What `terraform import` takes; empty means its id."""
    known_as: tuple[str, ...] = ()
    """Names, besides id and ARN, by which the audit trail of its service calls it."""
    created: datetime | None = None
    region: str = ""
    """Where it is, for what one list of no region tells of all regions: buckets."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """What else was read, for `Kind.owner` and `Kind.settle`: `scaled by`. Never compared."""

    @property
    def tags(self) -> Mapping[str, str]:
        """Its tags; empty where they were not read."""
        tags = self.attributes.get("tags")
        return tags if isinstance(tags, Mapping) else {}
