"""The policy as a document: what `policy.yaml` may say, and what holds when it says nothing.

It can only tighten what `tiers` holds. The one thing that it may widen is how much runs by itself.
"""

import hashlib
import json
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from sreagent.domain.errors import BadSettings
from sreagent.domain.verdict import Autonomy
from sreagent.policy.freeze import Freeze, Pattern, Weekly
from sreagent.policy.yaml_lines import Lines, read_yaml

MAX_REPLICAS = 10
MAX_FACTOR = 2.0
"""Replicas may at most double, counted from the value at incident start."""
MAX_SHARE = 10
"""Percent of the serving capacity that may be away at one moment."""
MAX_SCALINGS = 3
"""Per service and hour."""
MAX_RESTARTS = 5
"""Per hour."""
MAX_AUTONOMOUS = 3
"""Per incident, then a person."""
MAX_CHANGES = 10
"""Per incident."""

Verb = Literal[
    "rollout_undo",
    "rollout_restart",
    "scale",
    "set_resources",
    "set_image",
    "restore_env",
    "delete_pod",
    "evict_pod",
    "cordon",
    "uncordon",
    "drain",
    "set_autoscaler_bounds",
    "suspend",
    "resume",
    "delete_job",
    "patch_service",
    "patch_ingress",
    "restore_applied",
    "silence",
    "unsilence",
    "ecs_redeploy",
    "ecs_rollback",
    "ecs_scale",
    "asg_scale",
    "lambda_alias",
    "rds_reboot",
    "rds_start",
    "ec2_reboot",
]
"""The changes that policy knows. Any other is never made."""

PublicKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{43}=$")]
"""The public half of an Ed25519 key, 32 bytes in base64."""


AlertName = Annotated[str, StringConstraints(pattern=r"^[^*?\s](?:[^*?]*[^*?\s])?$")]
"""The whole name: a pattern would match no alert, and the level would hold for none."""
Approver = Annotated[str, StringConstraints(pattern=r"^\S(?:.*\S)?$")]


class Section(BaseModel):
    """A part of the document: unknown keys and silent conversions are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class AutonomyRules(Section):
    """How much runs by itself."""

    default: Autonomy = Autonomy.ASSISTANT
    alerts: dict[AlertName, Autonomy] = Field(default_factory=dict)
    """By the exact name of the incident's alert."""


class Limits(Section):
    """Limits of one change; they can only be lowered."""

    replicas: int = Field(default=MAX_REPLICAS, ge=1, le=MAX_REPLICAS)
    factor: float = Field(default=MAX_FACTOR, ge=1, le=MAX_FACTOR)
    share: int = Field(default=MAX_SHARE, ge=0, le=MAX_SHARE)


class Breakers(Section):
    """Limits of many changes; they can only be lowered."""

    scalings: int = Field(default=MAX_SCALINGS, ge=0, le=MAX_SCALINGS)
    restarts: int = Field(default=MAX_RESTARTS, ge=0, le=MAX_RESTARTS)
    autonomous: int = Field(default=MAX_AUTONOMOUS, ge=0, le=MAX_AUTONOMOUS)
    changes: int = Field(default=MAX_CHANGES, ge=0, le=MAX_CHANGES)


class Named(Section):
    """Targets by name or namespace."""

    names: tuple[Pattern, ...] = ()
    """`web`, `deployment/web`, `shop/web` or `shop/deployment/web`."""
    namespaces: tuple[Pattern, ...] = ()


class TwoPeople(Section):
    """Where one yes is not enough."""

    rules: tuple[Pattern, ...] = ()
    """Of the verdict: `always/payments`, `always/*`."""
    verbs: tuple[Verb, ...] = ()
    namespaces: tuple[Pattern, ...] = ()


class Rego(Section):
    """A Rego policy that is asked too, in this process."""

    file: str = Field(min_length=1)
    """Relative to the policy file."""
    tests: str = ""
    """YAML list of `{input, expect}` that has to hold when the policy is loaded."""
    query: str = Field(default="data.sreagent.decision", pattern=r"^data(?:\.[A-Za-z_]\w*)+$")
    sha256: str = Field(default="", pattern=r"^(?:[0-9a-f]{64})?$")
    """Of the file; it is refused when it is another one."""


class Opa(Section):
    """A running OPA that is asked too."""

    url: str = Field(pattern=r"^https?://[^\s/?#@]+/v1/data/[\w/.-]+$")
    """Of the decision: `https://opa.example/v1/data/sreagent/decision`."""
    timeout: float = Field(default=1.0, gt=0, le=5)
    """Seconds."""


class Policy(Section):
    """Everything that can be said; `Policy()` is the built-in policy."""

    format: Literal[1] = Field(default=1, alias="version")
    autonomy: AutonomyRules = AutonomyRules()
    limits: Limits = Limits()
    breakers: Breakers = Breakers()
    freeze: tuple[Freeze, ...] = ()
    business_hours: Weekly | None = None
    """Outside of them a person is asked."""
    tiers: dict[Verb, Literal["person", "deny"]] = Field(default_factory=dict)
    always: Named = Named()
    """A person first, always."""
    protect: Named = Named()
    """Never changed."""
    two_people: TwoPeople = TwoPeople()
    approvers: dict[Approver, PublicKey] = Field(default_factory=dict)
    """By name; where there are any, two people prove with their keys who they are."""
    rego: Rego | None = None
    opa: Opa | None = None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        names = [window.name for window in self.freeze]
        if len(set(names)) < len(names):
            msg = "two freeze windows have the same name"
            raise ValueError(msg)
        if len(set(self.approvers.values())) < len(self.approvers):
            msg = "two approvers have the same key"
            raise ValueError(msg)
        if self.rego and self.opa:
            msg = "give either `rego` or `opa`"
            raise ValueError(msg)
        return self

    @cached_property
    def version(self) -> str:
        """SHA-256 of the canonical document, in hex; people see the first four characters."""
        # A Rego file counts by its content, wherever it lies.
        hashed = {"rego": {"file", "tests"}} if self.rego and self.rego.sha256 else None
        body = self.model_dump(mode="json", by_alias=True, exclude=hashed)
        text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def autonomy_for(self, alert: str) -> Autonomy:
        """How much runs by itself in an incident of this alert."""
        return self.autonomy.alerts.get(alert, self.autonomy.default)

    def tier_of(self, verb: str) -> str:
        """`person` or `deny` where the document says so; empty where it does not."""
        return next((tier for name, tier in self.tiers.items() if name == verb), "")


_LEVELS = tuple(Autonomy)


def lower(one: Autonomy, other: Autonomy) -> Autonomy:
    """The level that lets less run by itself."""
    return min(one, other, key=_LEVELS.index)


def load(path: Path) -> Policy:
    """Read a policy file. A Rego file that it names is resolved and pinned by its hash.

    Raises:
        BadSettings: Names file, line, key and what is allowed.
    """
    value, lines = read_yaml(path)
    if not isinstance(value, dict) or "version" not in value:
        # A file that was cut off, or emptied, must not pass for one that allows everything.
        msg = f"{path}, line 1: `version: 1` is missing"
        raise BadSettings(msg, hint=f"begin {path} with the line `version: 1`")
    try:
        policy = Policy.model_validate_json(json.dumps(value))
    except ValidationError as error:
        raise _told(path, error, lines) from error
    return _pinned(policy, path, lines) if policy.rego else policy


def _pinned(policy: Policy, path: Path, lines: Lines) -> Policy:
    assert policy.rego  # noqa: S101 - asked by the caller
    rego, place = policy.rego, f"{path}, line {lines.of(('rego', 'file'))}"
    file = path.parent / rego.file
    try:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        msg = f"{place}: cannot read the Rego policy {file}: {error.strerror}"
        raise BadSettings(msg, hint=f"mend `rego.file` in {path}") from error
    if rego.sha256 not in ("", digest):
        msg = f"{place}: {file} is not the Rego policy that `rego.sha256` names"
        raise BadSettings(msg, why=f"it is {digest}", hint="review it, then set its hash")
    tests = str(path.parent / rego.tests) if rego.tests else ""
    pinned = rego.model_copy(update={"file": str(file), "tests": tests, "sha256": digest})
    return policy.model_copy(update={"rego": pinned})


def _told(path: Path, error: ValidationError, lines: Lines) -> BadSettings:
    """The first thing that is wrong, with its line and what is allowed there."""
    first = error.errors(include_url=False)[0]
    loc = tuple(part for part in first["loc"] if part != "[key]")
    key = ".".join(map(str, loc)) or "policy"
    what = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        return BadSettings(
            f"{path}, line {lines.of(loc)}: unknown key {key!r}",
            why=f"known keys here: {', '.join(_known(loc[:-1]))}",
        )
    given = (
        f" (it says {first['input']!r})" if isinstance(first["input"], str | int | float) else ""
    )
    return BadSettings(
        f"{path}, line {lines.of(loc)}: {key}: {what}{given}",
        hint="every key is explained in docs/guides/write-a-policy.md",
    )


def _known(loc: tuple[int | str, ...]) -> list[str]:
    """The keys that a place in the document may have."""
    schema = Policy.model_json_schema(by_alias=True)
    here = schema
    for part in loc:
        here = here["items"] if isinstance(part, int) else here.get("properties", {}).get(part, {})
        for choice in (*here.get("anyOf", ()), here):
            if "$ref" in choice:
                here = schema["$defs"][choice["$ref"].rpartition("/")[2]]
                break
            if choice.get("type") == "array":
                here = choice
    return list(here.get("properties", {}))
