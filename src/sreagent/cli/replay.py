"""`sre replay INC`: how it was decided, from the record alone."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from sreagent.cli import options
from sreagent.domain.errors import Exit

if TYPE_CHECKING:
    from rich.text import Text
    from rich.tree import Tree

    from sreagent.report.decisions import Step


def replay(incident: options.Incident = "last", json: options.Json = False) -> None:
    """Show the tree of decisions again: what was seen, weighed, proposed, answered and done.

    Only the journal is read; nothing is asked, run or written.
    """
    import json as codec

    from rich.text import Text

    from sreagent.cli.screen import console
    from sreagent.journal import shelf
    from sreagent.report.decisions import as_json, decisions
    from sreagent.settings import state_folder

    found = decisions(shelf.incident(state_folder(), incident))
    if json:
        print(codec.dumps(as_json(found), indent=2, ensure_ascii=False))
        raise typer.Exit(Exit.OK)
    out = console()
    if out.is_terminal:
        out.print(_tree(found))
    else:
        for depth, step in _flat(found):
            out.print(Text("  " * depth).append_text(_line(step)))


def _tree(step: "Step") -> "Tree":
    from rich.tree import Tree

    tree = Tree(_line(step), guide_style="dim")
    for child in step.steps:
        tree.children.append(_tree(child))
    return tree


def _flat(step: "Step", depth: int = 0) -> Iterator[tuple[int, "Step"]]:
    yield depth, step
    for child in step.steps:
        yield from _flat(child, depth + 1)


def _line(step: "Step") -> "Text":
    from rich.text import Text

    from sreagent.cli.render import MARKS

    text = Text()
    if step.health:
        mark, colour = MARKS[step.health]
        text.append(f"{mark} ", style=colour)
    word = {"for": "for: ", "against": "against: "}.get(step.kind, "")
    text.append(f"{word}{step.text}", style="bold" if step.entry and step.steps else "")
    if step.entry and step.at:
        text.append(f"  {step.entry} {step.at:%H:%M:%S}", style="dim")
    return text
