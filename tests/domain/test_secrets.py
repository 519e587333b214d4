"""One rule for what may be a secret."""

import re

import pytest

from sreagent.domain.secrets import hide_flags, names_secret
from sreagent.tools.difference import differing


@pytest.mark.parametrize(
    "name",
    ["DB_PASSWORD", "DB_PW", "ENCRYPTION_KEY", "SIGNING_KEY", "apiKey", "API_KEY", "AUTH_TOKEN",
     "--db-pass", "github.token", "SESSION_COOKIE", "PASSWORD_SALT", "SENTRY_DSN", "JWT"],
)  # fmt: skip
def test_a_telling_name_means_a_secret(name: str) -> None:
    assert names_secret(name)


@pytest.mark.parametrize(
    "name",
    ["KEYSPACE", "KEYCLOAK_URL", "PARTITION_KEY_COUNT", "PAYMENT_PROVIDERS", "LOG_LEVEL", "BYPASS",
     "AUTHOR", "replicas", "image", ""],
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
        pytest.param("--token --verbose", "--token --verbose", id="flag-without-value"),
    ],
)
def test_the_value_after_a_telling_flag_is_hidden(text: str, shown: str) -> None:
    assert re.sub(r"\(hidden [0-9a-f]{4}\)", "(hidden)", hide_flags(text)) == shown


def test_no_such_value_stands_in_the_difference_of_two_templates() -> None:
    def template(value: str) -> dict[str, object]:
        names = ("ENCRYPTION_KEY", "DB_PW", "SIGNING_KEY")
        env = [{"name": name, "value": value} for name in names]
        return {"containers": [{"name": "web", "env": env, "args": ["--db-pass", value]}]}

    shown = "\n".join(differing(template("old-value-1"), template("new-value-2")))
    assert "value-" not in shown
    assert shown.count("(hidden ") == 8
