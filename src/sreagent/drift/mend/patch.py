"""All edits as one patch, and the proof that it does what it says."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, NamedTuple

from sreagent.domain.drift import Changed
from sreagent.drift.code.files import in_the_place_of
from sreagent.drift.code.syntax import parse
from sreagent.drift.mend.addresses import with_value
from sreagent.drift.mend.code import Code
from sreagent.drift.mend.edit import (
    Agreed,
    Edited,
    Outcome,
    Suggestion,
    Wish,
    after_wish,
    edited,
    says,
    value_at,
    without_block,
)
from sreagent.drift.mend.locate import UnclearError
from sreagent.drift.state.managed import Managed

Json = Any
"""A JSON value."""
_CONTEXT = 3
_ALIKE = 3
"""Lines that are to be the same before two texts count as alike again."""
_FAR = 2000
"""Lines within which they have to meet."""
_ODD = re.compile(r"[\x00-\x1f\"\\\x7f-\xff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was checked on the code as it will be."""

    unread: tuple[str, ...] = ()
    """Files that cannot be read any more, and could before."""
    left: tuple[str, ...] = ()
    """Attributes, as `address path`, of which the code does not say what is there."""

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return not self.unread and not self.left


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """What the code becomes, and what is left for a person."""

    code: Code
    """As it will be."""
    files: Mapping[str, bytes]
    """Those that changed or are new, whole."""
    patch: bytes
    """For `git apply` and `patch -p1`, from the top of the repository."""
    edits: tuple[Edited, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    agreed: tuple[Agreed, ...] = ()
    proof: Proof = Proof()

    @property
    def digest(self) -> str:
        """Eight letters that are the same for the same patch."""
        return sha256(self.patch).hexdigest()[:8]


def mended(
    code: Code,
    wishes: Sequence[Wish],
    *,
    removed: Iterable[str] = (),
    new_files: Mapping[str, bytes] | None = None,
) -> Mended:
    """Make the code say what is there.

    Args:
        code: As it is.
        wishes: Attributes that the code is to adopt, of any resources.
        removed: Addresses of resources whose block goes away.
        new_files: Files to add, by path: what is imported.
    """
    outcomes: list[Outcome] = []
    now, done = _adopted(code, wishes, outcomes)
    for address in removed:
        now, outcome = without_block(now, address)
        outcomes.append(outcome)
    for path, text in (new_files or {}).items():
        now = now.with_source(parse(free_path(now, path), text))
    files = {path: text for path, text in now.files.items() if code.files.get(path) != text}
    return Mended(
        code=now,
        files=files,
        patch=unified(code.files, now.files),
        edits=tuple(each for each in outcomes if isinstance(each, Edited)),
        suggestions=tuple(each for each in outcomes if isinstance(each, Suggestion)),
        agreed=tuple(each for each in outcomes if isinstance(each, Agreed)),
        proof=Proof(unread=_unread(code, now), left=tuple(_left(now, done))),
    )


def _adopted(
    code: Code, wishes: Sequence[Wish], outcomes: list[Outcome]
) -> tuple[Code, list[Wish]]:
    """Make wishes true one by one; each sees what those before it made of its resource."""
    said: dict[str, Mapping[str, Json]] = {}
    done: list[Wish] = []
    for wish in wishes:
        current = replace(wish, said=said.get(wish.address, wish.said))
        code, outcome = edited(code, current)
        outcomes.append(outcome)
        if not isinstance(outcome, Suggestion):
            done.append(current)
            if current.said:
                said[wish.address] = with_value(dict(current.said), wish.path, wish.after)
    final = [replace(wish, said=said.get(wish.address, wish.said)) for wish in done]
    return code, final


def free_path(code: Code, path: str) -> str:
    """A path that no file has, nor one that OpenTofu would read in its place."""
    stem, dot, ending = path.rpartition(".")
    chosen, number = path, 2
    while {chosen, in_the_place_of(chosen)} & code.files.keys():
        chosen, number = f"{stem}_{number}{dot}{ending}", number + 1
    return chosen


def wish_of(
    changed: Changed, managed: Managed | None = None, sets: frozenset[str] = frozenset()
) -> Wish:
    """What the code should say, for one finding.

    Args:
        changed: The finding.
        managed: The resource of the state: it tells blocks of one name apart.
        sets: `Shape.sets` of the type.
    """
    return Wish(
        address=changed.address,
        path=changed.path,
        before=changed.before,
        after=changed.after,
        said=managed.attributes if managed else {},
        sets=sets,
        sensitive=managed.sensitive if managed else (),
    )


def _unread(before: Code, after: Code) -> tuple[str, ...]:
    return tuple(
        path
        for path, text in after.files.items()
        if path.endswith((".tf", ".tofu", ".tfvars"))
        and before.files.get(path) != text
        and after.source(path).root.has_error
        and not (path in before.files and before.source(path).root.has_error)
    )


def _left(code: Code, wishes: Iterable[Wish]) -> Iterable[str]:
    """Compare again: what the code says now with what is there."""
    for wish in wishes:
        try:
            found = value_at(code, after_wish(wish))
        except UnclearError:
            found = None
        if not says(found, wish):
            yield f"{wish.address} {wish.path}"


def unified(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> bytes:
    """The difference between two sets of files as `git diff` writes it."""
    parts: list[bytes] = []
    for path in sorted({*before, *after}):
        old, new = before.get(path), after.get(path)
        if old != new:
            parts.append(_one(path, old, new))
    return b"".join(parts)


def _one(path: str, old: bytes | None, new: bytes | None) -> bytes:
    from_, to = _spelled(f"a/{path}"), _spelled(f"b/{path}")
    lines = [f"diff --git {from_} {to}"]
    if old is None:
        lines.append("new file mode 100644")
    if new is None:
        lines.append("deleted file mode 100644")
    # A tab ends a name with spaces in it, for patch(1).
    tab = "\t" if " " in path else ""
    lines.append(f"--- {from_}{tab}" if old is not None else "--- /dev/null")
    lines.append(f"+++ {to}{tab}" if new is not None else "+++ /dev/null")
    head = "".join(f"{line}\n" for line in lines).encode()
    return head + b"".join(_hunks(_lines(old or b""), _lines(new or b"")))


def _lines(text: bytes) -> list[bytes]:
    """Lines with their ends; only a line feed ends one."""
    return re.findall(rb"[^\n]*\n|[^\n]+", text)


def _hunks(old: list[bytes], new: list[bytes]) -> Iterable[bytes]:
    for group in _grouped(list(_changes(old, new))):
        start, stop = max(group[0].a - _CONTEXT, 0), min(group[-1].b + _CONTEXT, len(old))
        shift, shifted = group[0].c - group[0].a, group[-1].d - group[-1].b
        a, b = _range(start, stop), _range(start + shift, stop + shifted)
        yield f"@@ -{a} +{b} @@\n".encode()
        for change in group:
            yield from (_line(b" ", line) for line in old[start : change.a])
            yield from (_line(b"-", line) for line in old[change.a : change.b])
            yield from (_line(b"+", line) for line in new[change.c : change.d])
            start = change.b
        yield from (_line(b" ", line) for line in old[start:stop])


class _Change(NamedTuple):
    """Lines `a` to `b` of the old text become lines `c` to `d` of the new one."""

    a: int
    b: int
    c: int
    d: int


def _grouped(changes: list[_Change]) -> Iterator[list[_Change]]:
    """Changes whose context would meet, together."""
    group: list[_Change] = []
    for change in changes:
        if group and change.a - group[-1].b > 2 * _CONTEXT:
            yield group
            group = []
        group.append(change)
    if group:
        yield group


def _changes(old: list[bytes], new: list[bytes]) -> Iterator[_Change]:
    """Where two texts part and where they meet again.

    Code is full of equal lines, for which difflib takes seconds; edits are small and far apart.
    """
    here = there = 0
    while here < len(old) or there < len(new):
        if here < len(old) and there < len(new) and old[here] == new[there]:
            here, there = here + 1, there + 1
            continue
        gone, came = _meeting(old, new, here, there)
        yield _Change(here, here + gone, there, there + came)
        here, there = here + gone, there + came


def _meeting(old: list[bytes], new: list[bytes], here: int, there: int) -> tuple[int, int]:
    """After how many lines of each two texts go on alike; to their ends if not soon."""
    left, right = len(old) - here, len(new) - there
    for total in range(1, min(left + right, _FAR) + 1):
        for gone in range(min(total, left) + 1):
            came = total - gone
            if came > right:
                continue
            a, b = here + gone, there + came
            if old[a : a + _ALIKE] == new[b : b + _ALIKE]:
                return gone, came
    return left, right


def _range(start: int, end: int) -> str:
    length = end - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _line(sign: bytes, line: bytes) -> bytes:
    if line.endswith(b"\n"):
        return sign + line
    return sign + line + b"\n\\ No newline at end of file\n"


def _spelled(path: str) -> str:
    """A path as git writes it: quoted where it holds more than plain letters."""
    raw = path.encode("utf-8", "surrogateescape").decode("latin-1")
    if not _ODD.search(raw):
        return path
    plain = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\n": "\\n"}
    return (
        '"'
        + "".join(
            plain.get(letter, f"\\{ord(letter):03o}") if _ODD.match(letter) else letter
            for letter in raw
        )
        + '"'
    )
