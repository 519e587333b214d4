"""A person at the keyboard answers for a change."""

import os
import readline
import select
import sys
import termios
import tty
from collections.abc import Sequence

from rich.text import Text

from sreagent.cli import render
from sreagent.cli.person import Letters
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
WITH_HINT = " [y] run [d] dry-run [e] edit [s] skip [n] no… [h] hint [?] why [q] stop ▸ "
"""While a model takes part, that can be told something."""
LISTEN = 0.3
"""Seconds between two looks for an answer from another terminal."""


class Keyboard:
    """A person at a terminal; somebody at another terminal may answer instead."""

    def __init__(self, name: str, screen: Terminal, *, yes: bool) -> None:
        self.name = name
        self.letters: Letters = no_letters
        self.helps = False
        self._screen = screen
        self._yes = yes

    def ask(self, proposal: Proposal, verdict: Ask, cited: Sequence[Evidence]) -> Reply | None:
        """Show the keys and wait for one of them."""
        if self._yes and verdict.bounded:
            return Reply(answer=Answer.RUN, how="--yes")
        self._screen.rest()
        while True:
            said = self._key(proposal)
            if isinstance(said, Reply):
                return said
            if said == "?":
                self._explain(cited)
            elif said == "h" and self.helps and (line := self._line("hint or question")):
                return Reply(answer=Answer.HINT, how="keyboard", line=line)
            elif said in KEYS and (reply := self._reply(KEYS[said], proposal)):
                return reply

    def hear(self, prompt: str) -> str | None:
        """One line; None for an empty one, or Ctrl-D."""
        self._screen.rest()
        return self._line(prompt.removesuffix(" ▸ "), mark=" ▸ ") or None

    def _reply(self, answer: Answer, proposal: Proposal) -> Reply | None:
        """The answer; None where Ctrl-D instead of a line takes the key back."""
        if answer is Answer.REJECT:
            reason = self._line("no, because")
            return None if reason is None else Reply(answer=answer, how="keyboard", reason=reason)
        if answer is Answer.EDIT:
            line = self._line("change to", proposal.command)
            return None if line is None else Reply(answer=answer, how="keyboard", line=line)
        return Reply(answer=answer, how="keyboard")

    def _explain(self, cited: Sequence[Evidence]) -> None:
        for line in render.evidence(cited):
            self._screen.out.print(line)

    def _line(self, label: str, given: str = "", *, mark: str = ": ") -> str | None:
        """One line from the keyboard, with `given` on it to begin with; None after Ctrl-D."""
        readline.set_startup_hook(lambda: readline.insert_text(given))
        try:
            return input(f" {label}{mark}").strip()
        except EOFError:
            self._screen.out.print()
            return None
        finally:
            readline.set_startup_hook()

    def _key(self, proposal: Proposal) -> str | Reply:
        """One key, without waiting for Enter; Ctrl-C stays Ctrl-C, a closed terminal quits.

        Keys typed before the question was shown are dropped: they were no answer to it.
        """
        descriptor = sys.stdin.fileno()
        before = termios.tcgetattr(descriptor)
        try:
            tty.setcbreak(descriptor, termios.TCSAFLUSH)
            keys = WITH_HINT if self.helps else PROMPT
            self._screen.out.print(Text(keys, style="bold"), end="")
            while not select.select([descriptor], [], [], LISTEN)[0]:
                if reply := self._from_elsewhere(proposal):
                    # What was answered, and by whom, is told on the next line.
                    self._screen.out.print()
                    return reply
            key = os.read(descriptor, 1).decode(errors="replace").lower()
        finally:
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
        self._screen.out.print(Text(key.strip()))
        return key or "q"

    def _from_elsewhere(self, proposal: Proposal) -> Reply | None:
        """The answer of another terminal, if it is one to exactly this."""
        letter = self.letters(proposal.id)
        if letter is None or letter.digest != proposal.fingerprint:
            return None
        return Reply(
            answer=letter.answer,
            how=letter.how,
            reason=letter.reason,
            by=letter.by,
            proof=letter.proof,
        )


def no_letters(action: str) -> None:
    """Nobody writes from elsewhere."""
    del action
