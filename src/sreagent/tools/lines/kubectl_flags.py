"""Reads flags exactly as kubectl does: last one wins, `--` ends them, nothing is abbreviated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sreagent.tools.lines.kubectl_commands import (
    ALIASES,
    COMMANDS,
    GROUPS,
    STAND_ALONE,
    Flag,
    flags,
)
from sreagent.tools.lines.objection import Objection, Rule

PINNED = "the connection is pinned: leave {flag} away; it is the one this run was started with"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One kubectl call, its flags told from its arguments."""

    command: str
    """`get`, `rollout status`, …: a key of COMMANDS."""
    given: Mapping[str, tuple[str, ...]]
    """Flag name to its values in the order they were written."""
    arguments: tuple[str, ...] = ()
    program: tuple[str, ...] | None = None
    """What stands after `--`; None without one."""
    words: tuple[str, ...] = ()
    """The whole line."""

    def last(self, flag: str, default: str = "") -> str:
        """The value that counts."""
        return self.given[flag][-1] if flag in self.given else default

    def on(self, flag: str, *, default: bool = False) -> bool:
        """Whether a switch is on."""
        return self.last(flag, str(default).lower()) == "true"


def locate(words: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """The command of a line and its other words, the program left out.

    Raises:
        Objection: It names no command of kubectl.
    """
    rest = list(words[1:])
    command = ""
    while not command or command in GROUPS:
        place = _first_argument(rest, command)
        if place is None:
            break
        longer = f"{command} {rest[place]}".strip()
        longer = ALIASES.get(longer, longer)
        if longer not in COMMANDS and longer != "help":
            raise _unknown(command, rest[place])
        command = longer
        del rest[place]
    return command, tuple(rest)


def read_flags(command: str, words: Sequence[str], line: Sequence[str]) -> Call:
    """Tell flags from arguments.

    Raises:
        Objection: A flag is unknown, lacks its value, or is one that is never taken.
    """
    reader = _Reader(known=flags(command), command=command, words=tuple(words), given={})
    arguments, program = reader.run()
    given = {name: tuple(values) for name, values in reader.given.items()}
    return Call(
        command=command, given=given, arguments=arguments, program=program, words=tuple(line)
    )


def _first_argument(words: Sequence[str], command: str) -> int | None:
    """Where kubectl looks for the next command word; None when there is none."""
    known = flags(command)
    skip = False
    for place, word in enumerate(words):
        if skip:
            skip = False
        elif word == "--":
            return None
        elif not word.startswith("-") or word == "-":
            return place
        else:
            skip = _takes_next(word, known)
    return None


def _takes_next(word: str, known: Mapping[str, Flag]) -> bool:
    """Whether kubectl takes the next word for the value of this flag, before it knows the verb."""
    if "=" in word or (not word.startswith("--") and len(word) > 2):
        return False
    flag = known.get(word)
    return flag is None or flag.bare is None


def _unknown(command: str, word: str) -> Objection:
    if not command:
        reason = (
            f"{word!r} is no verb of kubectl that is known here, and unknown verbs would run a "
            "plugin: write get, describe, logs, top, events, explain, rollout, auth can-i, …"
        )
        return Objection(Rule.VERB, reason)
    known = sorted(path.rsplit(" ", 1)[1] for path in COMMANDS if path.startswith(f"{command} "))
    if command in STAND_ALONE:
        known.append("or nothing")
    return Objection(Rule.VERB, f"`kubectl {command}` knows {', '.join(known)}; not {word!r}")


@dataclass(frozen=True, slots=True)
class _Reader:
    """Walks over the words of one call."""

    known: Mapping[str, Flag]
    command: str
    words: tuple[str, ...]
    given: dict[str, list[str]]

    def run(self) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
        """The arguments, and what stands after `--`."""
        arguments: list[str] = []
        at = 0
        while at < len(self.words):
            word = self.words[at]
            at += 1
            if word == "--":
                return tuple(arguments), self.words[at:]
            if not word.startswith("-") or word == "-":
                arguments.append(word)
            elif word.startswith("--"):
                at = self._long(word, at)
            else:
                at = self._short(word, at)
        return tuple(arguments), None

    def _long(self, word: str, at: int) -> int:
        name, equals, value = word.partition("=")
        flag = self._flag(name)
        if equals:
            self._take(flag, name, value)
        elif flag.bare is not None:
            self._take(flag, name, flag.bare)
        else:
            self._take(flag, name, self._next(name, at))
            at += 1
        return at

    def _short(self, word: str, at: int) -> int:
        letters = word[1:]
        while letters:
            name, letters = f"-{letters[0]}", letters[1:]
            flag = self._flag(name)
            if len(letters) > 1 and letters[0] == "=":
                self._take(flag, name, letters[1:])
                return at
            if flag.bare is not None:
                self._take(flag, name, flag.bare)
            elif letters:
                self._take(flag, name, letters)
                return at
            else:
                self._take(flag, name, self._next(name, at))
                return at + 1
        return at

    def _flag(self, name: str) -> Flag:
        flag = self.known.get(name)
        if flag is None:
            reason = f"`kubectl {self.command}` has no flag {name}; flags are written in full"
            raise Objection(Rule.FLAG, reason)
        if flag.pinned:
            raise Objection(Rule.CONNECTION, PINNED.format(flag=name))
        return flag

    def _next(self, name: str, at: int) -> str:
        if at >= len(self.words):
            raise Objection(Rule.FLAG, f"{name} needs a value")
        return self.words[at]

    def _take(self, flag: Flag, name: str, value: str) -> None:
        if flag.switch and value not in ("true", "false"):
            reason = f"{name} is a switch: write {name} or {name}=false, not {value!r}"
            raise Objection(Rule.FLAG, reason)
        self.given.setdefault(flag.name, []).append(value)
