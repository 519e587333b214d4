"""Who is right, the code or reality, as far as the evidence tells."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sreagent.domain.drift import Author, Changed, Class, Missing, Severity, Unmanaged, Way
from sreagent.drift.mend.addresses import first_name
from sreagent.drift.state.managed import without_keys


class Direction(StrEnum):
    """Who a person wants to be right."""

    AUTO = "auto"
    CODE = "code"
    REALITY = "reality"


class Step(StrEnum):
    """What to do about one finding."""

    ADOPT = "adopt"
    """Reality is right: the code is edited."""
    REVERT = "revert"
    """The code is right: Terraform applies it. Nothing is written."""
    IGNORE = "ignore"
    """Neither: `ignore_changes` is proposed."""
    REMOVE = "remove"
    """It was meant to go: its block is deleted."""
    IMPORT = "import"
    """It is taken into the code and the state."""
    REPORT = "report"
    """A person has to decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to do about one finding, and the evidence for it in one line."""

    address: str
    """Of the resource; `type id` of what is unmanaged."""
    step: Step
    reason: str
    path: str = ""
    source: str = ""
    """The state that it stands in; empty for what is unmanaged."""
    command: str = ""
    """What a person would run: `terraform apply -target=…`."""
    proposal: str = ""
    """Code that a person may add: `ignore_changes = [desired_capacity]`."""


_TOGETHER = timedelta(hours=1)
"""Deletions by one person within this time belong together."""
_RELATED = 2
_UPGRADES = re.compile(
    r"(?:.*_)?(?:engine|platform|release|addon|kubernetes|runtime|provider)_?version(?:_actual)?"
    r"|version|ca_cert_identifier|.*_ami_type|ami_id|policy_version"
)
_PEOPLE = (Way.CONSOLE, Way.CLI)
_PROGRAMS = (Way.SERVICE, Way.CI)
_OWNER_TAGS = (
    *("aws:cloudformation:stack-name", "aws:servicecatalog:", "elasticbeanstalk:", "eks:"),
    *("kubernetes.io/cluster/", "elbv2.k8s.aws/", "ingress.k8s.aws/", "karpenter.sh/"),
    *("aws:autoscaling:groupName", "aws:ecs:", "aws:eks:", "aws:ec2launchtemplate:"),
    *("AmazonECSManaged", "pulumi:", "aws:cdk:", "AWSServiceName"),
)
"""Tags that name whoever made a thing and looks after it."""
CANNOT_BE_IMPORTED = {
    "aws_iam_policy_attachment": "it is exclusive: use aws_iam_role_policy_attachment",
    "aws_iam_access_key": "its secret is only known when it is made",
    "aws_lb_target_group_attachment": "the provider cannot import it",
    "aws_alb_target_group_attachment": "the provider cannot import it",
    "aws_autoscaling_attachment": "the provider cannot import it",
    "aws_acm_certificate_validation": "it is a wait, not a thing",
    "aws_ami_copy": "the provider cannot import it",
    "aws_ami_from_instance": "the provider cannot import it",
}
"""Types that `terraform import` refuses, or that would be of no use, and why."""


def decide_changed(
    changed: Changed,
    *,
    direction: Direction = Direction.AUTO,
    on_call: frozenset[str] = frozenset(),
    secret: bool = False,
) -> Decision:
    """Who is right about one attribute.

    Args:
        changed: The finding, with its author and the incidents near it.
        direction: Who a person wants to be right.
        on_call: Names of those who are on call, as they stand in `Author.who`.
        secret: Whether its value must not be written.
    """
    step, reason = _weighed(changed, direction, on_call, secret=secret)
    return Decision(
        address=changed.address,
        path=changed.path,
        source=changed.source,
        step=step,
        reason=reason,
        command=target_command(changed.address) if step is Step.REVERT else "",
        proposal=_ignore(changed.path) if step is Step.IGNORE and _is_controlled(changed) else "",
    )


def _is_controlled(changed: Changed) -> bool:
    return changed.klass is Class.CONTROLLER


def _weighed(
    changed: Changed, direction: Direction, on_call: frozenset[str], *, secret: bool
) -> tuple[Step, str]:
    if changed.klass is not Class.DRIFT:
        owned = f"a controller owns the field: {changed.why or 'it will change again'}"
        why = owned if _is_controlled(changed) else changed.why or "it is to be ignored"
        return Step.IGNORE, why
    if direction is Direction.CODE:
        return Step.REVERT, "--direction code"
    if secret:
        return Step.REPORT, "it is a secret: set it by hand, no secret is written to a file"
    if direction is Direction.REALITY:
        opened = ", although it lets more in" if changed.opens else ""
        return Step.ADOPT, f"--direction reality{opened}"
    return _by_evidence(changed, on_call)


def _by_evidence(changed: Changed, on_call: frozenset[str]) -> tuple[Step, str]:
    if changed.opens:
        return Step.REVERT, f"it lets more in: {changed.why or 'security was opened'}"
    if found := _by_author(changed, on_call):
        return found
    if changed.opens is False:
        return Step.ADOPT, "it lets less in, and applying the code would open it again"
    if _UPGRADES.fullmatch(_last_name(changed.path)):
        return Step.ADOPT, "a version moved on by itself: the code is behind"
    return Step.REVERT, "nothing speaks for the change, and the code is what was reviewed"


def _by_author(changed: Changed, on_call: frozenset[str]) -> tuple[Step, str] | None:
    author = changed.author
    if author is None:
        return None
    if author.how is Way.SERVICE and _UPGRADES.fullmatch(_last_name(changed.path)):
        return Step.ADOPT, f"{author.who} upgraded it: the code is behind"
    return _by_person(changed, author, on_call) if author.how in _PEOPLE else None


def _by_person(
    changed: Changed, author: Author, on_call: frozenset[str]
) -> tuple[Step, str] | None:
    if any(name and name.casefold() in author.who.casefold() for name in on_call):
        return Step.ADOPT, f"{author.who} is on call and changed it"
    during = [near for near in changed.near if near.seconds <= 0]
    if during:
        return Step.ADOPT, f"{author.who} changed it during {during[0].incident}"
    if changed.near:
        near = changed.near[0]
        seconds = round(near.seconds)
        return (
            Step.REVERT,
            f"it was changed {seconds} s before {near.incident}: it may be the cause",
        )
    return None


def _last_name(path: str) -> str:
    return re.split(r"[.\[\]]+", path.rstrip("]"))[-1] if not path.endswith("]") else path


def _ignore(path: str) -> str:
    name, rest = first_name(path)
    whole = path if rest and "[" not in path else name
    if name == "tags" and rest:
        whole = f"tags[{_quoted(rest)}]"
    return f"lifecycle {{ ignore_changes = [{whole}] }}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("${", "$${")
    return f'"{escaped}"'


def target_command(address: str) -> str:
    """The line that makes reality what the code says, for one resource."""
    return f"terraform apply -target={shlex.quote(address)}"


def decide_missing(
    gone: Missing,
    others: Sequence[Missing],
    *,
    direction: Direction = Direction.AUTO,
) -> Decision:
    """Whether something is to be made again, or was meant to go.

    Args:
        gone: The finding.
        others: All that is missing of its state: who deletes several related things means it.
        direction: Who a person wants to be right.
    """
    step, reason = _about_missing(gone, others, direction)
    return Decision(
        address=gone.address,
        source=gone.source,
        step=step,
        reason=reason,
        command=target_command(gone.address) if step is Step.REVERT else "",
    )


def _about_missing(
    gone: Missing, others: Sequence[Missing], direction: Direction
) -> tuple[Step, str]:
    if direction is Direction.CODE:
        return Step.REVERT, "--direction code"
    if direction is Direction.REALITY:
        return Step.REMOVE, "--direction reality"
    author = gone.author
    if author is None:
        return Step.REVERT, "nobody is known to have deleted it"
    if author.how not in _PEOPLE:
        return Step.REVERT, f"{author.who} deleted it, which is no person"
    together = [other for other in others if other != gone and _related(gone, other)]
    if 1 + len(together) >= _RELATED:
        return Step.REMOVE, f"{author.who} deleted it and {len(together)} related to it"
    return Step.REVERT, f"{author.who} deleted it alone: it may be by mistake"


def _related(one: Missing, other: Missing) -> bool:
    """Whether one person deleted two things that hang together, soon after each other."""
    a, b = one.author, other.author
    if a is None or b is None or a.who != b.who or b.how not in _PEOPLE:
        return False
    if a.when is None or b.when is None or abs(a.when - b.when) > _TOGETHER:
        return False
    names = {without_keys(each) for each in (*one.dependents, *other.dependents)}
    linked = without_keys(one.address) in names or without_keys(other.address) in names
    return linked or _home(one.address) == _home(other.address) != ""


def _home(address: str) -> str:
    """The module of an address, or the block of a resource that is made several times."""
    plain = without_keys(address)
    if plain != address and not plain.startswith("module."):
        return plain
    return address.rpartition(".")[0].rpartition(".")[0]


def decide_unmanaged(stranger: Unmanaged, *, direction: Direction = Direction.AUTO) -> Decision:
    """Whether something is to be taken into the code, or its owner is to be asked."""
    step, reason = _about_unmanaged(stranger, direction)
    return Decision(address=f"{stranger.type} {stranger.id}", step=step, reason=reason)


def _about_unmanaged(stranger: Unmanaged, direction: Direction) -> tuple[Step, str]:
    if stranger.folded:
        return Step.IGNORE, stranger.folded
    if why := CANNOT_BE_IMPORTED.get(stranger.type):
        return Step.REPORT, f"it cannot be imported: {why}"
    if direction is Direction.CODE:
        return Step.REPORT, "--direction code: its owner should delete it or write it down"
    if direction is Direction.REALITY:
        return Step.IMPORT, "--direction reality"
    if why := _somebody_elses(stranger):
        return Step.REPORT, why
    author = stranger.author
    return Step.IMPORT, f"{author.who} made it by hand" if author else "nobody manages it"


def _somebody_elses(stranger: Unmanaged) -> str:
    """Why something is not ours to import; empty where it is."""
    for tag in stranger.tags:
        if tag.startswith(_OWNER_TAGS):
            return f"its tag {tag} says that something else manages it"
    author = stranger.author
    if author is not None and author.how in _PROGRAMS:
        return f"{author.who} made it, which is no person: ask its owner"
    if stranger.severity is Severity.HIGH:
        return f"it is dangerous as it is: {stranger.why}"
    return ""
