"""Options that several commands share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from sreagent.settings import Settings

Context = Annotated[str | None, typer.Option(help="Context of the kubeconfig.")]
Kubeconfig = Annotated[str | None, typer.Option(help="Kubeconfig file; several with a colon.")]
Namespace = Annotated[str | None, typer.Option("--namespace", "-n", help="Namespace to look at.")]
Prometheus = Annotated[str | None, typer.Option(metavar="URL", help="Address of Prometheus.")]
Alertmanager = Annotated[str | None, typer.Option(metavar="URL", help="Address of Alertmanager.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would run; change nothing.")]
ReadOnly = Annotated[bool, typer.Option("--read-only", help="Propose nothing that changes.")]
Yes = Annotated[
    bool,
    typer.Option("--yes", help="Approve bounded changes; never what needs a person."),
]
Explain = Annotated[
    bool, typer.Option("--explain", help="Show the tree of hypotheses with all its reasons.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Out = Annotated[Path | None, typer.Option("--out", help="Where the postmortem is written.")]
Model = Annotated[
    str | None, typer.Option(metavar="PROVIDER/MODEL", help="Language model that takes part.")
]
ModelUrl = Annotated[
    str | None, typer.Option(metavar="URL", help="Server of your own that runs the model.")
]
TimeLimit = Annotated[
    float | None, typer.Option(metavar="SECONDS", help="How long looking may take.")
]
VerifyLimit = Annotated[
    float | None, typer.Option(metavar="SECONDS", help="How long a change may take to help.")
]
Debug = Annotated[bool, typer.Option("--debug", help="Show tracebacks.")]
Incident = Annotated[str, typer.Argument(help="INC-…, a unique part of it, or `last`.")]
ActionId = Annotated[str, typer.Argument(metavar="ACTION", help="A1, A2, …")]


def settings(**flags: Any) -> "Settings":  # noqa: ANN401 - flags of several types
    """Settings with the flags that were given on top."""
    from sreagent.settings import load

    return load(flags)
