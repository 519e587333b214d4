"""The private key of a person, by which a yes is proved to be theirs."""

import stat
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sreagent.domain.errors import BadInput

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class PersonKey:
    """An Ed25519 key."""

    key: "Ed25519PrivateKey"

    @property
    def public(self) -> str:
        """The public half in base64, as the policy names it."""
        return b64encode(self.key.public_key().public_bytes_raw()).decode()

    def sign(self, message: bytes) -> bytes:
        """The signature over a message."""
        return self.key.sign(message)


def load(path: Path) -> PersonKey:
    """Read a private key in PEM, as `openssl genpkey -algorithm ed25519` writes it.

    Raises:
        BadInput: It cannot be read, others may read it, or it is no such key.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        content = path.read_bytes()
    except OSError as error:
        msg = f"cannot read the key {path}: {error.strerror}"
        raise BadInput(msg) from error
    if mode & 0o077:
        msg = f"the key {path} can be read by others (mode {mode:04o})"
        raise BadInput(msg, why="then a yes proves nothing", hint=f"try: chmod 600 {path}")
    try:
        key = load_pem_private_key(content, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        msg = f"{path} is no private key in PEM without a passphrase"
        raise BadInput(msg, hint=_HOW) from error
    if not isinstance(key, Ed25519PrivateKey):
        msg = f"{path} is a key of another kind than Ed25519"
        raise BadInput(msg, hint=_HOW)
    return PersonKey(key)


_HOW = "try: openssl genpkey -algorithm ed25519 -out approver.pem; chmod 600 approver.pem"
