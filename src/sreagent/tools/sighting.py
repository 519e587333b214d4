"""What a read by command line brought back, fit to be shown and kept."""

import hashlib
from dataclasses import dataclass
from typing import Literal

from sreagent.domain.evidence import Health
from sreagent.domain.text import clean
from sreagent.policy.redaction import redact

LIMIT = 20_000
"""Characters of an answer that are kept: about 400 lines."""

Source = Literal["kubernetes", "aws", "logs", "prometheus"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One read with its receipt."""

    command: str
    """The line, rendered from the typed read."""
    text: str
    """What came back: cleaned, redacted, at most `LIMIT` characters and a note of what is left."""
    digest: str
    """SHA-256 of the whole answer, cleaned and redacted."""
    verdict: Health
    """HEALTHY when it could be looked at, UNKNOWN when not; a read itself accuses nobody."""
    source: Source
    tainted: bool = True
    """The text may hold what anybody could have written."""
    seconds: float = 0.0


def shown(
    text: str,
    *,
    command: str,
    source: Source,
    verdict: Health = Health.HEALTHY,
    tainted: bool = True,
    seconds: float = 0.0,
) -> Sighting:
    """Make a text from outside a sighting."""
    # Cleaned first: an invisible character in the middle would hide a secret from the rules.
    whole = redact(clean(text))
    return Sighting(
        command=command,
        # The end of a log is what happened last: it must not be what is cut off.
        text=_last(whole) if source == "logs" else _first(whole),
        digest=hashlib.sha256(whole.encode()).hexdigest(),
        verdict=verdict,
        source=source,
        tainted=tainted,
        seconds=round(seconds, 3),
    )


def _first(text: str) -> str:
    """The first whole lines."""
    if len(text) <= LIMIT:
        return text
    end = text.rfind("\n", LIMIT // 2, LIMIT)
    kept = text[: end if end > 0 else LIMIT]
    return f"{kept}\n… {len(text) - len(kept)} more characters: narrow the question to see them"


def _last(text: str) -> str:
    """The last whole lines."""
    if len(text) <= LIMIT:
        return text
    begin = text.find("\n", len(text) - LIMIT, len(text) - LIMIT // 2) + 1
    kept = text[begin or len(text) - LIMIT :]
    return f"… {len(text) - len(kept)} earlier characters left out\n{kept}"
