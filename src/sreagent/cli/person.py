"""Who answers for a change: a person at the keyboard, a rule given beforehand, or nobody."""

import os
import re
import sys
import termios
import tty
from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from sreagent.cli import render
from sreagent.cli.screen import Terminal
from sreagent.domain.action import Proposal
from sreagent.domain.evidence import Evidence
from sreagent.domain.ports import Reply
from sreagent.domain.record import Answer
from sreagent.domain.verdict import Ask

KEYS = {
    "y": Answer.RUN,
    "d": Answer.DRY_RUN,
    "e": Answer.EDIT,
    "s": Answer.SKIP,
    "n": Answer.REJECT,
    "q": Answer.QUIT,
}
PROMPT = " [y] run  [d] dry-run  [e] edit  [s] skip  [n] no…  [?] why  [q] stop  ▸ "
EDITABLE: Mapping[str, tuple[str, ...]] = {
    "rollout_undo": ("revision",),
    "scale": ("replicas",),
    "set_resources": ("memory_limit", "memory_request", "cpu_limit", "cpu_request"),
}
_WHOLE = re.compile(r"0|[1-9][0-9]{0,5}")


class Nobody:
    """No terminal: a bounded change may be approved by `--yes`, everything else waits."""

    def __init__(self, name: str, *, yes: bool) -> None:
        self.name = name
        self._yes = yes

    def ask(self, proposal: Proposal, verdict: Ask, cited: Sequence[Evidence]) -> Reply | None:
        """Say yes to a bounded change if told so beforehand."""
        del proposal, cited
        if self._yes and verdict.bounded:
            return Reply(answer=Answer.RUN, how="--yes")
        return None


class Messenger:
    """Carries one answer that a person typed as a command: `sre approve` or `sre undo --yes`."""

    def __init__(
        self, name: str, reply: Reply, *, action: str = "", shown: str = "", undo: str = ""
    ) -> None:
        self.name = name
        self._reply = reply
        self._action = action
        self._shown = shown
        self._undo = undo

    def ask(self, proposal: Proposal, verdict: Ask, cited: Sequence[Evidence]) -> Reply | None:
        """Answer for the action as it was shown, or for the undo of the named one; else nothing."""
        del verdict, cited
        if self._undo:
            return self._reply if proposal.undoes == self._undo else None
        meant = (self._action, self._shown)
        return self._reply if (proposal.id, proposal.fingerprint) == meant else None


class Player:
    """Says yes in the person's place: nothing in a pretend cluster can be hurt."""

    name = "demo"

    def ask(self, proposal: Proposal, verdict: Ask, cited: Sequence[Evidence]) -> Reply | None:
        """Yes."""
        del proposal, verdict, cited
        return Reply(answer=Answer.RUN, how="demo")


class Keyboard:
    """A person at a terminal."""

    def __init__(self, name: str, screen: Terminal, *, yes: bool) -> None:
        self.name = name
        self._screen = screen
        self._yes = yes

    def ask(self, proposal: Proposal, verdict: Ask, cited: Sequence[Evidence]) -> Reply | None:
        """Show the keys and wait for one of them."""
        if self._yes and verdict.bounded:
            return Reply(answer=Answer.RUN, how="--yes")
        self._screen.rest()
        while True:
            key = self._key()
            if key == "?":
                self._explain(cited)
            elif key == "e" and proposal.action.verb not in EDITABLE:
                self._say(f"nothing to edit in {proposal.action.verb}")
            elif key in KEYS:
                return self._reply(KEYS[key], proposal)

    def _reply(self, answer: Answer, proposal: Proposal) -> Reply:
        if answer is Answer.REJECT:
            return Reply(answer=answer, how="keyboard", reason=self._line("no, because"))
        if answer is Answer.EDIT:
            return Reply(answer=answer, how="keyboard", arguments=self._edit(proposal))
        return Reply(answer=answer, how="keyboard")

    def _edit(self, proposal: Proposal) -> Mapping[str, Any]:
        """Ask for each argument that may be edited; an empty line keeps it."""
        arguments = dict(proposal.action.arguments)
        for name in EDITABLE[proposal.action.verb]:
            typed = self._line(f"{name.replace('_', ' ')} [{arguments.get(name) or '-'}]")
            if typed:
                whole = _WHOLE.fullmatch(typed) and not name.startswith(("memory", "cpu"))
                arguments[name] = int(typed) if whole else typed
        return arguments

    def _explain(self, cited: Sequence[Evidence]) -> None:
        for line in render.evidence(cited):
            self._screen.out.print(line)

    def _say(self, text: str) -> None:
        self._screen.out.print(Text(f" · {text}", style="yellow"))

    def _line(self, label: str) -> str:
        self._screen.out.print(Text(f" {label}: "), end="")
        return sys.stdin.readline().strip()

    def _key(self) -> str:
        """One key, without waiting for Enter; Ctrl-C stays Ctrl-C, a closed terminal quits.

        Keys typed before the question was shown are dropped: they were no answer to it.
        """
        descriptor = sys.stdin.fileno()
        before = termios.tcgetattr(descriptor)
        try:
            tty.setcbreak(descriptor, termios.TCSAFLUSH)
            self._screen.out.print(Text(PROMPT, style="bold"), end="")
            key = os.read(descriptor, 1).decode(errors="replace").lower()
        finally:
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
        self._screen.out.print(Text(key.strip()))
        return key or "q"
