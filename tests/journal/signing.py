"""Keys that are made for one test, and a small journal signed with one."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.journal.samples import FakeClock, as_it_is

from sreagent.domain.diagnosis import Outcome
from sreagent.domain.errors import SreError
from sreagent.domain.record import Closed, Intended, Noted, Ran, Record
from sreagent.journal.keys import KeyFile, PublicKeys
from sreagent.journal.seals import Signer
from sreagent.journal.store import Journal

INTENT = Intended(action="A1", digest="d", before={"n": 1}, after={"n": 2})
RAN = Ran(action="A1", ok=True, message="patched")
SMALL: tuple[Record, ...] = (
    Noted(text="begin"),
    Noted(text="looked"),
    INTENT,
    RAN,
    Noted(text="after"),
    Closed(outcome=Outcome.FIXED),
)


def new_key() -> KeyFile:
    return KeyFile(Ed25519PrivateKey.generate())


def public(*keys: KeyFile) -> PublicKeys:
    return PublicKeys({key.key: key.public for key in keys})


def pem(*keys: KeyFile) -> bytes:
    form = Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    return b"".join(key.private.public_key().public_bytes(*form) for key in keys)


class Lost:
    """A signer whose key cannot be reached."""

    key = "0123456789abcdef"

    def sign(self, _: bytes) -> bytes:
        message = "the key is out of reach"
        raise SreError(message)


def written(root: Path, signer: Signer | None, records: tuple[Record, ...] = SMALL) -> Path:
    """The folder of a closed journal."""
    with Journal.create(root, FakeClock(), redact=as_it_is, signer=signer) as journal:
        for record in records:
            journal.append(record)
    return journal.folder
