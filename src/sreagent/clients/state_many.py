"""Many states behind one spec: which names it means, and reading them side by side."""

import json
import re
from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, Protocol

from sreagent.domain.drift import Trouble
from sreagent.domain.errors import BadInput, NotFound, SreError
from sreagent.domain.pool import Pool
from sreagent.domain.terraform import LARGEST, Held, StateSpec, StateText
from sreagent.domain.text import one_line

AT_ONCE = 8
"""States that are read side by side; so many are in memory at once."""
SOMEBODY = Held(who="somebody")

_MAGIC = re.compile(r"[*?\[{]")
_FOREIGN = re.compile(
    r"\.(?:tflock|backup|info|tf|tofu|tfvars|hcl|zip|t?gz|tar|xz|zst|bz2|md|txt|log|html?|xml|ya?ml"
    r"|csv|tsv|parquet|png|jpe?g|gif|svg|pdf|js|py|sh|go|sum|pem|key|crt|exe|so|jar|war)$"
    r"|(?:^|/)\.(?:terraform|git)/|\.lock\.(?:info|hcl)$",
    re.IGNORECASE,
)
_SAYS_STATE = re.compile(rb'"(?:terraform_version|lineage|format_version|encrypted_data)"')
_LOOK_AROUND = "try: the same with /** at the end, for all states below a folder"
_FRACTION = re.compile(r"(\.\d{6})\d+")


def is_pattern(name: str) -> bool:
    """Whether a name stands for many."""
    return bool(_MAGIC.search(name))


def literal(pattern: str) -> str:
    """What every name begins with that a pattern means."""
    found = _MAGIC.search(pattern)
    return pattern[: found.start()] if found else pattern


def matcher(pattern: str) -> re.Pattern[str]:
    """Names that a pattern means: `**` goes through folders, `*` does not.

    A folder (`prod/`, or nothing) means all `*.tfstate` below it.
    """
    if not pattern or pattern.endswith("/"):
        return re.compile(f"{re.escape(pattern)}.*" + r"\.tfstate(?:env:[^/]*)?", re.DOTALL)
    return re.compile("".join(_pieces(pattern)), re.DOTALL)


_TOKEN = re.compile(r"\*\*/|\*\*|\*|\?|\[!?\]?[^\]]*\]|\{[^{}]*\}|.", re.DOTALL)


def _pieces(pattern: str) -> Iterator[str]:
    for token in _TOKEN.findall(pattern):
        if token == "**/":  # noqa: S105 - a pattern
            yield "(?:[^/]+/)*"
        elif token == "**":  # noqa: S105 - a pattern
            yield ".*"
        elif token in ("*", "?"):
            yield "[^/]*" if token == "*" else "[^/]"  # noqa: S105 - a pattern
        elif len(token) > 2 and token[0] == "[":
            inside = token[1:-1].replace("\\", "\\\\").replace("[", "\\[")
            yield f"[^{inside[1:]}/]" if inside[0] == "!" else f"[{inside}]"
        elif len(token) > 2 and token[0] == "{":
            yield f"(?:{'|'.join(''.join(_pieces(each)) for each in token[1:-1].split(','))})"
        else:
            yield re.escape(token)


def is_foreign(name: str) -> bool:
    """Whether a name says that it is no state: locks, backups, code, archives."""
    return bool(_FOREIGN.search(name))


def is_state(name: str, body: bytes) -> bool:
    """Whether something that a pattern found is to be read: by its name, or by how it looks."""
    return ".tfstate" in name or bool(_SAYS_STATE.search(body, 0, 65_536))


def wanted(spec: StateSpec, sized: Iterable[tuple[str, int]], pattern: str) -> list[str]:
    """Names of a listing, with their sizes in bytes, that a pattern means.

    Raises:
        NotFound: There is none.
    """
    matches = matcher(pattern)
    seen = 0
    found: list[str] = []
    for name, size in sized:
        seen += 1
        if size and matches.fullmatch(name) and not is_foreign(name):
            found.append(name)
    if not found:
        msg = f"{one_line(spec.address)} means no state"
        raise NotFound(
            msg,
            why=f"{seen} names were looked at" if seen else "nothing is there",
            hint="** goes through folders, * does not; a folder ends with /",
        )
    return found


class Shelf(Protocol):
    """A bucket or a container, with states under their names."""

    def address(self, name: str, /) -> str:
        """What people call a state of it."""
        ...

    def list(self, prefix: str, /) -> Iterator[tuple[str, int]]:
        """The names that begin like this, with their sizes in bytes."""
        ...

    def read(self, name: str, beside: Container[str] | None, /) -> StateText:
        """A state and who holds its lock. `beside` is what was listed; None where nothing was."""
        ...


def states_of(spec: StateSpec, shelf: Shelf, name: str) -> Iterator[StateText | Trouble]:
    """The state of a name, or each that a folder (`prod/`) or a pattern means.

    Raises:
        NotFound: There is none.
        SreError: As the shelf says.
    """
    if name and not name.endswith("/") and not is_pattern(name):
        with naming(spec.address):
            yield shelf.read(name, None)
        return
    with naming(spec.address):
        listed = dict(shelf.list(literal(name)))

    def one(found: str) -> StateText | None:
        check_size(shelf.address(found), listed[found])
        text = shelf.read(found, listed)
        return text if is_state(found, text.body) else None

    yield from side_by_side(wanted(spec, listed.items(), name), one, shelf.address)


def side_by_side(
    names: Iterable[str], fetch: Callable[[str], StateText | None], label: Callable[[str], str]
) -> Iterator[StateText | Trouble]:
    """Each state in order; one that cannot be read is a trouble, and the others go on."""
    waiting: deque[tuple[str, Future[StateText | None]]] = deque()
    rest = iter(names)
    with Pool(AT_ONCE) as pool:
        waiting.extend((name, pool.submit(fetch, name)) for name in islice(rest, AT_ONCE))
        while waiting:
            name, future = waiting.popleft()
            try:
                found: StateText | Trouble | None = future.result()
            except SreError as error:
                found = trouble(label(name), error)
            waiting.extend((more, pool.submit(fetch, more)) for more in islice(rest, 1))
            if found is not None:
                yield found


def trouble(what: str, error: SreError) -> Trouble:
    """What could not be read, for the report."""
    told = f"{error.message}: {error.why}" if error.why else error.message
    return Trouble(what=one_line(what), message=told, hint=error.hint)


@contextmanager
def naming(what: str) -> Iterator[None]:
    """Say which state an error is about: the client of its place knows only the call."""
    try:
        yield
    except SreError as error:
        if what in error.message:
            raise
        told = f"{one_line(what)}: {error.message}"
        hint = error.hint or (_LOOK_AROUND if isinstance(error, NotFound) else "")
        raise type(error)(told, why=error.why, hint=hint) from error


def check_size(what: str, size: int) -> None:
    """Refuse what is too large before it is read.

    Raises:
        BadInput: It is larger than a state may be. `size` is in bytes.
    """
    if size > LARGEST:
        msg = f"{one_line(what)}: the state is too large to be read ({size // 1024**2} MiB)"
        raise BadInput(
            msg,
            why=f"at most {LARGEST // 1024**2} MiB are read",
            hint="split the state, or give one part of it through stdin",
        )


def held_from(body: bytes | str, *, unsaid: Held = SOMEBODY) -> Held:
    """Who holds a lock, from what Terraform writes about it; `unsaid` when that says nothing."""
    try:
        told: Any = json.loads(body)
    except (ValueError, RecursionError):
        text = body if isinstance(body, str) else body.decode("utf-8", errors="replace")
        return Held(who=one_line(text, 80)) if text.strip() else unsaid
    if not isinstance(told, dict) or not told:
        return unsaid

    def value(name: str) -> str:
        return one_line(str(told.get(name) or ""), 200)

    return Held(
        who=value("Who") or SOMEBODY.who,
        operation=value("Operation"),
        since=instant(told.get("Created")),
        id=value("ID"),
    )


def instant(text: object) -> datetime | None:
    """A time as Go writes it, to the nanosecond; None for anything else."""
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(_FRACTION.sub(r"\1", text))
    except ValueError:
        return None
    return found if found.tzinfo else None
