"""Which names mean that their value is a secret: one rule for every place that shows values."""

import hmac
import os
import re
from functools import cache

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_TELLING = frozenset(
    {
        "pass", "passwd", "password", "passphrase", "pw", "pwd", "secret", "secrets", "token",
        "tokens", "credential", "credentials", "cred", "creds", "auth", "salt", "cookie", "jwt",
        "dsn", "private", "signature", "apikey",
    }
)  # fmt: skip
_AFTER_FLAG = re.compile(
    r"(--?[A-Za-z][-A-Za-z0-9_.]{0,60})(?:(=)|(['\", ]{1,4}))([^\s'\",\]]{1,500})"
)


def mask(value: str) -> str:
    """Stands for a hidden value: the same for the same value, so that a change still shows.

    The mark is made with a key of this process and too short to guess the value from.
    """
    mark = hmac.new(_key(), value.encode(), "sha256").hexdigest()[:4]
    return f"(hidden {mark})"


@cache
def _key() -> bytes:
    return os.urandom(16)


def names_secret(name: str) -> bool:
    """Whether a variable, field or flag of this name holds a secret.

    `DB_PASSWORD`, `apiKey` and `--auth-token` do; `KEYSPACE` and `PARTITION_KEY_COUNT` do not.
    """
    parts = [part.lower() for part in _PARTS.findall(name)]
    return bool(parts) and (parts[-1] in ("key", "keys") or any(part in _TELLING for part in parts))


def hide_flags(text: str) -> str:
    """The same text with the values after telling flags hidden: `--db-pass X`, `--token=X`."""
    return _AFTER_FLAG.sub(_hidden, text) if "-" in text else text


def _hidden(found: re.Match[str]) -> str:
    flag, equals, gap, value = found.groups()
    if value.startswith("-") or not names_secret(flag):
        return found[0]
    return f"{flag}{equals or gap}{mask(value)}"
