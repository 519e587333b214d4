"""Signed lines: a JSON object in canonical form, with an Ed25519 signature in it."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sreagent.domain.errors import BadJournal
from sreagent.journal.codec import dumps

SIGNED = frozenset({"key", "signature"})


class Signer(Protocol):
    """Holds a private key, or knows who does."""

    @property
    def key(self) -> str:
        """Id of the key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """An Ed25519 signature (RFC 8032). Raises SreError."""
        ...


class Checker(Protocol):
    """Knows public keys."""

    def holds(self, key: str, message: bytes, signature: bytes) -> bool | None:
        """Whether a signature is right; None when the key is not known."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A signed line, understood; its signature was not checked yet."""

    body: Mapping[str, Any]
    """What was signed, without the key."""
    key: str
    message: bytes
    signature: bytes

    def holds(self, checker: Checker) -> bool | None:
        """Whether the signature is right; None when the key is not known."""
        return checker.holds(self.key, self.message, self.signature)


def seal(body: Mapping[str, Any], signer: Signer) -> bytes:
    """The signed line of a body, without its line feed.

    Raises:
        SreError: It could not be signed.
    """
    signed = {**body, "key": signer.key}
    signature = base64.b64encode(signer.sign(dumps(signed))).decode()
    return dumps({**signed, "signature": signature})


def unseal(raw: bytes, fields: frozenset[str]) -> Sealed:
    """Read a signed line that has exactly these fields.

    Raises:
        BadJournal: It is not a line that `seal` made.
    """
    line = _object(raw)
    if set(line) != fields | SIGNED:
        problem = f"its fields are not {', '.join(sorted(fields | SIGNED))}"
        raise BadJournal(problem)
    if dumps(line) != raw:
        problem = "it is not in the canonical form"
        raise BadJournal(problem)
    key, signature = line.pop("key"), line.pop("signature")
    if not isinstance(key, str) or not isinstance(signature, str):
        problem = "a field has the wrong type"
        raise BadJournal(problem)
    message = dumps({**line, "key": key})
    return Sealed(body=line, key=key, message=message, signature=_decoded(signature))


def lines_of(content: bytes) -> tuple[list[bytes], bytes]:
    """The finished lines of a file of signed lines, and what stands after the last line feed."""
    *lines, torn = content.split(b"\n")
    return lines, torn


def decoded(text: str) -> bytes | None:
    """Base64 in its one canonical form; None for anything else."""
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    # The last letter has bits that say nothing: one signature has one spelling.
    return content if base64.b64encode(content).decode() == text else None


def _decoded(text: str) -> bytes:
    signature = decoded(text)
    if signature is None:
        problem = "its signature is not base64"
        raise BadJournal(problem)
    return signature


def _object(raw: bytes) -> dict[str, Any]:
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError):
        line = None
    if not isinstance(line, dict):
        problem = "it is not a JSON object"
        raise BadJournal(problem)
    return line
