"""The command `sre`: registers the commands, and turns errors into lines and exit codes."""

import sys
from typing import Annotated

import typer

from sreagent import __version__
from sreagent.cli import (
    audit,
    demo,
    halt,
    incidents,
    investigate,
    policy,
    postmortem,
    rbac,
    redact,
    replay,
    resume,
    sim,
)
from sreagent.cli.errors import told

app = typer.Typer(
    name="sre",
    help="Finds the probable cause of an alert, proposes the fix, and writes the postmortem.",
    no_args_is_help=True,
    add_completion=False,
    # Rich help would double the time until the first line.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"sre {__version__}")
        raise typer.Exit


@app.callback()
def sre(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Finds the probable cause of an alert, proposes the fix, and writes the postmortem."""


app.command()(investigate.investigate)
app.command()(resume.resume)
app.command()(resume.approve)
app.command()(resume.reject)
app.command()(resume.undo)
app.command()(halt.halt)
app.command()(postmortem.postmortem)
app.command()(replay.replay)
app.command()(demo.demo)
app.command()(redact.redact)
app.command()(rbac.rbac)
app.add_typer(incidents.app, name="incidents")
app.add_typer(audit.app, name="audit")
app.add_typer(policy.app, name="policy")
app.add_typer(sim.app, name="sim")


def main() -> None:
    """Run the program; the exit code is one of `domain.errors.Exit`."""
    with told(debug="--debug" in sys.argv):
        app()
