"""The command `sre`: registers the commands, and turns errors into lines and exit codes."""

import sys
from typing import Annotated

import typer

from sreagent import __version__
from sreagent.cli import (
    audit,
    chat,
    demo,
    doctor,
    drift,
    eval,
    halt,
    incidents,
    investigate,
    policy,
    postmortem,
    prompts,
    rbac,
    redact,
    replay,
    resume,
    sim,
)
from sreagent.cli.errors import told
from sreagent.domain.errors import Exit

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


# Short enough for 80 columns, where a longer line ends in dots.
app.command(short_help="Find the cause of an alert and propose the fix.")(investigate.investigate)
app.command(short_help="Go on with an incident.")(resume.resume)
app.command(short_help="Ask a model about an incident.")(chat.chat)
app.command(short_help="Approve a change as it was shown, and make it.")(resume.approve)
app.command()(resume.reject)
app.command(short_help="Take a change back.")(resume.undo)
app.command(short_help="Stop every change of every run, or lift that.")(halt.halt)
app.command(short_help="Show where reality left Terraform state.")(drift.drift)
app.command()(postmortem.postmortem)
app.command(short_help="Show again how it was decided, step by step.")(replay.replay)
app.command(short_help="Check what a run would use, and say what to type.")(doctor.doctor)
app.command(short_help="Investigate an incident on a pretend cluster.")(demo.demo)
app.command("eval", short_help="Say how often known causes are found.")(eval.evaluate)
app.command(short_help="Show what would leave this machine of a text.")(redact.redact)
app.command(short_help="Print the least rights to run with, for kubectl apply.")(rbac.rbac)
app.add_typer(incidents.app, name="incidents")
app.add_typer(audit.app, name="audit")
app.add_typer(policy.app, name="policy")
app.add_typer(prompts.app, name="prompts")
app.add_typer(sim.app, name="sim")


def main() -> None:
    """Run the program; the exit code is one of `domain.errors.Exit`."""
    # Of `sre drift` 2 means drift: whoever calls it must not take a wrong option for that.
    usage = Exit.FAILED if sys.argv[1:2] == ["drift"] else Exit.USAGE
    with told(debug="--debug" in sys.argv, usage=usage):
        command = typer.main.get_command(app)
        # Not `app()`, which has its own way of telling errors, and swallows Ctrl-C.
        with command.make_context(app.info.name, sys.argv[1:]) as context:
            command.invoke(context)
