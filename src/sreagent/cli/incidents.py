"""`sre incidents list` and `sre incidents show`."""

import json as jsonlib
from typing import Annotated

import typer

from sreagent.cli import options

app = typer.Typer(help="What was investigated on this machine.", no_args_is_help=True)


@app.command("list")
def list_incidents(
    json: options.Json = False,
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 50,
) -> None:
    """List incidents, newest first."""
    from rich.text import Text

    from sreagent.cli.screen import console
    from sreagent.domain.moment import stamp
    from sreagent.journal import shelf
    from sreagent.settings import state_folder

    found = shelf.incidents(state_folder())[:limit]
    if json:
        rows = [
            {
                "incident": item.id,
                "opened_at": stamp(item.opened_at),
                "alert": item.alert,
                "outcome": str(item.outcome),
                "root_cause": item.root_cause,
                "trouble": item.trouble,
            }
            for item in found
        ]
        print(jsonlib.dumps(rows, indent=2, ensure_ascii=False))
        return
    out = console()
    if not found:
        out.print(Text("No incidents yet. Begin with: sre investigate ALERT"))
    for item in found:
        # The id tells the day.
        line = Text(f"{item.id}  ", style="bold").append(f"{item.opened_at:%H:%M} UTC  ")
        line.append(f"{item.trouble or item.outcome:<10}", style="red" if item.trouble else "cyan")
        line.append(f"  {item.alert}")
        line.append(f"  {item.root_cause}" if item.root_cause else "", style="dim")
        out.print(line, no_wrap=out.is_terminal, overflow="ellipsis" if out.is_terminal else None)


@app.command("show")
def show_incident(incident: options.Incident, json: options.Json = False) -> None:
    """Show an incident: the account, the evidence, what was done."""
    from rich.text import Text

    from sreagent.cli import model_lines, render
    from sreagent.cli.screen import console
    from sreagent.journal import shelf
    from sreagent.report.model_part import model_part
    from sreagent.report.outcome import as_json
    from sreagent.settings import state_folder

    found = shelf.incident(state_folder(), incident)
    if json:
        print(jsonlib.dumps(as_json(found), indent=2, ensure_ascii=False))
        return
    out = console()
    out.print(render.header(found.id, found.opened, found.opened_at, out.width))
    if found.concluded:
        out.print()
        out.print(render.root_cause(found.concluded, boxed=out.is_terminal))
        for line in (*render.hypotheses(found.hypotheses, limit=100), Text(""), Text("Evidence")):
            out.print(line)
        for line in render.evidence(found.evidence):
            out.print(line)
    for proposal in found.proposals:
        out.print()
        out.print(render.proposal(proposal, boxed=out.is_terminal))
        out.print(Text(f" {proposal.id} is {proposal.state} {proposal.note}".rstrip()))
    if part := model_part(found):
        out.print()
        for line in model_lines.summary(part, found.concluded.by if found.concluded else ""):
            out.print(line)
    out.print()
    for line in render.ending(found, ""):
        out.print(line)
