"""The picture of a series at a terminal, and in letters that every pipe takes."""

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions
from rich.measure import Measurement
from rich.text import Text

from sreagent.domain.signal import Plot
from sreagent.report.sparkline import caption, sparkline

WIDEST = 61
"""Values of a plot, and the mark of its change."""
NARROWEST = 30
"""Letters below which what it shows goes on a line of its own."""
LEAST = 10


class Sparkline:
    """Fits the width it is given; ASCII where there is no terminal, or none for other letters."""

    def __init__(self, plot: Plot) -> None:
        self.plot = plot

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """The line and what it shows, below each other when they do not fit side by side."""
        plain = not console.is_terminal or not console.encoding.lower().startswith("utf")
        told = caption(self.plot)
        room = options.max_width - len(told) - 2
        width = min(room if room >= NARROWEST else options.max_width, WIDEST)
        line = sparkline(self.plot, width=width, ascii_only=plain)
        if room >= NARROWEST:
            yield Text(line, style="cyan").append(f"  {told}", style="dim")
        else:
            yield Text(line, style="cyan")
            yield Text(told, style="dim")

    def __rich_measure__(self, _console: Console, options: ConsoleOptions) -> Measurement:
        """Between the shortest line and the whole one with what it shows beside it."""
        widest = WIDEST + 2 + len(caption(self.plot))
        return Measurement(min(LEAST, options.max_width), min(widest, options.max_width))
