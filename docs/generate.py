"""Writes the pages of `docs/reference/` that are made from the code: `make docs`."""

import ast
import inspect
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import typer

from sreagent.cli.app import app
from sreagent.diagnose.conditions import registered
from sreagent.diagnose.weights import is_symptom
from sreagent.domain.action import Action
from sreagent.domain.alert import Alert
from sreagent.domain.diagnosis import Outcome
from sreagent.domain.entity import Entity
from sreagent.domain.errors import Exit
from sreagent.domain.incident import Incident
from sreagent.domain.record import Opened
from sreagent.domain.verdict import Ask, Deny, Verdict
from sreagent.investigate.outcome import exit_of
from sreagent.policy.tiers import Facts, judge
from sreagent.settings import NOT_IN_FOLDER, NUMBERS, OTHER_NAMES, Settings
from sreagent.tools.catalogue import TOOLS
from sreagent.tools.fields import Present
from sreagent.tools.verbs import Arguments, ChangeTool

FOLDER = Path(__file__).parent / "reference"
MADE = "<!-- Made by `make docs` from the code. Change the code, not this page. -->"
NOW = datetime(2026, 11, 21, 1, 5, tzinfo=UTC)

Lines = Iterator[str]

CLI = """\
# Commands

`sre COMMAND --help` says the same. An incident is named by its id (`INC-20261121-7f3a`), by the
beginning or the end of it (`7f3a`), or by `last`. Options that are settings can also be set in a
file or in the environment: see [settings](settings.md). What a command returns to the shell is in
[exit codes](exit-codes.md)."""

SETTINGS = """\
# Settings

Nothing has to be set. A flag wins over the environment, the environment over `./sre.yaml`, and that
over `sreagent/sre.yaml` in the XDG config folder (`~/.config`, or where `XDG_CONFIG_HOME` points).
Where two variables are named, the first one wins.
"""

FILES = """
A settings file holds one `name: value` a line:

```yaml
prometheus: https://prometheus.example.com
alertmanager: https://alertmanager.example.com
verify_limit: 300
```

A wrong name or value ends the program with exit code 2; the message names the file, the line and
what is allowed. `./sre.yaml` cannot name a kubeconfig, because a kubeconfig may name a program to
run.

An address may hold a login, `https://user:password@host`: it is used and never shown. Without a
kubeconfig, inside a pod, the service account of the pod is used.

Incidents are kept in `sreagent/incidents/` in the XDG state folder (`~/.local/state`, or where
`XDG_STATE_HOME` points). `NO_COLOR` switches colour off."""

CONDITIONS = """\
# Conditions

What the built-in rules look for on each object. A *cause* can be the root of an incident. A
*symptom* says that something is broken, and the rules look for what broke it: see
[how it works](../concepts/how-it-works.md). A *gap* says that nothing can be decided, because
something could not be looked at.
"""

ACTIONS = """\
# Actions

All that `sre` can change. Each action is data. Its command line is shown so that you can read it,
copy it or run it yourself; it is never parsed back. The server is asked for a dry run before you
are asked. Who has to agree (see [safety](../concepts/safety.md)):

- **bounded**: somebody is asked; `--yes` may answer for you.
- **person**: somebody is asked, each time; `--yes` never answers.
- **never**: refused."""

FIRST = """\
## Rules that come first

The first rule that speaks wins. These come before the ones above, and no setting loosens them:
"""

OUTCOMES = """
How an investigation ended decides the code of `investigate`, `resume`, `approve`, `reject`, `undo`
and `demo`:
"""

PARTIAL = """
Where the code would be 0 and something could not be looked at, it is 3: "could not look" is never
"nothing found". After Ctrl-C it is 130, whatever the outcome.

`sre audit verify` returns 0 for a sound record and 1 for a broken one."""


def pages() -> Mapping[str, str]:
    """Each page by its file name."""
    made = {
        "cli.md": _cli(),
        "settings.md": _settings(),
        "conditions.md": _conditions(),
        "actions.md": _actions(),
        "exit-codes.md": _exit_codes(),
    }
    return {name: "\n".join((MADE, "", *lines)) + "\n" for name, lines in made.items()}


def commands(group: Any = None, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - typer's own click
    """Every command with the words that call it."""
    group = group or typer.main.get_command(app)
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*words, name))
        else:
            yield " ".join((*words, name)), command


def documented(cls: type) -> Mapping[str, str]:
    """The text under each field of a class, which Python does not keep."""
    body = _class_body(cls)
    return {
        _field_name(field): " ".join(text.value.value.split())
        for field, text in pairwise(body)
        if isinstance(field, ast.Assign | ast.AnnAssign)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def _class_body(cls: type) -> Sequence[ast.stmt]:
    (found,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    return found.body if isinstance(found, ast.ClassDef) else ()


def _field_name(field: ast.Assign | ast.AnnAssign) -> str:
    return ast.unparse(field.targets[0] if isinstance(field, ast.Assign) else field.target)


def table(*rows: Sequence[str]) -> Lines:
    """A Markdown table whose first row is the heading."""
    heading, *body = rows
    yield _row(heading)
    yield _row(["---"] * len(heading))
    yield from map(_row, body)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def _cli() -> Lines:
    yield CLI
    for name, command in commands():
        context = command.make_context(name, [], resilient_parsing=True)
        records = [param.get_help_record(context) for param in command.params]
        rows = [(f"`{left}`", right) for left, right in filter(None, records)]
        yield from ("", f"## sre {name}", "", command.help.strip(), "")
        yield "```"
        pieces = [piece.strip("{}").upper() for piece in command.collect_usage_pieces(context)]
        yield " ".join((f"sre {name}", *pieces))
        yield "```"
        yield from ("", *table(("Argument or option", "Meaning"), *rows)) if rows else ()


def _settings() -> Lines:
    texts = documented(Settings)
    flags = {
        option for _, command in commands() for param in command.params for option in param.opts
    }
    rows = []
    for field in fields(Settings):
        flag = f"--{field.name.replace('_', '-')}"
        other = OTHER_NAMES.get(field.name)
        variables = [f"`SRE_{field.name.upper()}`", *([f"`{other}`"] if other else [])]
        rows.append(
            (
                f"`{field.name}`",
                f"`{flag}`" if flag in flags else "none",
                ", ".join(variables),
                f"`{field.default:g}`" if field.name in NUMBERS else "empty",
                texts[field.name] + _allowed(field.name),
            )
        )
    yield SETTINGS
    yield from table(("Name in a file", "Flag", "Variable", "Default", "Meaning"), *rows)
    yield FILES


def _allowed(name: str) -> str:
    if name in NUMBERS:
        least, most = NUMBERS[name]
        return f" Allowed: {least:g} to {most:g}."
    return " Not taken from `./sre.yaml`." if name in NOT_IN_FOLDER else ""


def _conditions() -> Lines:
    kinds: dict[tuple[str, str], list[str]] = defaultdict(list)
    for condition in registered():
        kinds[condition.name, condition.meaning].append(condition.kind)
    rows = [
        (f"`{name}`", ", ".join(found), meaning, _role(name))
        for (name, meaning), found in kinds.items()
    ]
    yield CONDITIONS
    yield from table(("Condition", "Looked for on", "Meaning", "Role"), *rows)


def _role(name: str) -> str:
    if name.endswith(("_unknown", ".unknown")):
        return "gap"
    return "symptom" if is_symptom(name) else "cause"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A change as it could be proposed, and situations in which policy is asked."""

    action: Action
    live: Mapping[str, Any]
    facts: Mapping[str, Facts]


class _Revisions:
    def template(self, workload: Mapping[str, Any], revision: int) -> Mapping[str, Any]:
        del revision
        template: Mapping[str, Any] = workload["spec"]["template"]
        return template

    def current(self, workload: Mapping[str, Any]) -> int | None:
        del workload
        return 8


CONTAINER = {"name": "web", "resources": {"limits": {"memory": "192Mi"}}}
WORKLOAD = {"spec": {"replicas": 3, "template": {"spec": {"containers": [CONTAINER]}}}}
SERVICE = {"spec": {"selector": {"app": "web", "tier": "front"}, "ports": [{"port": 80}]}}
POD = {"metadata": {"uid": "1"}}
ALWAYS = "always"


def _action(verb: str, kind: str, **arguments: Any) -> Action:  # noqa: ANN401 - arguments of several verbs
    name = "web-5f6c9" if kind == "Pod" else "web"
    target = Entity(kind=kind, namespace="shop", name=name)
    return Action(verb=verb, target=target, arguments=arguments)


EXAMPLES: Mapping[str, Example] = {
    "rollout_undo": Example(
        action=_action("rollout_undo", "Deployment", revision=7),
        live=WORKLOAD,
        facts={ALWAYS: Facts()},
    ),
    "rollout_restart": Example(
        action=_action("rollout_restart", "Deployment"), live=WORKLOAD, facts={ALWAYS: Facts()}
    ),
    "scale": Example(
        action=_action("scale", "Deployment", replicas=4),
        live=WORKLOAD,
        facts={
            "some replicas run": Facts(replicas=3),
            "no replica is wanted at present": Facts(replicas=0),
            "an autoscaler owns the replicas": Facts(replicas=3, autoscaler="NAME"),
        },
    ),
    "set_resources": Example(
        action=_action("set_resources", "Deployment", container="web", memory_limit="384Mi"),
        live=WORKLOAD,
        facts={ALWAYS: Facts()},
    ),
    "patch_service": Example(
        action=_action("patch_service", "Service", selector={"app": "web"}),
        live=SERVICE,
        facts={ALWAYS: Facts()},
    ),
    "delete_pod": Example(
        action=_action("delete_pod", "Pod"),
        live=POD,
        facts={
            "it has a controller and is not ready": Facts(controlled=True),
            "it has a controller and is ready": Facts(controlled=True, ready=True),
            "nothing makes it again": Facts(),
        },
    ),
}
"""One for each verb: a verb without an example stops the generator."""


def _actions() -> Lines:
    yield ACTIONS
    for verb, tool in TOOLS.items():
        yield from ("", *_one_action(tool, EXAMPLES[verb]))
    yield from ("", *_everywhere())


def _one_action(tool: ChangeTool, example: Example) -> Lines:
    present = Present(live=example.live, revisions=_Revisions(), now=NOW)
    undo = tool.undo(example.action, present)
    yield f"## {tool.verb}"
    yield ""
    yield f"Works on: {', '.join(sorted(tool.kinds))}. For example: {tool.title(example.action)}."
    yield ""
    yield "```"
    yield tool.command(example.action)
    yield "```"
    yield ""
    yield f"Undo: `{tool.command(undo)}`" if undo else "Undo: nothing has to be brought back."
    yield ""
    if arguments := list(_arguments(tool.arguments)):
        yield from (*table(("Argument", "Value"), *arguments), "")
    rows = [(case, *_answer(judge(example.action, facts))) for case, facts in example.facts.items()]
    yield from table(("When", "Who agrees", "Rule that is shown"), *rows)


def _arguments(arguments: type[Arguments]) -> Iterator[tuple[str, str]]:
    schema = arguments.model_json_schema()
    for name, field in schema.get("properties", {}).items():
        options = [one for one in field.get("anyOf", [field]) if one.get("type") != "null"]
        words = " or ".join(map(_allowed_value, options))
        needed = "" if name in schema.get("required", ()) else "; may be left out"
        yield f"`{name}`", words + needed


def _allowed_value(schema: Mapping[str, Any]) -> str:
    if schema["type"] == "integer":
        return f"whole number, {schema['minimum']} to {schema['maximum']}"
    if schema["type"] == "object":
        return "labels, as `key: value`"
    return f"text that fits `{schema['pattern']}`" if "pattern" in schema else "text"


def _answer(verdict: Verdict) -> tuple[str, str]:
    match verdict:
        case Ask(rule=rule, bounded=True):
            return "bounded", rule
        case Ask(rule=rule):
            return "person", rule
        case Deny(rule=rule):
            return "never", rule
    return "nobody", verdict.rule


def _everywhere() -> Lines:
    plain = EXAMPLES["rollout_restart"].action
    scale = EXAMPLES["scale"].action
    running = Facts(replicas=3, replicas_at_start=3)
    to_zero = Action(verb="scale", target=scale.target, arguments={"replicas": 0})
    too_many = Action(verb="scale", target=scale.target, arguments={"replicas": 11})
    doubled = Action(verb="scale", target=scale.target, arguments={"replicas": 7})
    cases = {
        "the run was started with `--read-only`": judge(plain, Facts(read_only=True)),
        "scale to zero": judge(to_zero, running),
        "scale above ten": judge(too_many, running),
        "scale above twice the replicas at the start of the incident": judge(doubled, running),
        "namespace `kube-system`, `kube-public` or `kube-node-lease`": _in("kube-system", "dns"),
        "a namespace or name about payments, such as `payment-api`": _in("shop", "payment-api"),
        "a namespace or name about logins, such as `auth`": _in("auth", "web"),
        "any other verb": judge(_action("drain", "Node"), Facts()),
    }
    yield FIRST
    rows = [(case, *_answer(verdict)) for case, verdict in cases.items()]
    yield from table(("When", "Who agrees", "Rule that is shown"), *rows)


def _in(namespace: str, name: str) -> Verdict:
    """What policy says to the mildest change of an object so called."""
    target = Entity(kind="Deployment", namespace=namespace, name=name)
    return judge(Action(verb="rollout_restart", target=target), Facts())


WHAT_TO_DO: Mapping[Exit, str] = {
    Exit.OK: "Nothing. The cause is known, the change helped, or nothing is wrong.",
    Exit.FAILED: "Read the message. `sre resume last` goes on with an incident that was begun.",
    Exit.USAGE: "Mend the command line, the alert file or the settings file that is named.",
    Exit.PARTIAL: "Read `unknown` in the JSON object, or the line *Not looked at*.",
    Exit.REFUSED: "Read the rule or the server's answer; the change was not made.",
    Exit.ESCALATED: "Wake somebody: a change waits, did not help, or the cause is not sure.",
    Exit.INTERRUPTED: "Ctrl-C. `sre resume last` goes on.",
}
"""One for each code: a code without an entry stops the generator."""


def _exit_codes() -> Lines:
    texts = documented(Exit)
    rows = [(f"`{code.value}`", _meaning(code, texts), WHAT_TO_DO[code]) for code in Exit]
    yield "# Exit codes"
    yield ""
    yield from table(("Code", "Meaning", "What to do"), *rows)
    yield OUTCOMES
    outcomes = documented(Outcome)
    ends = [
        (f"`{outcome}`", outcomes.get(outcome.name, "Nothing wrong was found."), _code(outcome))
        for outcome in Outcome
    ]
    yield from table(("`outcome` in the JSON object", "Meaning", "Code"), *ends)
    yield PARTIAL


def _meaning(code: Exit, texts: Mapping[str, str]) -> str:
    return texts.get(code.name) or f"{code.name.capitalize()}."


def _code(outcome: Outcome) -> str:
    opened = Opened(
        alert=Alert(name=""), context="", server="", server_version="", user="", namespace=""
    )
    incident = Incident(id="", opened=opened, opened_at=NOW, outcome=outcome)
    return f"{exit_of(incident).value}"


def main() -> None:
    """Write all pages."""
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
