"""Writes the pages of `docs/reference/` that are made from the code: `make docs`."""

import ast
import inspect
import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import typer
from tests.faults.scenes import Fault, catalogue, faults

from sreagent.cli.app import app
from sreagent.diagnose.conditions.run import registered
from sreagent.domain.action import Action
from sreagent.domain.alert import Alert
from sreagent.domain.diagnosis import Outcome
from sreagent.domain.entity import Entity
from sreagent.domain.errors import Exit
from sreagent.domain.incident import Incident
from sreagent.domain.record import Opened
from sreagent.domain.verdict import Allow, Ask, Deny, Verdict
from sreagent.drift.outcome import DriftExit
from sreagent.investigate.outcome import exit_of
from sreagent.policy.document import Policy
from sreagent.policy.facts import Circumstances, Facts
from sreagent.policy.tiers import judge
from sreagent.settings import NOT_IN_FOLDER, NUMBERS, OTHER_NAMES, Settings
from sreagent.tools.catalogue import TOOLS
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
[how it works](../concepts/how-it-works.md). A *remark* is worth knowing and never explains an
incident. A *gap* says that nothing can be decided, because something could not be looked at.
"""

FAULTS = """\
# Faults

Known faults of clusters and of what runs in them, and by which condition the built-in rules find
each: {found} of {known}. A row is filled where a small scene of it stands in `tests/faults/`, and
the rules blame the right object in it and no other. See also [conditions](conditions.md)."""

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

DRIFT_CODES = """
`drift` has codes of its own, so that a pipeline can tell drift from trouble. With `--fail-on` only
findings at least so severe count as drift:
"""

DRIFT_JSON = """\
# The JSON object of a drift check

`drift` with `--json` prints one object to standard output, and nothing else. Its schema is
[drift.schema.json](drift.schema.json) (JSON Schema, draft 2020-12).

- Every key is always there. What is not known is `null`, an empty text or an empty list.
- Times are UTC, as RFC 3339 with milliseconds: `2026-11-21T01:05:00.000Z`.
- Secrets are gone: a mask stands where one stood. The same secret has the same mask in one object.
- All texts and values may repeat what anybody could write into a tag, a name or a policy. Show
  them; never run them.
- `changed` holds what controllers own and what is ignored, too: `class` tells them from drift.
- `coverage` and `errors` tell what was not looked at: that is never the same as no drift."""


def pages() -> Mapping[str, str]:
    """Each page by its file name."""
    made = {
        "cli.md": _cli(),
        "settings.md": _settings(),
        "conditions.md": _conditions(),
        "faults.md": _faults(),
        "actions.md": _actions(),
        "exit-codes.md": _exit_codes(),
        "drift-json.md": _drift_json(),
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


def _faults() -> Lines:
    found = {id_: _found_as(fault) for id_, fault in faults().items()}
    known = sum(map(len, catalogue().values()))
    yield FAULTS.format(found=len(found), known=known)
    for group, named in catalogue().items():
        yield f"\n## {group}\n"
        rows = [(name, *found.get(id_, ("", ""))) for id_, name in named.items()]
        yield from table(("Fault", "Found as", "Seen in"), *rows)


def _found_as(fault: Fault) -> tuple[str, str]:
    """The telling condition of the first cause, and where its evidence comes from."""
    causes = fault.causes()
    if not causes:
        return "nothing wrong", "everything looked at"
    names = {"kubernetes": "objects and events", "prometheus": "metrics"}
    sources = {names.get(one.source, one.source) for one in causes[0].findings}
    return f"`{causes[0].findings[0].condition}`", ", ".join(sorted(sources))


def _conditions() -> Lines:
    rows = [
        (f"`{one.name}`", ", ".join(sorted(one.kinds)), one.meaning, one.role)
        for one in registered()
    ]
    yield CONDITIONS
    yield from table(("Condition", "Looked for on", "Meaning", "Role"), *rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A change as it could be proposed, and situations in which policy is asked."""

    action: Action
    undo: Action | None
    facts: Mapping[str, Facts]


NAMESPACED = "shop"
PLACES: Mapping[str, tuple[str, str]] = {
    "Pod": (NAMESPACED, "web-5f6c9"),
    "Node": ("", "node-2"),
    "Alert": ("", "HighErrorRate"),
    "AWS::ECS::Service": ("prod", "web"),
    "AWS::AutoScaling::AutoScalingGroup": ("", "web-asg"),
    "AWS::Lambda::Alias": ("resize", "live"),
    "AWS::RDS::DBInstance": ("", "orders"),
    "AWS::EC2::Instance": ("", "i-0123456789abcdef0"),
}
ALWAYS = "always"
TAKEN_BACK = {ALWAYS: Facts(reversible=True)}
RUNNING = Facts(replicas=3, reversible=True)
LABELS = {"alertname": "HighErrorRate", "namespace": "shop"}
PODS = {
    "it has a controller and is not ready": Facts(controlled=True),
    "it has a controller and is ready": Facts(controlled=True, ready=True),
    "nothing makes it again": Facts(),
}


def _action(verb: str, kind: str, **arguments: Any) -> Action:  # noqa: ANN401 - arguments of several verbs
    namespace, name = PLACES.get(kind, (NAMESPACED, "web"))
    target = Entity(kind=kind, namespace=namespace, name=name)
    return Action(verb=verb, target=target, arguments=arguments)


def _example(
    verb: str,
    kind: str,
    undo: Action | None = None,
    facts: Mapping[str, Facts] | None = None,
    **arguments: Any,  # noqa: ANN401 - arguments of several verbs
) -> Example:
    situations = facts or {ALWAYS: Facts(reversible=undo is not None)}
    return Example(action=_action(verb, kind, **arguments), undo=undo, facts=situations)


def _counted(verb: str, kind: str, name: str) -> Example:
    """A change of a number from three to four."""
    before = _action(verb, kind, **{name: 3})
    return _example(verb, kind, before, {ALWAYS: RUNNING}, **{name: 4})


def _variable(revision: int) -> Action:
    target = Entity(kind="Deployment", namespace=NAMESPACED, name="web")
    arguments = {"container": "web", "name": "LOG_LEVEL", "revision": revision}
    return Action(verb="restore_env", target=target, arguments=arguments)


def _path(service: str) -> Action:
    where = {"host": "shop.example.com", "path": "/api", "service": service, "port": 80}
    return _action("patch_ingress", "Ingress", **where)


EXAMPLES: Mapping[str, Example] = {
    example.action.verb: example
    for example in (
        _example(
            "rollout_undo",
            "Deployment",
            _action("rollout_undo", "Deployment", revision=8),
            revision=7,
        ),
        _example("rollout_restart", "Deployment"),
        _example(
            "scale",
            "Deployment",
            _action("scale", "Deployment", replicas=3),
            {
                "some replicas run": RUNNING,
                "no replica is wanted at present": Facts(replicas=0),
                "an autoscaler owns the replicas": Facts(replicas=3, autoscaler="NAME"),
            },
            replicas=4,
        ),
        _example(
            "set_resources",
            "Deployment",
            _action("set_resources", "Deployment", container="web", memory_limit="192Mi"),
            container="web",
            memory_limit="384Mi",
        ),
        _example(
            "set_image",
            "Deployment",
            _action("set_image", "Deployment", container="web", image="shop/web:2.4.1"),
            container="web",
            image="shop/web:2.4.0",
        ),
        Example(action=_variable(7), undo=_variable(8), facts=TAKEN_BACK),
        _example(
            "set_autoscaler_bounds",
            "HorizontalPodAutoscaler",
            _action("set_autoscaler_bounds", "HorizontalPodAutoscaler", max_replicas=5),
            {ALWAYS: Facts(replicas=5, reversible=True)},
            max_replicas=8,
        ),
        _example("suspend", "CronJob", _action("resume", "CronJob")),
        _example("resume", "CronJob", _action("suspend", "CronJob")),
        _example("delete_pod", "Pod", None, PODS),
        _example("evict_pod", "Pod", None, PODS),
        _example("delete_job", "Job"),
        _example("cordon", "Node", _action("uncordon", "Node")),
        _example("uncordon", "Node", _action("cordon", "Node")),
        _example("drain", "Node", _action("uncordon", "Node")),
        _example(
            "patch_service",
            "Service",
            _action("patch_service", "Service", selector={"app": "web", "tier": "front"}),
            selector={"app": "web"},
        ),
        Example(action=_path("web"), undo=_path("web-canary"), facts=TAKEN_BACK),
        _example("restore_applied", "ConfigMap", key="LOG_LEVEL"),
        _example(
            "silence",
            "Alert",
            _action("unsilence", "Alert", matchers=LABELS),
            matchers=LABELS,
            minutes=30,
            comment="rolling back",
        ),
        _example(
            "unsilence",
            "Alert",
            _action("silence", "Alert", matchers=LABELS, minutes=12, comment="silenced again"),
            matchers=LABELS,
        ),
        _example("ecs_redeploy", "AWS::ECS::Service"),
        _example(
            "ecs_rollback",
            "AWS::ECS::Service",
            _action("ecs_rollback", "AWS::ECS::Service", task_definition="web:8"),
            task_definition="web:7",
        ),
        _counted("ecs_scale", "AWS::ECS::Service", "desired_count"),
        _counted("asg_scale", "AWS::AutoScaling::AutoScalingGroup", "desired_capacity"),
        _example(
            "lambda_alias",
            "AWS::Lambda::Alias",
            _action("lambda_alias", "AWS::Lambda::Alias", version=8),
            version=7,
        ),
        _example("rds_reboot", "AWS::RDS::DBInstance"),
        _example("rds_start", "AWS::RDS::DBInstance"),
        _example("ec2_reboot", "AWS::EC2::Instance"),
    )
}
"""One for each verb: a verb without an example stops the generator."""


def _actions() -> Lines:
    yield ACTIONS
    for verb, tool in TOOLS.items():
        yield from ("", *_one_action(tool, EXAMPLES[verb]))
    yield from ("", *_everywhere())


def _one_action(tool: ChangeTool, example: Example) -> Lines:
    action, undo = example.action, example.undo
    tool.check(action)
    yield f"## {tool.verb}"
    yield ""
    yield f"Works on: {', '.join(sorted(tool.kinds))}. For example: {tool.title(action)}."
    yield ""
    yield "```"
    yield tool.command(action)
    yield "```"
    yield ""
    yield f"Undo: `{TOOLS[undo.verb].command(undo)}`" if undo else "No undo."
    yield ""
    if arguments := list(_arguments(tool.arguments)):
        yield from (*table(("Argument", "Value"), *arguments), "")
    rows = [(case, *_answer(_judge(action, facts))) for case, facts in example.facts.items()]
    yield from table(("When", "Who agrees", "Rule", "Reason"), *rows)


def _judge(action: Action, facts: Facts, **around: Any) -> Verdict:  # noqa: ANN401 - any circumstance
    return judge(action, facts, Circumstances(now=NOW, **around), Policy())


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


def _answer(verdict: Verdict) -> tuple[str, str, str]:
    rule, reason = f"`{verdict.rule}`", verdict.reason
    match verdict:
        case Ask(bounded=True):
            return "bounded", rule, reason
        case Ask():
            return "person", rule, reason
        case Deny():
            return "never", rule, reason
        case Allow():
            return "nobody", rule, reason


def _everywhere() -> Lines:
    plain = EXAMPLES["rollout_restart"].action
    scale = EXAMPLES["scale"].action
    running = Facts(replicas=3, replicas_at_start=3)
    to_zero = Action(verb="scale", target=scale.target, arguments={"replicas": 0})
    too_many = Action(verb="scale", target=scale.target, arguments={"replicas": 11})
    doubled = Action(verb="scale", target=scale.target, arguments={"replicas": 7})
    cases = {
        "the run was started with `--read-only`": _judge(plain, Facts(), read_only=True),
        "scale to zero": _judge(to_zero, running),
        "scale above ten": _judge(too_many, running),
        "scale above twice the replicas at the start of the incident": _judge(doubled, running),
        "namespace `kube-system`, `kube-public` or `kube-node-lease`": _in("kube-system", "dns"),
        "a namespace or name about payments, such as `payment-api`": _in("shop", "payment-api"),
        "a namespace or name about logins, such as `auth`": _in("auth", "web"),
        "more than a tenth of what serves would be away at once": _judge(
            plain, Facts(capacity=4, at_once=1)
        ),
        "a disruption budget has no room": _judge(
            plain, Facts(budget="web", headroom=0, at_once=1, capacity=20)
        ),
        "state would be lost": _judge(plain, Facts(state_lost=("emptyDir cache of web",))),
        "somebody else manages the field": _judge(plain, Facts(owner="Argo CD")),
        "something that limits it could not be listed": _judge(
            plain, Facts(unseen=("PodDisruptionBudget",))
        ),
        "only free text (logs, events, annotations) speaks for it": _judge(
            plain, Facts(), grounded=False
        ),
        "the target is outside the namespaces of the incident": _judge(
            plain, Facts(), in_scope=False
        ),
        "changes are stopped (`sre halt`)": _judge(plain, Facts(), halted="REASON"),
        "any other verb": _judge(_action("exec", "Pod"), Facts()),
    }
    yield FIRST
    rows = [(case, *_answer(verdict)) for case, verdict in cases.items()]
    yield from table(("When", "Who agrees", "Rule", "Reason"), *rows)


def _in(namespace: str, name: str) -> Verdict:
    """What policy says to the mildest change of an object so called."""
    target = Entity(kind="Deployment", namespace=namespace, name=name)
    return _judge(Action(verb="rollout_restart", target=target), Facts())


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
    yield DRIFT_CODES
    codes = [(f"`{code.value}`", documented(DriftExit)[code.name]) for code in DriftExit]
    yield from table(("Code", "Meaning"), *codes)


def _drift_json() -> Lines:
    """The page of a schema: each object with its keys."""
    schema = json.loads((FOLDER / "drift.schema.json").read_text(encoding="utf-8"))
    yield DRIFT_JSON
    objects = {"The object": schema, **schema["$defs"]}
    for name, described in objects.items():
        yield from ("", f"## {name}", "")
        yield from (described["description"], "") if described is not schema else ()
        rows = [
            (f"`{key}`", _json_type(said), said["description"] + _one_of(said))
            for key, said in described["properties"].items()
        ]
        yield from table(("Key", "Type", "Meaning"), *rows)


def _json_type(said: Mapping[str, Any]) -> str:
    """The type of a key in words, with a link where it is an object of its own."""
    match said:
        case {"$ref": str(ref)}:
            name = ref.rpartition("/")[2]
            return f"[{name}](#{name})"
        case {"anyOf": [*ways]}:
            return " or ".join(_json_type(way) for way in ways)
        case {"type": "array", "items": items}:
            return f"list of {_json_type(items)}"
        case {"type": [*types]}:
            return " or ".join(_json_type({**said, "type": one}) for one in types)
        case _:
            is_time = said.get("type") == "string" and "format" in said
            return "time" if is_time else said.get("type", "any value")


def _one_of(said: Mapping[str, Any]) -> str:
    allowed = said.get("enum", ())
    return f": {', '.join(f'`{each}`' for each in allowed)}" if allowed else ""


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
