"""`sre demo [INCIDENT]`: the whole job on a pretend cluster, over HTTP."""

import sys
from typing import Annotated

import typer

from sreagent.cli import options
from sreagent.cli.sim import IncidentName, known

_PLAYED = "; the demo answers yes for you."


def demo(
    incident: IncidentName = "bad-deploy",
    play: Annotated[bool, typer.Option("--play", help="Let the demo answer yes for you.")] = False,
    json: options.Json = False,
    out: options.Out = None,
    debug: options.Debug = False,
) -> None:
    """Investigate an incident on a pretend cluster: no cluster, no model key, no network.

    Without a terminal the demo answers yes itself, since its cluster is only pretend.
    """
    from rich.text import Text

    from sreagent.cli.person import Player
    from sreagent.cli.screen import console
    from sreagent.cli.session import Show, conduct
    from sreagent.settings import Settings
    from sreagent.simulator import Simulation
    from sreagent.wiring import alerts, runs

    del debug
    info = known(incident)
    played = play or json or not (sys.stdin.isatty() and sys.stdout.isatty())
    if not json:
        out_ = console()
        out_.print(Text(f"Demo: {info.title}", style="bold"))
        out_.print(Text(info.story, style="dim"))
        out_.print(Text("A pretend cluster on this machine" + (_PLAYED if played else "."), "dim"))
        out_.print()
    with Simulation.start(incident) as simulation:
        settings = Settings(
            kubeconfig=str(simulation.kubeconfig),
            prometheus=simulation.prometheus_url,
            alertmanager=simulation.alertmanager_url,
        )
        alert = alerts.find_alert(info.alert, settings)
        code = conduct(
            lambda people: runs.investigation(alert, settings, runs.Wishes(), people),
            Show(as_json=json, out=out, answers=Player() if played else None),
        )
    raise typer.Exit(code)
