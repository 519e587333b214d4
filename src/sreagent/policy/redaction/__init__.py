"""Secrets in text, replaced by tokens that tell what they were and which of them are the same.

Structure comes first (`redact_object`), then blocks of several lines, then rules on the lines that
may hold a secret, and the secrets that the process itself holds, wherever they stand.
"""

from sreagent.domain.secrets import Owned, owned
from sreagent.policy.redaction.blocks import without_blocks
from sreagent.policy.redaction.names import NAME_HINTS, without_named_values
from sreagent.policy.redaction.rules import without_secrets
from sreagent.policy.redaction.suspicion import Pointing, hints_in, joined, pointing, rules_for
from sreagent.policy.redaction.tokens import token

_PASSES = 5


def redact(text: str) -> str:
    """The text with each secret replaced by `[REDACTED:kind:xxxx]`.

    One secret has one `xxxx` as long as the program runs, so it can be followed through a log.
    Redacting twice changes nothing more.
    """
    return redact_by(pointing(), text)


def redact_by(point: Pointing, text: str) -> str:
    """The same with a given way to find the lines that are worth a closer look."""
    text = without_blocks(text)
    own = owned()
    data = text.encode("utf-8", "surrogatepass")
    spans = joined(point(data, own.literals))
    if not spans:
        return text
    parts, done = [], 0
    for begin, end in spans:
        lines = data[begin:end].decode("utf-8", "surrogatepass")
        parts += [data[done:begin], _redact_lines(lines, own).encode("utf-8", "surrogatepass")]
        done = end
    return b"".join((*parts, data[done:])).decode("utf-8", "surrogatepass")


def _redact_lines(text: str, own: Owned) -> str:
    """Secrets that touch hide each other, so it goes on until nothing is found."""
    text = own.replaced(text, lambda secret: token("own", secret))
    hints = hints_in(text)
    rules, named = rules_for(hints), not hints.isdisjoint(NAME_HINTS)
    for _ in range(_PASSES):
        before = text
        text = without_secrets(text, rules)
        if named:
            text = without_named_values(text)
        if text == before:
            break
    return text
