"""Lines that are hostile, or not one well-formed call: refused, with a reason."""

import random
from pathlib import Path

import pytest

from sreagent.domain.action import Action
from sreagent.domain.command import KubectlRead, Refusal
from sreagent.tools.lines import parse, render
from sreagent.tools.lines.kubectl_commands import COMMANDS, flags
from sreagent.tools.lines.words import LONGEST

HERE = Path(__file__).parent
HOSTILE = (HERE / "kubectl_refused.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("line", HOSTILE)
def test_a_hostile_line_is_refused_with_a_rule_and_a_reason(line: str) -> None:
    refusal = parse(line)
    assert isinstance(refusal, Refusal), refusal
    assert refusal.rule.startswith("grammar/")
    assert len(refusal.reason) > 10


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        pytest.param("kubectl get secret db -o yaml", "grammar/secret", id="secret"),
        pytest.param("kubectl get pods --as=admin", "grammar/connection", id="identity"),
        pytest.param("kubectl get pods | sh", "grammar/not-one-call", id="pipe"),
        pytest.param("kubectl get -f x.yaml", "grammar/file", id="file"),
        pytest.param("kubectl exec web-1 -- ls", "grammar/not-in-catalogue", id="exec"),
        pytest.param("kubectl foo", "grammar/verb", id="plugin"),
        pytest.param("kubectl get pods -n ../x", "grammar/name", id="namespace"),
        pytest.param("rm -rf /", "grammar/program", id="program"),
        pytest.param("helm list", "grammar/program", id="helm"),
        pytest.param("kubectl get pods " + "x" * LONGEST, "grammar/too-long", id="long"),
        pytest.param("", "grammar/not-one-call", id="empty"),
        pytest.param("kubectl get pods\nkubectl get ns", "grammar/not-one-call", id="two-lines"),
        pytest.param("kubectl get pods\n\n", "grammar/not-one-call", id="two-newlines"),
        pytest.param("kubectl get pods\x00", "grammar/not-ascii", id="nul"),
        pytest.param("kubectl get pods\r\n", "grammar/not-ascii", id="carriage-return"),
        pytest.param("kubectl\tget pods", "grammar/not-ascii", id="tab"),
        pytest.param("kubectl get pods \u2014A", "grammar/not-ascii", id="em-dash"),
        pytest.param("kubectl d\u0435lete pod web", "grammar/not-ascii", id="cyrillic"),
        pytest.param("kubectl \uff44\uff45\uff4c ns", "grammar/not-ascii", id="fullwidth"),
        pytest.param("kubectl get po\u200bds", "grammar/not-ascii", id="zero-width"),
        pytest.param("kubectl get pods \u202e-n x", "grammar/not-ascii", id="bidi"),
        pytest.param("kubectl get pods\U000e0041", "grammar/not-ascii", id="tag-letter"),
        pytest.param("kubectl get pods \x1b[8m-n x", "grammar/not-ascii", id="ansi"),
    ],
)
def test_the_rule_says_what_it_was_refused_for(line: str, rule: str) -> None:
    refusal = parse(line)
    assert isinstance(refusal, Refusal)
    assert refusal.rule == rule


def test_the_reason_names_the_character_that_is_not_ascii() -> None:
    refusal = parse("kubectl get pods \u2212A")
    assert isinstance(refusal, Refusal)
    assert "U+2212" in refusal.reason


VALUES = [
    "pods",
    "secrets",
    "secret/db",
    "deploy/web",
    "web-1",
    "--",
    "-",
    "--help",
    "-h",
    "-A",
    "-n",
    "shop",
    "-o",
    "yaml",
    "json",
    "name",
    "wide",
    "jsonpath={.x}",
    "app=web",
    "-l",
    "-f",
    "x.yaml",
    "/etc/passwd",
    "--dry-run",
    "--dry-run=client",
    "--dry-run=none",
    "--dry-run=server",
    "--replicas=3",
    "0",
    "3",
    "010",
    "client",
    "none",
    "--all",
    "--list",
    "--force",
    "true",
    "false",
    "{}",
    "''",
    "--raw",
    "/api/v1/secrets",
    "/healthz",
    "--as",
    "x",
    "--token",
    "-p",
    '{"spec":{"replicas":3}}',
    "node/n1",
    "cm/x",
]
QUIET = {"get", "describe", "logs", "top", "events", "explain", "api_resources", "api_versions"}
QUIET |= {"version", "cluster_info", "can_i", "whoami", "rollout_status", "rollout_history"}
QUIET |= {"wait", "contexts", "help", "preview"}
READING = {
    *("get", "describe", "logs", "top", "events", "explain", "api-resources", "api-versions"),
    *("version", "cluster-info", "auth", "rollout", "wait", "config", "plugin", "completion"),
    *("options", "apply"),
}


def _some_line(dice: random.Random) -> tuple[str, str]:
    """A line of random words, and its verb."""
    command = dice.choice(sorted(COMMANDS))
    vocabulary = [*VALUES, *flags(command)]
    before = dice.sample(["--request-timeout=5s", "-n shop", "-v=2"], dice.randint(0, 2))
    words = [dice.choice(vocabulary) for _ in range(dice.randint(0, 6))]
    return " ".join(["kubectl", *before, command, *words]), command


@pytest.mark.parametrize("seed", range(20))
def test_random_lines_never_crash_and_never_let_a_change_out_as_a_read(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - for tests
    for _ in range(500):
        line, command = _some_line(dice)
        found = parse(line)
        assert isinstance(found, KubectlRead | Action | Refusal)
        if not isinstance(found, KubectlRead):
            continue
        assert found.verb in QUIET, line
        assert parse(render(found)) == found, line
        shown = found.output in ("table", "wide", "name")
        assert shown or not any("secret" in resource for resource in found.resources), line
        assert shown or not any("secret" in resource for resource, _ in found.objects), line
        if command.split()[0] not in READING:
            assert found.verb in ("preview", "help") or "--list" in line, line


@pytest.mark.parametrize("seed", range(10))
def test_random_characters_never_crash(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - for tests
    letters = "kubectl getpods-nAo=,/.'\"\\$`|&;<>(){}[]*?~#!%@:\n\t\u00e9\u202e0123456789"
    for _ in range(500):
        text = "".join(dice.choice(letters) for _ in range(dice.randint(0, 60)))
        assert isinstance(parse(text), Refusal | KubectlRead)
        assert not isinstance(parse(f"kubectl {text}"), Action)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("kubectl get pods -l '" + "a," * 1900 + "'", id="selector"),
        pytest.param("kubectl get pods -l 'a in (" + "a, " * 1200 + "'", id="set"),
        pytest.param("kubectl get pods -l '" + " " * 3900 + "'", id="spaces"),
        pytest.param("kubectl get pods " + "a" * 3900 + "!", id="name"),
        pytest.param("kubectl get " + "a." * 1900, id="resource"),
        pytest.param("kubectl logs web --since=" + "1h" * 1900 + "x", id="duration"),
        pytest.param("kubectl get pods --sort-by=" + ".a" * 1900, id="path"),
        pytest.param("kubectl patch deploy web -p '" + "[" * 3900 + "'", id="nesting"),
        pytest.param("kubectl get pods " + "{" * 3900, id="braces"),
        pytest.param("kubectl get pods " + '"' * 3901, id="quotes"),
        pytest.param("kubectl " + "-n " * 1300, id="flags"),
        pytest.param("kubectl get --raw /" + "api/" * 990, id="raw"),
    ],
)
def test_long_lines_are_refused(line: str) -> None:
    assert isinstance(parse(line), Refusal)


def test_a_line_names_no_more_objects_than_a_server_can_bear() -> None:
    names = " ".join(f"a{n}" for n in range(300))
    kinds = ",".join(["po"] * 300)
    for line in (
        f"kubectl get pods {names}",
        f"kubectl get {kinds} {names}",
        f"kubectl get {kinds}",
    ):
        refusal = parse(line)
        assert isinstance(refusal, Refusal)
        assert "at most" in refusal.reason
