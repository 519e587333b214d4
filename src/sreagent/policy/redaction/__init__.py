"""Secrets, replaced by tokens that tell what they were and which of them are the same.

Structure comes first (`redact_object`), then text (`redact`), and a text too long for memory
piece by piece (`redact_stream`).
"""

from sreagent.policy.redaction.objects import redact_object
from sreagent.policy.redaction.stream import redact_stream
from sreagent.policy.redaction.text import redact
from sreagent.policy.redaction.tokens import TOKEN

__all__ = ["TOKEN", "redact", "redact_object", "redact_stream"]
