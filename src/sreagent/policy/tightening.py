"""A second opinion on a verdict, which can only make it stricter.

Somebody else's policy engine is asked with the change, its facts and our own verdict, and answers
`allow` (nothing to add), `ask` (a person decides) or `deny`. Anything else, and no answer, is deny.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any, assert_never

from sreagent.domain.action import Action
from sreagent.domain.errors import SreError
from sreagent.domain.moment import stamp
from sreagent.domain.text import one_line
from sreagent.domain.verdict import Allow, Ask, Deny, Verdict
from sreagent.policy.facts import Circumstances, Facts

ANSWERS = ("allow", "ask", "deny")
Tighten = Callable[[Mapping[str, Any]], object]
"""Asks with an input document. Raises SreError when there is no answer."""


def tightened(verdict: Verdict, ask: Tighten, given: Mapping[str, Any]) -> Verdict:
    """The stricter of a verdict and the second opinion on it; who is sure of no is not asked."""
    if isinstance(verdict, Deny):
        return verdict
    try:
        answer = ask(given)
    except SreError as error:
        return Deny("rego/no-answer", f"the second policy gave no answer: {error.message}")
    return tighten(verdict, answer)


def tighten(verdict: Verdict, answer: object) -> Verdict:
    """The stricter of a verdict and an answer."""
    if isinstance(verdict, Deny):
        return verdict
    match answer:
        case "allow":
            return verdict
        case "ask":
            return _asked(verdict)
        case "deny":
            return Deny("rego/deny", "the second policy denies it")
        case other:
            told = one_line(repr(other), 100)
            why = f"the second policy answered {told}, which is none of {', '.join(ANSWERS)}"
            return Deny("rego/answer", why)


def _asked(verdict: Allow | Ask) -> Ask:
    if isinstance(verdict, Ask) and not verdict.bounded:
        return verdict
    asked = Ask("rego/ask", "the second policy leaves it to a person")
    return replace(asked, people=verdict.people) if isinstance(verdict, Ask) else asked


def input_of(
    action: Action, facts: Facts, around: Circumstances, verdict: Verdict
) -> Mapping[str, Any]:
    """The input document: JSON values only, the same keys each time."""
    target = action.target
    return {
        "action": {
            "verb": action.verb,
            "kind": target.kind,
            "namespace": target.namespace,
            "name": target.name,
            "arguments": dict(action.arguments),
        },
        "facts": {**asdict(facts), "share": facts.share},
        "circumstances": {
            "now": stamp(around.now),
            "alert": around.alert,
            "incident": around.incident,
            "origin": around.origin.value,
            "in_scope": around.in_scope,
            "grounded": around.grounded,
            "confident": around.confident,
            "attempts": len(around.attempts),
        },
        "verdict": {"answer": word(verdict), "rule": verdict.rule},
    }


def word(verdict: Verdict) -> str:
    """`allow`, `ask` or `deny`."""
    match verdict:
        case Allow():
            return "allow"
        case Ask():
            return "ask"
        case Deny():
            return "deny"
        case other:
            assert_never(other)
