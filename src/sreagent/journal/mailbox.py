"""Answers that come from another terminal while somebody works on the incident.

answers/A1.json   the last answer to a proposal; taken away by whoever holds the incident
"""

import json
import os
import pwd
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from sreagent.domain.errors import SreError
from sreagent.domain.record import Answer
from sreagent.journal.codec import dumps
from sreagent.journal.disk import sync_folder, write_fully
from sreagent.journal.shelf import folder_of

ANSWERS = "answers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One answer, bound to what was shown."""

    action: str
    answer: Answer
    digest: str
    """Fingerprint of the proposal as the writer saw it."""
    by: str
    how: str
    reason: str = ""
    proof: str = ""
    """Signature of who answered, where one is asked for."""


def post(root: Path, incident: str, letter: Letter) -> None:
    """Leave an answer; on disk when this returns.

    Raises:
        SreError: The folder cannot be written.
    """
    folder = folder_of(root, incident) / ANSWERS
    fresh = folder / f"{letter.action}.{secrets.token_hex(4)}.new"
    body = {
        "action": letter.action,
        "answer": letter.answer.value,
        "by": letter.by,
        "digest": letter.digest,
        "how": letter.how,
        "proof": letter.proof,
        "reason": letter.reason,
    }
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            write_fully(file, dumps(body) + b"\n")
            os.fsync(file)
        finally:
            os.close(file)
        fresh.replace(folder / f"{letter.action}.json")
        sync_folder(folder)
    except OSError as error:
        msg = f"cannot leave an answer in {folder}"
        raise SreError(msg, why=error.strerror or str(error)) from error


def take(folder: Path, action: str) -> Letter | None:
    """The answer that lies there for an action, taken away; None when there is none.

    `folder` is the incident's. One that cannot be understood is no answer. Unless a signature
    proves it, who wrote it is told by the owner of the file; only root may write for others.
    """
    taken = folder / ANSWERS / f"{action}.taken"
    try:
        # Moved first, so that an answer that comes meanwhile is not taken away with it.
        (folder / ANSWERS / f"{action}.json").rename(taken)
        content, owner = taken.read_bytes(), taken.stat().st_uid
        taken.unlink()
    except OSError:
        return None
    with suppress(ValueError, KeyError, TypeError):
        letter = _letter(json.loads(content))
        return letter if letter.proof or not owner else replace(letter, by=_name(owner))
    return None


def withdraw(root: Path, incident: str, action: str) -> bool:
    """Take an answer back that nobody took; False when somebody did.

    Raises:
        SreError: The folder cannot be written.
    """
    path = folder_of(root, incident) / ANSWERS / f"{action}.json"
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        msg = f"cannot take the answer {path} back"
        raise SreError(msg, why=error.strerror or str(error)) from error
    return True


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def drop(folder: Path) -> None:
    """Forget what lies there: answers to questions of an earlier run are none to this one's."""
    with suppress(OSError):
        for path in (folder / ANSWERS).iterdir():
            path.unlink()


def _letter(body: Mapping[str, str]) -> Letter:
    texts = {key: str(body[key]) for key in ("action", "digest", "by", "reason", "proof")}
    answer = Answer(body["answer"])
    how = "sre approve" if answer is Answer.RUN else "sre reject"
    return Letter(answer=answer, how=how, **texts)
