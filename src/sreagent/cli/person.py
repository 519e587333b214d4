"""Who answers for a change where no keyboard is read: a rule given beforehand, or nobody."""

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from sreagent.domain.action import Proposal
from sreagent.domain.evidence import Evidence
from sreagent.domain.ports import Reply
from sreagent.domain.record import Answer
from sreagent.domain.verdict import Ask
from sreagent.journal.mailbox import Letter

Letters = Callable[[str], Letter | None]
"""Takes away the answer that another terminal left for an action."""


@runtime_checkable
class Listens(Protocol):
    """Somebody who hears answers from other terminals, too."""

    letters: Letters


@runtime_checkable
class Helps(Protocol):
    """Somebody who may say something to a model, while one takes part."""

    helps: bool


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

    def hear(self, prompt: str) -> str | None:
        """Nothing."""
        del prompt
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

    def hear(self, prompt: str) -> str | None:
        """Nothing."""
        del prompt
        return None


class Player:
    """Says yes in the person's place: nothing in a pretend cluster can be hurt."""

    name = "demo"

    def ask(self, proposal: Proposal, verdict: Ask, cited: Sequence[Evidence]) -> Reply | None:
        """Yes."""
        del proposal, verdict, cited
        return Reply(answer=Answer.RUN, how="demo")

    def hear(self, prompt: str) -> str | None:
        """Nothing."""
        del prompt
        return None
