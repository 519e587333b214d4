"""`sre investigate ALERT`."""

from typing import Annotated

import typer

from sreagent.cli import options

AlertText = Annotated[
    str,
    typer.Argument(
        metavar="ALERT",
        help="Free text, the name of a firing alert, a JSON file, or - for standard input.",
    ),
]


def investigate(
    alert: AlertText,
    context: options.Context = None,
    namespace: options.Namespace = None,
    kubeconfig: options.Kubeconfig = None,
    prometheus: options.Prometheus = None,
    alertmanager: options.Alertmanager = None,
    dry_run: options.DryRun = False,
    read_only: options.ReadOnly = False,
    yes: options.Yes = False,
    explain: options.Explain = False,
    json: options.Json = False,
    out: options.Out = None,
    model: options.Model = None,
    model_url: options.ModelUrl = None,
    time_limit: options.TimeLimit = None,
    verify_limit: options.VerifyLimit = None,
    debug: options.Debug = False,
) -> None:
    """Find the cause of an alert, propose the fix, make it on a yes, and write the postmortem."""
    from sreagent.cli.session import Show, conduct
    from sreagent.wiring import alerts, runs

    del debug
    settings = options.settings(
        context=context,
        namespace=namespace,
        kubeconfig=kubeconfig,
        prometheus=prometheus,
        alertmanager=alertmanager,
        model=model,
        model_url=model_url,
        time_limit=time_limit,
        verify_limit=verify_limit,
    )
    wishes = runs.Wishes(dry_run=dry_run, read_only=read_only)
    raise typer.Exit(
        conduct(
            lambda people: runs.investigation(
                alerts.find_alert(alert, settings), settings, wishes, people
            ),
            Show(yes=yes, as_json=json, explain=explain, out=out),
        )
    )
