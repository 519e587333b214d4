"""`sre postmortem INC`: write it again from the record."""

import typer

from sreagent.cli import options
from sreagent.domain.errors import Exit


def postmortem(incident: options.Incident = "last", out: options.Out = None) -> None:
    """Write the postmortem of an incident from its record."""
    from sreagent.cli.session import write_report
    from sreagent.journal import shelf
    from sreagent.settings import state_folder

    print(write_report(shelf.incident(state_folder(), incident), out))
    raise typer.Exit(Exit.OK)
