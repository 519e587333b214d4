"""Who said yes, proved by a key: where two people are asked for, a name is not enough.

A proof is `TIME.SIGNATURE`: an Ed25519 signature (RFC 8032) over the incident, the action, the
fingerprint of what was shown and the time, so that it is good for nothing else.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sreagent.domain.moment import parse_time, stamp

SKEW = timedelta(minutes=1)
"""How far the times of a signature and of the entry that keeps it may lie apart."""


def prove(
    sign: Callable[[bytes], bytes], *, incident: str, action: str, digest: str, now: datetime
) -> str:
    """The proof of one yes, by whoever holds the key behind `sign`."""
    at = stamp(now)
    signature = sign(_message(incident, action, digest, at))
    return f"{at}.{b64encode(signature).decode()}"


def proven(
    public: str, proof: str, *, incident: str, action: str, digest: str, said_at: datetime
) -> bool:
    """Whether a proof is of this yes, by the key whose public half (base64) is `public`."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - only where it is asked
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415

    at, _, signature = proof.rpartition(".")
    signed = parse_time(at)
    if signed is None or abs(signed - said_at) > SKEW:
        return False
    try:
        key = ed25519.Ed25519PublicKey.from_public_bytes(b64decode(public, validate=True))
        key.verify(b64decode(signature, validate=True), _message(incident, action, digest, at))
    except (ValueError, InvalidSignature):
        return False
    return True


def owner_of(public: str, approvers: Mapping[str, str]) -> str:
    """Whose key it is; empty when it is nobody's."""
    return next((name for name, known in approvers.items() if known == public), "")


def _message(incident: str, action: str, digest: str, at: str) -> bytes:
    body = {"action": action, "at": at, "digest": digest, "incident": incident, "says": "run"}
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
