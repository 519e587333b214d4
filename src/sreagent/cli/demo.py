"""`sre demo [INCIDENT]`: the whole job on a pretend cluster, over HTTP."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.text import Text

from sreagent import wiring
from sreagent.cli import options
from sreagent.cli.screen import console
from sreagent.cli.session import Show, conduct
from sreagent.cli.sim import IncidentName, known
from sreagent.domain.action import Proposal
from sreagent.domain.evidence import Evidence
from sreagent.domain.ports import Reply
from sreagent.domain.record import Answer
from sreagent.domain.verdict import Ask
from sreagent.settings import Settings
from sreagent.simulator import Simulation
from sreagent.wiring import Wishes


class Player:
    """Says yes in the person's place: nothing in a pretend cluster can be hurt."""

    name = "demo"

    def ask(self, proposal: Proposal, verdict: Ask, cited: Sequence[Evidence]) -> Reply | None:
        """Yes."""
        del proposal, verdict, cited
        return Reply(answer=Answer.RUN, how="demo")


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
        alert = wiring.find_alert(info.alert, settings)
        code = conduct(
            lambda people: wiring.investigation(alert, settings, Wishes(), people),
            Show(as_json=json, out=out, answers=Player() if played else None),
        )
    raise typer.Exit(code)


_PLAYED = "; the demo answers yes for you."
