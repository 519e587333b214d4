"""`sre policy show|explain|test`: what the policy says, before it has to say it."""

import json
import random
import select
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.programs import SRE, Done, sre

EXAMPLES = Path(__file__).parents[2] / "docs/examples/policy"
KEYS = ["line", "verdict", "tier", "action", "rule", "reason"]
RESTART = "kubectl rollout restart deployment/cart -n shop"


def explained(*lines: str, **policy: str) -> list[dict[str, Any]]:
    flags = [word for name, value in policy.items() for word in (f"--{name}", value)]
    done = sre("policy", "explain", "-", "--json", *flags, stdin="".join(f"{x}\n" for x in lines))
    assert (done.code, done.err) == (0, "")
    return [json.loads(line) for line in done.out.splitlines()]


def test_each_line_of_standard_input_gets_one_object_in_order() -> None:
    lines = [
        "kubectl get pods -n shop",
        RESTART,
        "",
        "  ",
        "rm -rf /",
        "kubectl get secret x -o yaml",
    ]
    answers = explained(*lines)
    assert [answer["line"] for answer in answers] == lines
    assert all(list(answer) == KEYS for answer in answers)
    assert [answer["verdict"] for answer in answers] == ["allow", "ask", *["deny"] * 4]
    assert [answer["tier"] for answer in answers] == ["read", "bounded", *[None] * 4]
    assert all(answer["rule"] and answer["reason"] for answer in answers)


@pytest.mark.parametrize(
    ("line", "verdict", "tier", "rule"),
    [
        pytest.param(
            "kubectl -n shop scale deploy/cart --replicas=3",
            "ask",
            "bounded",
            "tier/scale",
            id="up",
        ),
        pytest.param(
            "kubectl -n shop scale deploy/cart --replicas=0",
            "ask",
            "person",
            "always/zero",
            id="to-zero",
        ),
        pytest.param(
            "kubectl -n shop scale deploy/cart --replicas=50",
            "deny",
            None,
            "limit/replicas",
            id="to-fifty",
        ),
        pytest.param(
            "kubectl -n payments delete pod api-1",
            "ask",
            "person",
            "always/payments",
            id="payments",
        ),
        pytest.param(
            "kubectl -n shop rollout undo deploy/cart --to-revision=3",
            "ask",
            "person",
            "tier/rollout_undo",
            id="rollback",
        ),
    ],
)
def test_a_change_is_explained_by_its_rule(
    line: str, verdict: str, tier: str | None, rule: str
) -> None:
    [answer] = explained(line)
    assert (answer["verdict"], answer["tier"], answer["rule"]) == (verdict, tier, rule)
    assert set(answer["action"]) == {"verb", "target", "arguments"}


def test_a_policy_file_speaks_in_the_explanation() -> None:
    [answer] = explained(
        "kubectl -n shop rollout restart deploy/license-server",
        policy=str(EXAMPLES / "policy.yaml"),
    )
    assert (answer["verdict"], answer["rule"]) == ("deny", "protect")


def test_no_level_of_autonomy_makes_a_written_change_allowed(tmp_path: Path) -> None:
    (tmp_path / "free.yaml").write_text("version: 1\nautonomy: {default: autonomous}\n")
    [answer] = explained(RESTART, policy=str(tmp_path / "free.yaml"))
    assert answer["verdict"] == "ask"


def raw(data: bytes) -> list[dict[str, Any]]:
    done = subprocess.run(
        [str(SRE), "policy", "explain", "-", "--json"],
        input=data,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("data", "count"),
    [
        pytest.param(b"", 0, id="nothing"),
        pytest.param(b"\n", 1, id="an-empty-line"),
        pytest.param(b"kubectl get pods", 1, id="no-line-end"),
        pytest.param(b"\xff\xfe\x00\n", 1, id="no-text"),
        pytest.param(b"kubectl get pods\r\n", 1, id="carriage-return"),
        pytest.param(b"kubectl get \xe2\x80\xa8pods\n", 1, id="line-separator"),
        pytest.param(b"kubectl\x0bget\x0cpods\x1e\n", 1, id="other-separators"),
        pytest.param(b"x" * 200_000 + b"\nkubectl get pods\n", 2, id="a-very-long-line"),
        pytest.param(b"kubectl get pods " + b"a" * 65_536 + b"\n", 1, id="long-after-a-read"),
    ],
)
def test_any_bytes_get_an_answer_for_each_line(data: bytes, count: int) -> None:
    answers = raw(data)
    assert len(answers) == count
    assert all(answer["verdict"] in ("allow", "deny") for answer in answers)
    assert not any(len(answer["line"]) > 1000 and answer["tier"] for answer in answers)


def test_noise_never_stops_the_stream() -> None:
    dice = random.Random(5)  # noqa: S311 - dice of a test
    words = [b"kubectl", b"get", b"pods", b"-n", b"shop", b"--", b"-o", b"json", b"'", b'"', b"\\"]
    noise = [
        b" ".join(dice.choice([*words, dice.randbytes(3)]) for _ in range(6)).replace(b"\n", b"")
        for _ in range(2000)
    ]
    answers = raw(b"".join(line + b"\n" for line in noise))
    assert len(answers) == 2000
    assert not any(answer["verdict"] == "ask" for answer in answers)


def test_an_answer_comes_before_the_next_line_is_written() -> None:
    command = [str(SRE), "policy", "explain", "-", "--json"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdin
        assert running.stdout
        for line in (b"kubectl get pods\n", b"kubectl get nodes\n"):
            running.stdin.write(line)
            running.stdin.flush()
            assert select.select([running.stdout], [], [], 60)[0]
            assert json.loads(running.stdout.readline())["line"] == line.decode().strip()
        running.stdin.close()


def test_a_person_reads_plain_lines_without_control_characters() -> None:
    done = sre("policy", "explain", RESTART)
    assert done.out.splitlines() == [
        RESTART,
        "  verdict  ask (bounded)",
        "  action   rollout_restart Deployment/shop/cart",
        "  rule     tier/rollout_restart",
        "  reason   a rolling restart: a bounded change, unless the live facts say otherwise",
    ]
    hostile = sre("policy", "explain", "kubectl get \x1b[2J\u202epods")
    assert "\x1b" not in hostile.out
    assert "\u202e" not in hostile.out


def test_the_policy_is_shown_with_its_version_and_limits() -> None:
    done = sre("policy", "show", "--policy", str(EXAMPLES / "policy.yaml"))
    assert done.code == 0
    for words in ("replicas 8", "2 scalings per service", "black-friday", "responder for KubePod"):
        assert words in done.out


def test_it_is_told_which_file_the_policy_comes_from() -> None:
    file = str(EXAMPLES / "policy.yaml")
    assert f"from        {file}\n" in sre("policy", "show", "--policy", file).out
    assert "from        built in\n" in sre("policy", "show").out


def test_the_policy_is_shown_as_json() -> None:
    shown = sre("policy", "show", "--json").json
    assert set(shown) == {"version", "file", "policy", "frozen_now", "business_hours_now"}
    assert shown["file"] == ""
    assert len(shown["version"]) == 64
    assert shown["policy"]["limits"]["replicas"] == 10
    assert (shown["frozen_now"], shown["business_hours_now"]) == ([], True)


def test_a_window_that_is_active_is_named(tmp_path: Path) -> None:
    days = "[mon, tue, wed, thu, fri, sat, sun]"
    (tmp_path / "p.yaml").write_text(
        f"version: 1\nfreeze: [{{name: forever, zone: UTC, days: {days}}}]\n"
    )
    named = ("--policy", str(tmp_path / "p.yaml"))
    assert sre("policy", "show", "--json", *named).json["frozen_now"] == ["forever"]
    assert "FROZEN NOW" in sre("policy", "show", *named).out


def test_the_policy_is_found_by_variable_and_in_the_config_folder(tmp_path: Path) -> None:
    usual = Path.home() / ".config/sreagent/policy.yaml"
    usual.parent.mkdir(parents=True)
    usual.write_text("version: 1\nlimits: {replicas: 7}\n")
    other = tmp_path / "other.yaml"
    other.write_text("version: 1\nlimits: {replicas: 6}\n")
    assert sre("policy", "show", "--json").json["policy"]["limits"]["replicas"] == 7
    named = sre("policy", "show", "--json", env={"SRE_POLICY": str(other)})
    assert named.json["policy"]["limits"]["replicas"] == 6


def run_table(*more: str) -> Done:
    return sre("policy", "test", str(EXAMPLES / "cases.yaml"), *more)


def test_the_example_table_passes_with_the_example_policy() -> None:
    done = run_table("--policy", str(EXAMPLES / "policy.yaml"))
    assert done.code == 0, done.out
    assert "FAIL" not in done.out
    assert done.out.splitlines()[-1].startswith("10 cases, 0 failed; policy ")


def test_a_case_that_comes_out_otherwise_fails_the_table_and_says_how() -> None:
    done = run_table()
    assert done.code == 1
    assert "FAIL  the licence server is never touched: ask (bounded)" in done.out
    assert "expected: verdict deny, rule protect" in done.out
    rows = [json.loads(line) for line in run_table("--json").out.splitlines()]
    assert [row["passed"] for row in rows].count(False) > 0
    assert len(rows) == 10


def test_a_table_hears_the_rego_policy_too(tmp_path: Path) -> None:
    pytest.importorskip("regopy")
    for name in ("decision.rego", "decision-tests.yaml"):
        (tmp_path / name).write_text((EXAMPLES / name).read_text())
    (tmp_path / "policy.yaml").write_text(
        "version: 1\nrego: {file: decision.rego, tests: decision-tests.yaml}\n"
    )
    (tmp_path / "cases.yaml").write_text(
        "cases:\n- action: {verb: scale, kind: Deployment, namespace: warehouse, name: cart,"
        " arguments: {replicas: 3}}\n"
        "  facts: {replicas: 2}\n  expect: {verdict: deny, rule: rego/deny}\n"
    )
    named = ("--policy", str(tmp_path / "policy.yaml"))
    done = sre("policy", "test", str(tmp_path / "cases.yaml"), *named)
    assert done.code == 0, done.out + done.err


def test_an_opa_that_does_not_answer_denies_in_a_table_too(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(
        "version: 1\nopa: {url: 'http://127.0.0.1:9/v1/data/x'}\n"
    )
    done = run_table("--policy", str(tmp_path / "policy.yaml"))
    assert done.code == 1
    assert "rego/no-answer" in done.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(
            ("show", "--policy", "nowhere.yaml"), ("nowhere.yaml", "No such"), id="missing"
        ),
        pytest.param(("show", "--policy", "bad.yaml"), ("bad.yaml, line 2", "limit"), id="bad-key"),
        pytest.param(("explain", RESTART, "--policy", "bad.yaml"), ("line 2",), id="explain"),
        pytest.param(("test", "nowhere.yaml"), ("nowhere.yaml",), id="no-table"),
        pytest.param(("test", "bad.yaml"), ("bad.yaml, line 1", "cases:"), id="no-cases"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_in_three_lines(
    arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    Path("bad.yaml").write_text("version: 1\nlimit: 3\n", encoding="utf-8")
    done = sre("policy", *arguments)
    assert (done.code, done.out) == (2, "")
    assert len(done.err.splitlines()) <= 3
    assert all(word in done.err for word in words)
