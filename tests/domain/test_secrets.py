"""One rule for what may be a secret."""

import re

import pytest

from sreagent.domain.secrets import hide, hide_words, mask, names_secret
from sreagent.tools.difference import differing

MARK = re.compile(r"\(hidden [0-9a-f]{4}\)")


@pytest.mark.parametrize(
    "name",
    ["DB_PASSWORD", "DB_PW", "ENCRYPTION_KEY", "SIGNING_KEY", "apiKey", "API_KEY", "AUTH_TOKEN",
     "--db-pass", "github.token", "SESSION_COOKIE", "PASSWORD_SALT", "SENTRY_DSN", "JWT",
     "PGPASSWORD", "DBPASS", "ROOTPW", "PASSWORD1", "API_KEY_2", "apiKeyV2", "SECRET_KEY_BASE",
     "NEW_RELIC_LICENSE_KEY", "BASIC_AUTH", "AUTH", "KEY", "vault-secret-id", "db.password",
     "DB_PASSPHRASE", "AWS_CREDENTIALS", "private_key", "Authorization", "PASSWORD_HASH"],
)  # fmt: skip
def test_a_telling_name_means_a_secret(name: str) -> None:
    assert names_secret(name)


@pytest.mark.parametrize(
    "name",
    ["KEYSPACE", "KEYCLOAK_URL", "PARTITION_KEY_COUNT", "PAYMENT_PROVIDERS", "LOG_LEVEL", "BYPASS",
     "AUTHOR", "replicas", "image", "", "secretName", "TOKEN_URL", "PASSWORD_FILE", "KEYS_PATH",
     "automountServiceAccountToken", "MAX_TOKENS", "PASSWORD_MIN_LENGTH", "PUBLIC_KEY", "MONKEY",
     "AUTH_URL", "AUTH_MODE", "COOKIE_DOMAIN", "TOKENIZER", "COMPASS", "imagePullSecrets[0].name"],
)  # fmt: skip
def test_an_ordinary_name_does_not(name: str) -> None:
    assert not names_secret(name)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("serve --db-pass hunter2 -v", "serve --db-pass (hidden) -v", id="space"),
        pytest.param("--token=abc123", "--token=(hidden)", id="equals"),
        pytest.param("['--db-pass', 'hunter2']", "['--db-pass', '(hidden)']", id="list"),
        pytest.param("--replicas 3 --port=80", "--replicas 3 --port=80", id="ordinary"),
        pytest.param("env DB_PW=x y=1 serve", "env DB_PW=(hidden) y=1 serve", id="variable"),
        pytest.param("--pw='a b c' -v", "--pw='(hidden)' -v", id="quoted"),
        pytest.param('--pw "a b c" -v', '--pw "(hidden)" -v', id="quoted-apart"),
        pytest.param("-Dspring.db.password=x", "-Dspring.db.password=(hidden)", id="property"),
        pytest.param("db://u:pw1@h/x", "db://u:(hidden)@h/x", id="address"),
        pytest.param("--db-pass=$(DB_PASS)", "--db-pass=$(DB_PASS)", id="reference"),
        pytest.param("--tls-key /etc/tls/tls.key", "--tls-key /etc/tls/tls.key", id="file"),
        pytest.param("--env DB_PW=x", "--env DB_PW=(hidden)", id="variable-of-a-flag"),
        pytest.param("--from-literal=pw=x", "--from-literal=pw=(hidden)", id="literal"),
        pytest.param("--token --verbose", "--token --verbose", id="flag-without-value"),
    ],
)
def test_the_value_after_a_telling_flag_is_hidden(text: str, shown: str) -> None:
    assert MARK.sub("(hidden)", hide(text)) == shown


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        pytest.param(["--db-pass", "a b c", "-v"], "--db-pass (hidden) -v", id="apart"),
        pytest.param(["--db-pass=a b c", "-v"], "--db-pass=(hidden) -v", id="together"),
        pytest.param(["sh", "-c", "x --pw=a b"], "sh -c x --pw=(hidden) b", id="shell"),
        pytest.param(["get", "keys", "--port", 80], "get keys --port 80", id="ordinary"),
    ],
)
def test_a_command_line_hides_the_whole_word(words: list[object], shown: str) -> None:
    assert MARK.sub("(hidden)", hide_words(words)) == shown


@pytest.mark.parametrize("text", ["--db-pass x", "DB_PW=x", "db://u:p@h", "--pw 'a b'"])
def test_hiding_again_changes_nothing(text: str) -> None:
    assert hide(hide(text)) == hide(text)


def test_a_value_that_is_no_text_has_a_mark_too() -> None:
    assert MARK.fullmatch(mask("\ud800"))


@pytest.mark.parametrize("piece", ["--pw ", "a=", "://a:", "--a '", "key ", "A" * 50, "'\" "])
def test_hostile_repetition_is_read_to_its_end(piece: str) -> None:
    assert "seen" not in hide(piece * (50_000 // len(piece)) + "\n--pw=seen")


def test_no_such_value_stands_in_the_difference_of_two_templates() -> None:
    def template(value: str) -> dict[str, object]:
        names = ("ENCRYPTION_KEY", "DB_PW", "SIGNING_KEY")
        env = [{"name": name, "value": value} for name in names]
        return {"containers": [{"name": "web", "env": env, "args": ["--db-pass", value]}]}

    shown = "\n".join(differing(template("old-value-1"), template("new-value-2")))
    assert "value-" not in shown
    assert shown.count("(hidden ") == 8
