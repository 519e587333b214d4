"""Who signs the checkpoints of the journal, and where they are anchored."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sreagent.settings import Settings, state_folder
from sreagent.wiring import connections

if TYPE_CHECKING:
    from collections.abc import Callable

    from sreagent.domain.ports import Clock
    from sreagent.journal.anchors import Anchor, Place
    from sreagent.journal.seals import Signer


def audit_keys(settings: Settings) -> tuple[Path, Path]:
    """Where the audit's private key and its public keys are."""
    private = Path(settings.audit_key) if settings.audit_key else state_folder() / "audit.key"
    return private, private.with_suffix(".pub")


def audit_signer(settings: Settings) -> Signer:
    """Who signs checkpoints; the key of the state folder is made when it is first needed.

    Raises:
        BadSettings: The key cannot be used, or others may use it.
        SreError: It cannot be written.
    """
    from sreagent.journal.keys import named_key, own_key, program_signer

    private, public = audit_keys(settings)
    if settings.audit_signer:
        return program_signer(settings.audit_signer, public)
    return named_key(private) if settings.audit_key else own_key(private)


def anchoring(settings: Settings, to: str) -> Callable[[Path], Anchor]:
    """Anchors the newest checkpoint of an incident's folder in the place `to`.

    Raises:
        BadSettings: There is no such place, or no key to sign with.
    """
    from functools import partial

    from sreagent.journal.anchors import anchor, local_place
    from sreagent.journal.keys import public_keys
    from sreagent.policy.redaction import redact

    clock = connections.system_clock()
    place = local_place(to) or _s3_place(to, settings, clock)
    signer = audit_signer(settings)
    keys = public_keys(audit_keys(settings)[1])
    return partial(anchor, place=place, signer=signer, keys=keys, clock=clock, redact=redact)


def _s3_place(to: str, settings: Settings, clock: Clock) -> Place:
    from sreagent.clients.s3_anchor import s3_place

    return s3_place(to, connections.cloud(settings), clock)
