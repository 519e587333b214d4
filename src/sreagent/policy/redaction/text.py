"""Secrets in text: blocks of several lines, then rules on the lines that may hold one.

The secrets that the process itself holds are found wherever they stand.
"""

from collections.abc import Callable
from functools import partial
from itertools import cycle, islice

from sreagent.domain.secrets import Owned, owned
from sreagent.policy.redaction.blocks import BLOCK_HINTS, without_blocks
from sreagent.policy.redaction.names import NAME_HINTS, without_named_values
from sreagent.policy.redaction.rules import without_secrets
from sreagent.policy.redaction.suspicion import Pointing, hints_in, joined, pointing, rules_for
from sreagent.policy.redaction.tokens import token

_STEPS = 12
"""More than any text needs; hostile text shall not need more."""


def redact(text: str) -> str:
    """The text with each secret replaced by `[REDACTED:kind:xxxx]`.

    One secret has one `xxxx` as long as the program runs, so it can be followed through a log.
    Redacting twice changes nothing more.
    """
    return redact_by(pointing(), text)


def redact_by(point: Pointing, text: str) -> str:
    """The same with a given way to find the lines that are worth a closer look."""
    data = text.encode("utf-8", "surrogatepass")
    own = owned()
    spans = joined(point(data, own.literals))
    if not spans:
        return text
    pieces = [data[begin:end].decode("utf-8", "surrogatepass") for begin, end in spans]
    hints = hints_in("\n".join(pieces))
    if not hints.isdisjoint(BLOCK_HINTS) and (plain := without_blocks(text)) != text:
        return redact_by(point, plain)
    parts, done = [], 0
    for (begin, end), piece in zip(spans, pieces, strict=True):
        redacted = _redact_lines(piece, hints, own)
        parts += [data[done:begin], redacted.encode("utf-8", "surrogatepass")]
        done = end
    return b"".join((*parts, data[done:])).decode("utf-8", "surrogatepass")


def _redact_lines(text: str, among: frozenset[str], own: Owned) -> str:
    """Secrets that touch hide each other, so it goes on until nothing more is found."""
    text = own.replaced(text, lambda secret: token("own", secret))
    hints = hints_in(text, among)
    steps: list[Callable[[str], str]] = [partial(without_secrets, rules=rules_for(hints))]
    if not hints.isdisjoint(NAME_HINTS):
        steps.append(without_named_values)
    idle = 0
    for step in islice(cycle(steps), _STEPS):
        before, text = text, step(text)
        idle = idle + 1 if text == before else 0
        if idle == len(steps):
            break
    return text
