"""`sre redact`: a filter, a preview, and an object for scripts."""

import secrets
import subprocess
from pathlib import Path

import pytest
from tests.programs import SRE, sre

from sreagent.cli.errors import told
from sreagent.policy.redaction import redact_stream


def made() -> str:
    return "Z9" + secrets.token_hex(12)


def test_as_a_filter_it_prints_the_redacted_text_and_nothing_else() -> None:
    secret = made()
    done = sre("redact", stdin=f"ready\nDB_PASSWORD={secret}\nno line end")
    assert done.code == 0
    assert secret not in done.out
    first, second, last = done.out.split("\n")
    assert (first, last) == ("ready", "no line end")
    assert second.startswith("DB_PASSWORD=[REDACTED:named:")
    assert done.err == ""


def test_the_preview_tells_kinds_counts_and_lines_and_never_the_secret() -> None:
    secret = made()
    text = f"ok\npassword={secret}\nok\nredis://:{secret}@cache\npassword={secret}\n"
    done = sre("redact", "--preview", "-", stdin=text)
    assert secret not in done.out + done.err
    told = [line.split() for line in done.err.splitlines()]
    assert told == [
        ["sre:", "2", "named", "line", "2,", "5"],
        ["sre:", "1", "url", "line", "4"],
    ]


def test_a_preview_without_a_secret_says_so() -> None:
    assert sre("redact", "--preview", stdin="all well\n").err == "sre: no secret found\n"


def test_as_json_it_holds_the_text_and_what_was_found(tmp_path: Path) -> None:
    secret = made()
    file = tmp_path / "app.log"
    file.write_text(f"a\nb\ntoken={secret}\n", encoding="utf-8")
    done = sre("redact", str(file), "--json")
    assert done.json["text"].startswith("a\nb\ntoken=[REDACTED:named:")
    assert done.json["found"] == [{"kind": "named", "count": 1, "lines": [3]}]


def test_escapes_and_hidden_letters_do_not_leave_and_hide_no_secret() -> None:
    secret = made()
    done = sre("redact", stdin=f"\x1b[31mpass\u200bword={secret}\x1b[0m \u202e\n")
    assert secret not in done.out
    assert "\x1b" not in done.out
    assert "\u202e" not in done.out


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    done = subprocess.run(
        [str(SRE), "redact"], input=b"a\xff\xfeb\r\n", capture_output=True, check=False
    )
    assert done.returncode == 0
    assert done.stdout.decode() == "a\ufffd\ufffdb\n"


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    done = sre("redact", str(tmp_path / name))
    assert done.code == 2
    assert str(tmp_path / name) in done.err
    assert done.out == ""


def log(lines: int) -> str:
    return "".join(f"2026-11-21T01:02:03Z INFO GET /orders/{n} 200 12ms\n" for n in range(lines))


@pytest.mark.parametrize("before", [0, 1_000_000, 1_100_000, 1_113_000, 1_114_000, 1_115_000])
def test_a_private_key_goes_wherever_a_long_text_is_cut(before: int) -> None:
    lines = [secrets.token_hex(32) for _ in range(25)]
    key = "\n".join(
        ["-----BEGIN RSA PRIVATE" + " KEY-----", *lines, "-----END RSA PRIVATE KEY-----"]
    )
    head = log(before // 50)
    text = f"{head}{key}\n{log(30_000)}"
    chunks = [text[at : at + 7000] for at in range(0, len(text), 7000)]
    redacted = "".join(redact_stream(chunks))
    assert not [line for line in lines if line in redacted]
    assert redacted.startswith(head)
    assert redacted.endswith(log(30_000))
    assert redacted.count("[REDACTED:") == 1


def test_secrets_of_a_long_list_of_manifests_go() -> None:
    values = [secrets.token_hex(12) for _ in range(9000)]
    text = "".join(
        "apiVersion: v1\ndata:\n  user: "
        + value
        + f"\nkind: Secret\nmetadata:\n  name: s{at}\n---\n"
        for at, value in enumerate(values)
    ) + log(30_000)
    assert len(text) > 2_000_000
    chunks = [text[at : at + 65536] for at in range(0, len(text), 65536)]
    redacted = "".join(redact_stream(chunks))
    assert not [value for value in values if value in redacted]


def test_a_line_that_never_ends_is_cut_and_read_to_its_end() -> None:
    secret = made()
    pieces = list(redact_stream(["x" * 65536] * 64 + [f" password={secret} "]))
    assert len(pieces) > 2
    assert secret not in "".join(pieces)


@pytest.mark.parametrize("debug", [True, False], ids=["traceback", "message"])
def test_an_error_quotes_no_secret_and_no_escape(
    debug: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = made()
    answer = f"cannot read 'password={secret}\x1b]0;x\x07'"
    with pytest.raises(SystemExit) as ended, told(debug=debug):
        raise ValueError(answer)
    told_ = capsys.readouterr().err
    assert ended.value.code == 1
    assert "ValueError: cannot read" in told_
    assert ("Traceback" in told_) is debug
    assert secret not in told_
    assert "\x1b" not in told_
