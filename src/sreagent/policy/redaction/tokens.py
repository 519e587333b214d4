"""The tokens that stand where secrets stood, and the values that hold none."""

import hmac
import re
import secrets
from functools import cache

OPENING = "[REDACTED:"
TOKEN = re.compile(r"\[REDACTED:(?P<kind>[a-z]+):[0-9a-f]{4}\]")

HOLLOW = re.compile(
    r"(?i)\[REDACTED:.*|[*x.•-]+|\$\{.*|\$\(.*|\$(?-i:[A-Z_]+)|%[sdv]|%\(.*|<[^<>]*>?|\{.*|\[.*|map\[.*"
    r"|&\{.*|\([a-z ]*\)?|null|none|nil|true|false|yes|no|undefined|n/a|hidden|masked|\*+|redacted"
    r"|change-?me|(?:your|my|the|some)[_-][a-z_-]{3,40}(?:here)?|placeholder|omitted|removed"
    r"|!(?-i:[a-z]+)|(?:self|settings|config|cfg|env|process|os|vars?|secrets|values|options|args|params"
    r"|request)\.[\w.]+"
    r"|(?:~|\.{1,2})?/(?:(?:var|run|etc|usr|home|opt|tmp|mnt|app|srv|data|root|pki|certs?|keys|config|secrets?|vault)(?:/.*)?)?"
)
"""Values that hold no secret: placeholders, references, paths."""
PROSE = frozenset(
    (
        *("a", "an", "and", "are", "be", "but", "cannot", "changed", "could", "denied", "differs"),
        *("does", "empty", "error", "exists", "expected", "expired", "failed", "flag", "for"),
        *("from", "had", "has", "have", "in", "incorrect", "instead", "invalid", "is", "it"),
        *("mismatch", "missing", "must", "needed", "new", "not", "of", "off", "ok", "on", "option"),
        *("or", "provided", "rejected", "removed", "added", "required", "rotated", "set", "should"),
        *("the", "this", "to", "too", "unauthorized", "unchanged", "unknown", "unset", "updated"),
        *("used", "value", "was", "were", "will", "with", "wrong"),
    )
)
"""Words that follow `password:` or `--token` in a sentence about them."""


def token(kind: str, secret: str) -> str:
    """`[REDACTED:kind:xxxx]`: one secret has one `xxxx` as long as the program runs."""
    mark = hmac.digest(_key(), secret.encode("utf-8", "surrogatepass"), "sha256").hex()[:4]
    return f"{OPENING}{kind}:{mark}]"


def is_redacted(match: re.Match[str], group: str | int) -> bool:
    """The group holds a token already, or is a part of one."""
    start = match.start(group)
    before = match.string[max(0, start - 40) : start].rpartition(OPENING)
    return OPENING in match[group] or bool(before[1] and "]" not in before[2])


@cache
def _key() -> bytes:
    """Made anew in each process, so that a token tells nothing about the secret."""
    return secrets.token_bytes(32)
