"""The keys of the audit: a private one that signs checkpoints, public ones that check them.

audit.key   private Ed25519 key in PEM, for its owner only; made at first use
audit.pub   public keys in PEM: those of earlier private keys stay, so that what they signed
            can still be checked

Loaded late: the library behind it costs 70 ms that only signing and checking have to pay.
"""

import hashlib
import os
import re
import secrets
import shlex
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from sreagent.domain.errors import BadInput, BadSettings, SreError
from sreagent.domain.text import one_line
from sreagent.journal.disk import sync_folder
from sreagent.journal.seals import decoded

READ_AT_MOST = 1_000_000
PATIENCE = 10.0
"""Seconds that a program may take to sign or to keep a checkpoint."""

_PUBLIC = re.compile(rb"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", re.DOTALL)
_HOW = "try: openssl genpkey -algorithm ed25519 -out {0}; chmod 600 {0}"
_HOW_PUBLIC = "try: openssl pkey -in audit.key -pubout"


def key_id(public: bytes) -> str:
    """The name of a key in signed lines, from its 32 public bytes."""
    return hashlib.sha256(public).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class KeyFile:
    """Signs with a private key."""

    private: Ed25519PrivateKey = field(repr=False)

    @property
    def key(self) -> str:
        """Id of the key."""
        return key_id(self.public)

    @property
    def public(self) -> bytes:
        """The 32 public bytes."""
        return self.private.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """The signature over a message."""
        return self.private.sign(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Signs with a program that holds the key: the message on its standard input, base64 back."""

    line: str
    """Program and arguments; no shell reads them."""
    public: bytes
    """The 32 public bytes of its key."""
    patience: float = PATIENCE

    @property
    def key(self) -> str:
        """Id of the key."""
        return key_id(self.public)

    def sign(self, message: bytes) -> bytes:
        """The signature over a message.

        Raises:
            SreError: The program failed, or signed with another key.
            BadSettings: There is no such program.
        """
        said = run_program(self.line, message, patience=self.patience, purpose="sign")
        signature = decoded(said.decode("ascii", "replace").strip())
        if signature is None or not _right(self.public, message, signature):
            trouble = f"{self.line.split()[0]!r} gave no signature of the key {self.key}"
            hint = "It has to print base64 of an Ed25519 signature over its standard input."
            raise SreError(trouble, hint=hint)
        return signature


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """Checks signatures."""

    known: Mapping[str, bytes]
    """The 32 public bytes by the id of the key."""

    def holds(self, key: str, message: bytes, signature: bytes) -> bool | None:
        """Whether a signature is right; None when the key is not known."""
        public = self.known.get(key)
        return None if public is None else _right(public, message, signature)


def load_key(path: Path) -> KeyFile:
    """The private key in a file.

    Raises:
        FileNotFoundError: There is no such file.
        BadSettings: It cannot be read, others may read it, or it is no such key.
    """
    content = _private_content(path)
    try:
        key = load_pem_private_key(content, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        trouble = f"{path} is no private key in PEM without a passphrase"
        raise BadSettings(trouble, hint=_HOW.format(path)) from error
    if not isinstance(key, Ed25519PrivateKey):
        trouble = f"{path} is a key of another kind than Ed25519"
        raise BadSettings(trouble, hint=_HOW.format(path))
    return KeyFile(key)


def named_key(path: Path) -> KeyFile:
    """The private key that the settings name, with its public half beside it.

    Raises:
        BadSettings: There is none, or as in `load_key`.
        SreError: The public half cannot be written.
    """
    try:
        key = load_key(path)
    except FileNotFoundError as error:
        trouble = f"there is no audit key {path}"
        raise BadSettings(trouble, hint=_HOW.format(path)) from error
    _publish(path.with_suffix(".pub"), key.public)
    return key


def own_key(path: Path) -> KeyFile:
    """The private key of a state folder, made when there is none.

    Raises:
        BadSettings: As in `load_key`.
        SreError: It cannot be written.
    """
    try:
        key = load_key(path)
    except FileNotFoundError:
        _make(path)
        key = load_key(path)
    _publish(path.with_suffix(".pub"), key.public)
    return key


def public_keys(path: Path) -> PublicKeys:
    """All public keys in a file, in PEM, one after another.

    Raises:
        BadInput: It cannot be read, or holds anything else than Ed25519 keys.
    """
    return PublicKeys({key_id(public): public for public in _public_bytes(path)})


def program_signer(line: str, public: Path) -> Program:
    """A signer behind a program, whose public key is the last one in the file `public`.

    Raises:
        BadInput: As in `public_keys`.
        BadSettings: The line is none.
    """
    words_of(line)
    return Program(line=line, public=_public_bytes(public)[-1])


def run_program(line: str, content: bytes, *, patience: float, purpose: str) -> bytes:
    """What a program prints when it is given `content`. No shell is involved.

    Raises:
        BadSettings: There is no such program.
        SreError: It failed, or took too long.
    """
    words = words_of(line)
    try:
        done = subprocess.run(  # noqa: S603 - named by the settings of whoever runs this
            words, input=content, capture_output=True, timeout=patience, check=True
        )
    except subprocess.TimeoutExpired as error:
        trouble = f"{words[0]!r} did not {purpose} within {patience:g} s"
        raise SreError(trouble) from error
    except subprocess.CalledProcessError as error:
        trouble = f"{words[0]!r} did not {purpose}: it ended with {error.returncode}"
        raise SreError(trouble, why=one_line(error.stderr.decode(errors="replace"))) from error
    except OSError as error:
        trouble = f"cannot run {words[0]!r} to {purpose}: {error.strerror}"
        raise BadSettings(trouble) from error
    return done.stdout[:READ_AT_MOST]


def words_of(line: str) -> list[str]:
    """The words of a command line, as a shell would split them.

    Raises:
        BadSettings: There are none, or a quote is open.
    """
    try:
        words = shlex.split(line)
    except ValueError as error:
        trouble = f"{line!r} is not a command line: {error}"
        raise BadSettings(trouble) from error
    if not words:
        trouble = "the command line is empty"
        raise BadSettings(trouble)
    return words


def _right(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _private_content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            content = file.read(READ_AT_MOST)
    except FileNotFoundError:
        raise
    except OSError as error:
        trouble = f"cannot read the audit key {path}: {error.strerror}"
        raise BadSettings(trouble) from error
    if mode & 0o077:
        trouble = f"the audit key {path} can be used by others (mode {mode:04o})"
        raise BadSettings(trouble, why="then a signature proves nothing", hint=f"chmod 600 {path}")
    return content


def _public_bytes(path: Path) -> list[bytes]:
    try:
        content = path.read_bytes()[:READ_AT_MOST]
    except OSError as error:
        trouble = f"cannot read the public key {path}: {error.strerror}"
        raise BadInput(trouble, hint=_HOW_PUBLIC) from error
    found = [_raw(path, block) for block in _PUBLIC.findall(content)]
    if not found:
        trouble = f"there is no public key in {path}"
        raise BadInput(trouble, hint=_HOW_PUBLIC)
    return found


def _raw(path: Path, block: bytes) -> bytes:
    try:
        key = load_pem_public_key(block)
    except (ValueError, UnsupportedAlgorithm) as error:
        trouble = f"a public key in {path} cannot be read"
        raise BadInput(trouble, hint=_HOW_PUBLIC) from error
    if not isinstance(key, Ed25519PublicKey):
        trouble = f"a key in {path} is of another kind than Ed25519"
        raise BadInput(trouble, hint=_HOW_PUBLIC)
    return key.public_bytes_raw()


def _make(path: Path) -> None:
    """Make a key, whole or not at all; one that another process made meanwhile stays."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(fresh, pem, os.O_EXCL, 0o600)
        try:
            os.link(fresh, path)
        except FileExistsError:
            return
        finally:
            fresh.unlink()
        sync_folder(path.parent)
    except OSError as error:
        raise _unwritten(path, error) from error


def _publish(path: Path, public: bytes) -> None:
    """Note the public half, unless it is noted."""
    pem = Ed25519PublicKey.from_public_bytes(public).public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    try:
        if path.exists() and pem.strip() in path.read_bytes():
            return
        _write(path, pem, os.O_APPEND, 0o644)
        sync_folder(path.parent)
    except OSError as error:
        raise _unwritten(path, error) from error


def _write(path: Path, content: bytes, flags: int, mode: int) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | flags, mode)
    try:
        os.write(file, content)
        os.fsync(file)
    finally:
        os.close(file)


def _unwritten(path: Path, error: OSError) -> SreError:
    return SreError(
        f"cannot write the audit key {path}",
        why=error.strerror or str(error),
        hint="Free space or mend the rights.",
    )
