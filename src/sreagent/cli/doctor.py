"""`sre doctor`: check everything that a run would use, and say what to type."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from sreagent.cli import options
from sreagent.domain.errors import Exit

if TYPE_CHECKING:
    from sreagent.cli.checkup import Check

MARKS = {"fine": "✓", "broken": "✗", "unused": "\u2013"}
STYLES = {"fine": "green", "broken": "bold red", "unused": "dim"}
_WIDTH = 13


def doctor(
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
    namespace: options.Namespace = None,
    prometheus: options.Prometheus = None,
    alertmanager: options.Alertmanager = None,
    model: options.Model = None,
    model_url: options.ModelUrl = None,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Check what a run would use: cluster, metrics, alerts, account, policy and model.

    Nothing is changed. A model is asked one short question, which costs next to nothing.
    """
    from sreagent.cli.checkup import examine
    from sreagent.wiring.parts import Parts

    del debug
    settings = options.settings(
        context=context,
        kubeconfig=kubeconfig,
        namespace=namespace,
        prometheus=prometheus,
        alertmanager=alertmanager,
        model=model,
        model_url=model_url,
    )
    checks = examine(Parts(settings))
    raise typer.Exit(exit_of(_as_json(checks) if json else _shown(checks)))


def exit_of(checks: "Iterable[Check]") -> Exit:
    """What the shell learns of them."""
    broken = [check for check in checks if check.state == "broken"]
    if any(check.settings for check in broken):
        return Exit.USAGE
    return Exit.FAILED if broken else Exit.OK


def _as_json(checks: "Iterable[Check]") -> "list[Check]":
    import json

    known = list(checks)
    body = {"fine": exit_of(known) is Exit.OK, "checks": [asdict(check) for check in known]}
    print(_safe(json.dumps(body, indent=2, ensure_ascii=False)))
    return known


def _shown(checks: "Iterable[Check]") -> "Iterator[Check]":
    """Show each as it comes: bold and coloured at a terminal, plain lines in a pipe."""
    from rich.text import Text

    from sreagent.cli.screen import console

    out = console()
    for check in checks:
        first, *more = lines(check)
        text = Text(_safe(first))
        text.stylize(STYLES[check.state], 0, 1)
        out.print(text)
        for line in more:
            out.print(Text(_safe(line), "dim"))
        yield check


def lines(check: "Check") -> "Iterator[str]":
    """What a person reads of one check."""
    took = f"  ({check.seconds:.1f} s)" if check.seconds >= 0.05 else ""
    yield f"{MARKS[check.state]} {check.name:<{_WIDTH}}{check.said}{took}"
    for line in filter(None, (check.why, check.hint)):
        yield f"  {'':<{_WIDTH}}{line}"


def _safe(text: str) -> str:
    """Errors quote what others sent: neither secrets nor escapes of it reach the screen."""
    from sreagent.domain.text import clean, visible
    from sreagent.policy.redaction import redact

    return clean(redact(visible(text)))
