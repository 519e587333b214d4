"""`sre policy show|explain|test`: what the policy says, before it has to say it."""

import json as jsonlib
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sreagent.cli import options
from sreagent.domain.errors import Exit
from sreagent.domain.text import clean, one_line

if TYPE_CHECKING:
    from datetime import datetime

    from sreagent.domain.command import Read
    from sreagent.policy.cases import Answer, Case
    from sreagent.policy.document import Policy

app = typer.Typer(help="Show, explain and test the policy.", no_args_is_help=True)

PolicyFile = Annotated[
    str | None, typer.Option("--policy", metavar="FILE", help="Policy file instead of the usual.")
]
LONGEST = 65_536
"""Bytes of one command line; more cannot be one."""


@app.callback()
def policy() -> None:
    """Show, explain and test the policy."""


@app.command("show")
def show(policy: PolicyFile = None, json: options.Json = False) -> None:
    """Show the policy that holds, and what it stops at this moment."""
    from sreagent.settings import policy_file
    from sreagent.wiring import connections, guards

    settings = options.settings(policy=policy)
    held, now = guards.policy(settings), connections.system_clock().now()
    source = policy_file(settings)
    frozen = [window.name for window in held.freeze if window.covers(now)]
    if json:
        body = {
            "version": held.version,
            "file": str(source or ""),
            "policy": held.model_dump(mode="json", by_alias=True),
            "frozen_now": frozen,
            "business_hours_now": _in_hours(held, now),
        }
        print(jsonlib.dumps(body, indent=2))
    else:
        print(clean("\n".join(_lines(held, str(source or "built in"), frozen, now))))


@app.command("explain")
def explain(
    line: Annotated[str, typer.Argument(metavar="LINE", help="A command line; - for stdin.")],
    policy: PolicyFile = None,
    json: options.Json = False,
) -> None:
    """Say whether a command line would run, be asked about, or be denied.

    With - it reads one line after the other and answers each at once.
    """
    held = _policy(policy)
    texts = _standard_input() if line == "-" else iter([line])
    for text in texts:
        body = explained(text, held)
        shown = jsonlib.dumps(body, default=str) if json else _account(body)
        print(shown, flush=True)


@app.command("test")
def run_table(
    table: Annotated[Path, typer.Argument(metavar="TABLE", help="YAML file with cases.")],
    policy: PolicyFile = None,
    json: options.Json = False,
) -> None:
    """Run a table of cases through the policy; exits with 1 when one comes out otherwise."""
    from sreagent.policy.cases import decide, read_cases
    from sreagent.wiring import guards

    held = _policy(policy)
    second = guards.second_opinion(held)
    cases = read_cases(table)
    answers = [decide(case, held, second, _by_line(held)) for case in cases]
    failed = sum(not a.meets(case.expect) for case, a in zip(cases, answers, strict=True))
    for case, answer in zip(cases, answers, strict=True):
        print(_result(case, answer, as_json=json))
    if not json:
        print(f"{len(cases)} cases, {failed} failed; policy {held.version[:4]}")
    raise typer.Exit(Exit.FAILED if failed else Exit.OK)


def explained(line: str, policy: "Policy") -> dict[str, Any]:
    """What a command line means and what policy says to it, as JSON values."""
    from sreagent.domain.action import Action
    from sreagent.domain.command import Refusal
    from sreagent.policy.cases import answer_of
    from sreagent.policy.tiers import explain
    from sreagent.tools.lines import parse

    meant = parse(line)
    match meant:
        case Refusal(rule=rule, reason=reason):
            return _body(line, "deny", None, None, rule, reason)
        case Action():
            answer = answer_of(explain(meant, policy))
            action = {
                "verb": meant.verb,
                "target": asdict(meant.target),
                "arguments": dict(meant.arguments),
            }
            return _body(line, answer.verdict, answer.tier, action, answer.rule, answer.reason)
        case read:
            return _body(line, "allow", "read", _read(read), "read", "it changes nothing")


def _body(
    line: str,
    verdict: str,
    tier: str | None,
    action: Mapping[str, Any] | None,
    rule: str,
    reason: str,
) -> dict[str, Any]:
    return {
        "line": line,
        "verdict": verdict,
        "tier": tier,
        "action": action,
        "rule": rule,
        "reason": reason,
    }


def _read(read: "Read") -> dict[str, Any]:
    """The fields of a read that say something."""
    from sreagent.domain.command import AwsRead

    told = {name: value for name, value in asdict(read).items() if value}
    return {"verb": read.operation, **told} if isinstance(read, AwsRead) else told


def _standard_input() -> Iterator[str]:
    """Lines as they come; bytes that are no UTF-8 become characters that no command has."""
    stream = sys.stdin.buffer
    while raw := stream.readline(LONGEST):
        whole = raw
        while not raw.endswith(b"\n") and (raw := stream.readline(LONGEST)):
            # Too long to be a command: what is over is read and dropped.
            continue
        yield whole.removesuffix(b"\n").decode(errors="replace")


def _account(body: Mapping[str, Any]) -> str:
    tier = f" ({body['tier']})" if body["tier"] else ""
    action = body["action"]
    target = (action or {}).get("target")
    what = f"{action['verb']} {'/'.join(filter(None, target.values()))}" if target else ""
    rows = (
        ("", one_line(body["line"], 400) or "(an empty line)"),
        ("  verdict  ", f"{body['verdict']}{tier}"),
        ("  action   ", what or (action or {}).get("verb", "")),
        ("  rule     ", body["rule"]),
        ("  reason   ", one_line(body["reason"], 400)),
    )
    return clean("\n".join(f"{lead}{text}" for lead, text in rows if text))


def _by_line(policy: "Policy") -> "Callable[[str], Answer]":
    from sreagent.policy.cases import Answer

    def answer(line: str) -> Answer:
        body = explained(line, policy)
        names = ("verdict", "tier", "rule", "reason")
        return Answer(**{name: body[name] for name in names})

    return answer


def _result(case: "Case", answer: "Answer", *, as_json: bool) -> str:
    passed = answer.meets(case.expect)
    if as_json:
        expected = case.expect.model_dump(exclude_none=True)
        body = {"case": case.title, "passed": passed, "expected": expected, **asdict(answer)}
        return jsonlib.dumps(body)
    got = f"{answer.verdict}{f' ({answer.tier})' if answer.tier else ''}, rule {answer.rule}"
    if passed:
        return clean(f"pass  {case.title}: {got}")
    wanted = ", ".join(f"{k} {v}" for k, v in case.expect.model_dump(exclude_none=True).items())
    return clean(f"FAIL  {case.title}: {got}: {answer.reason}\n      expected: {wanted}")


def _policy(file: str | None) -> "Policy":
    from sreagent.wiring import guards

    return guards.policy(options.settings(policy=file))


def _in_hours(policy: "Policy", now: "datetime") -> bool:
    return policy.business_hours is None or policy.business_hours.covers(now)


def _lines(policy: "Policy", source: str, frozen: list[str], now: "datetime") -> Iterator[str]:
    """The policy in plain lines: what it says, then what that means now."""
    yield f"policy {policy.version[:4]}  ({policy.version})"
    yield f"from        {source}"
    yield from _autonomy(policy)
    yield (
        f"limits      replicas {policy.limits.replicas}, {policy.limits.factor:g}x the number at "
        f"incident start, {policy.limits.share} % of the serving capacity at once"
    )
    limits = policy.breakers
    yield (
        f"breakers    {limits.scalings} scalings per service and hour, {limits.restarts} restarts "
        f"per hour, {limits.autonomous} changes unasked and {limits.changes} changes per incident"
    )
    for window in policy.freeze:
        mark = "  FROZEN NOW" if window.name in frozen else ""
        yield f"freeze      {window.name}: {window.told}{mark}"
    if policy.business_hours:
        mark = "now" if _in_hours(policy, now) else "NOT NOW: a person is asked"
        yield f"hours       {policy.business_hours.told}  ({mark})"
    yield from _additions(policy)


def _autonomy(policy: "Policy") -> Iterator[str]:
    yield f"autonomy    {policy.autonomy.default.value}"
    for alert, level in policy.autonomy.alerts.items():
        yield f"            {level.value} for {one_line(alert, 100)}"


def _additions(policy: "Policy") -> Iterator[str]:
    for verb, tier in policy.tiers.items():
        yield f"tier        {verb}: {tier}"
    for word, named in (("always", policy.always), ("protect", policy.protect)):
        if listed := [*named.names, *(f"{space}/" for space in named.namespaces)]:
            yield f"{word:<12}{', '.join(listed)}"
    two = policy.two_people
    if listed := [*two.rules, *two.verbs, *(f"{space}/" for space in two.namespaces)]:
        yield f"two people  {', '.join(listed)}"
    if policy.rego:
        yield f"rego        {policy.rego.file}"
    if policy.opa:
        yield f"opa         {policy.opa.url}"
