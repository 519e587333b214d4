"""The live end of the screen: what a model is saying just now, and what is waited for."""

from collections.abc import Callable

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from sreagent.domain.text import clean

LINES = 6
"""Lines of what is being said that are shown; the whole of it comes in its turn."""
OFTEN = 8
"""Times a second that it is drawn."""


class Waiting:
    """A spinner with a word beside it, and above it what comes in meanwhile.

    It leaves nothing behind: what is to stay is printed after `rest`.
    """

    def __init__(self, out: Console) -> None:
        self._out = out
        self._live: Live | None = None
        self._spinner = Spinner("dots")
        self._word: Callable[[], str] = str
        self._said = ""
        self._shown = (0, "")

    def wait_for(self, word: Callable[[], str]) -> None:
        """Show what is waited for; it is asked anew each time it is drawn."""
        self._word = word
        self._begin()

    def hear(self, piece: str) -> None:
        """Show a piece of what is being said."""
        self._said += piece
        self._begin()

    def rest(self) -> None:
        """Take it away, so that others may print or read keys."""
        if self._live:
            self._live.stop()
            self._live = None
        self._said = ""

    def _begin(self) -> None:
        if self._live is None:
            self._live = Live(self, console=self._out, transient=True, refresh_per_second=OFTEN)
            self._live.start()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """What is said so far, dim and wrapped, then the spinner with its word."""
        said = self._safe()
        lines = Text(said, style="dim").wrap(console, max(options.max_width - 3, 1))
        for line in lines[-LINES:] if said else ():
            yield Text(" │ ", style="dim").append_text(line)
        word = Text(self._word(), no_wrap=True, overflow="ellipsis")
        self._spinner.update(text=word)
        yield self._spinner

    def _safe(self) -> str:
        """What was said up to the last whole word: half a secret would not be known as one."""
        said = self._said
        if self._shown[0] != len(said):
            self._shown = len(said), _redacted(said)
        return self._shown[1]


def _redacted(said: str) -> str:
    # Loaded with the first word of a model only.
    from sreagent.policy.redaction import redact

    whole = said[: max(said.rfind(" "), said.rfind("\n")) + 1].strip()
    if whole.startswith(("{", "[", "```")):
        # A model without tools writes its calls as text.
        return ""
    return clean(redact(whole)).strip()
