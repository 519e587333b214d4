"""`sre audit verify`: is the record what was written?"""

import json as jsonlib
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from sreagent.cli import options
from sreagent.domain.errors import Exit

if TYPE_CHECKING:
    from sreagent.journal.verify import Verification

app = typer.Typer(help="Prove what was recorded.", no_args_is_help=True)


@app.callback()
def audit() -> None:
    """Prove what was recorded."""


@app.command("verify")
def verify_incident(incident: options.Incident, json: options.Json = False) -> None:
    """Check the hash chain of an incident's journal."""
    from sreagent.journal import shelf
    from sreagent.journal.verify import verify
    from sreagent.settings import state_folder

    id_ = shelf.resolve(state_folder(), incident)
    found = verify(shelf.folder_of(state_folder(), id_))
    if json:
        print(jsonlib.dumps({**asdict(found), "sound": found.sound}, indent=2))
    else:
        _tell(found)
    raise typer.Exit(Exit.OK if found.sound else Exit.FAILED)


def _tell(found: "Verification") -> None:
    from rich.text import Text

    from sreagent.cli.screen import console

    out = console()
    for problem in found.problems:
        out.print(Text(f" ✗ line {problem.line}: {problem.what}", style="red"))
    for action in found.in_doubt:
        doubt = f" ? {action} was begun and has no result: sre resume {found.incident}"
        out.print(Text(doubt, style="yellow"))
    word, colour = ("sound", "green") if found.sound else ("broken", "red")
    line = Text(f"{found.incident}: ").append(word, style=colour)
    out.print(line.append(f", {found.entries} entries, head {found.head}"))
    if found.anchored < found.entries:
        later = found.entries - found.anchored
        out.print(Text(f" {later} entries after the last close are not vouched for", style="dim"))
