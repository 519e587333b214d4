"""Understands command lines that a person or a model wrote, by closed grammars.

A line becomes a typed read, a change of the catalogue, or a refusal that says what to write
instead. It never reaches a shell, and what runs is the typed object, never the line.
"""

from sreagent.domain.action import Action
from sreagent.domain.command import AwsRead, KubectlRead, Refusal
from sreagent.tools.lines.aws import parse_aws
from sreagent.tools.lines.kubectl import parse_kubectl
from sreagent.tools.lines.kubectl_render import render
from sreagent.tools.lines.objection import Objection, Rule
from sreagent.tools.lines.words import split

__all__ = ["parse", "render"]

_PLACES = ("", "/usr/bin/", "/usr/local/bin/")
KUBECTL = frozenset(f"{place}kubectl" for place in _PLACES)
AWS = frozenset(f"{place}aws" for place in _PLACES)
_INSTEAD = {
    "helm": (
        "helm is not run, its releases are secrets: write kubectl get deploy,sts -l "
        "app.kubernetes.io/instance=NAME, or kubectl rollout history"
    ),
    "terraform": "terraform is not run: write the aws call that shows the resource",
    "sudo": "there is no other user: write the kubectl or aws call alone",
}


def parse(line: str) -> KubectlRead | AwsRead | Action | Refusal:
    """What a line means.

    The target of an `Action` has no namespace when the line names none: the caller fills in that
    of the incident.
    """
    try:
        words = split(line)
        if words[0] in KUBECTL:
            return parse_kubectl(words)
        if words[0] in AWS:
            return parse_aws(words)
    except Objection as objection:
        return objection.refusal
    return _other_program(words[0])


def _other_program(program: str) -> Refusal:
    if program in _INSTEAD:
        return Refusal(rule=Rule.PROGRAM, reason=_INSTEAD[program])
    reason = f"{program[:40]!r} is not run: write one call that begins with kubectl or aws"
    return Refusal(rule=Rule.PROGRAM, reason=reason)
