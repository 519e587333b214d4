"""`sre resume`, `sre approve`, `sre reject` and `sre undo`: go on with an incident."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from sreagent.cli import options

if TYPE_CHECKING:
    from sreagent.cli.session import Show
    from sreagent.domain.ports import Reply
    from sreagent.settings import Settings


def resume(
    incident: options.Incident,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
    prometheus: options.Prometheus = None,
    dry_run: options.DryRun = False,
    read_only: options.ReadOnly = False,
    yes: options.Yes = False,
    json: options.Json = False,
    out: options.Out = None,
    time_limit: options.TimeLimit = None,
    verify_limit: options.VerifyLimit = None,
    debug: options.Debug = False,
) -> None:
    """Go on with an incident; a change in doubt is first looked up in the cluster."""
    from sreagent import wiring
    from sreagent.cli.session import Show, conduct

    del debug
    settings = options.settings(
        context=context,
        kubeconfig=kubeconfig,
        prometheus=prometheus,
        time_limit=time_limit,
        verify_limit=verify_limit,
    )
    wishes = wiring.Wishes(dry_run=dry_run, read_only=read_only)
    raise typer.Exit(
        conduct(
            lambda people: wiring.resumption(incident, settings, wishes, people),
            Show(yes=yes, as_json=json, out=out),
        )
    )


def approve(
    incident: options.Incident,
    action: options.ActionId,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
    json: options.Json = False,
    out: options.Out = None,
    verify_limit: options.VerifyLimit = None,
    debug: options.Debug = False,
) -> None:
    """Approve a proposed change, make it and verify it."""
    from sreagent.cli.session import Show
    from sreagent.domain.ports import Reply
    from sreagent.domain.record import Answer

    del debug
    settings = options.settings(context=context, kubeconfig=kubeconfig, verify_limit=verify_limit)
    reply = Reply(answer=Answer.RUN, how="sre approve")
    _answer(incident, action, reply, settings, Show(as_json=json, out=out))


def reject(
    incident: options.Incident,
    action: options.ActionId,
    reason: Annotated[str, typer.Option("--reason", help="Why not; it goes into the record.")],
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
    json: options.Json = False,
    out: options.Out = None,
    debug: options.Debug = False,
) -> None:
    """Refuse a proposed change, with the reason."""
    from sreagent.cli.session import Show
    from sreagent.domain.ports import Reply
    from sreagent.domain.record import Answer

    del debug
    settings = options.settings(context=context, kubeconfig=kubeconfig)
    reply = Reply(answer=Answer.REJECT, how="sre reject", reason=reason)
    _answer(incident, action, reply, settings, Show(as_json=json, out=out))


def undo(
    incident: options.Incident,
    action: options.ActionId,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask again.")] = False,
    json: options.Json = False,
    out: options.Out = None,
    debug: options.Debug = False,
) -> None:
    """Take a change back; refused when somebody changed the object since."""
    from sreagent import wiring
    from sreagent.cli.person import Messenger
    from sreagent.cli.session import Show, conduct
    from sreagent.domain.ports import Reply
    from sreagent.domain.record import Answer
    from sreagent.settings import person

    del debug
    settings = options.settings(context=context, kubeconfig=kubeconfig)
    said = Messenger(person(), Reply(answer=Answer.RUN, how="sre undo --yes"), undo=action)
    raise typer.Exit(
        conduct(
            lambda people: wiring.resumption(
                incident, settings, wiring.Wishes(), people, undo=action
            ),
            Show(as_json=json, out=out, answers=said if yes else None),
        )
    )


def _answer(incident: str, action: str, reply: "Reply", settings: "Settings", show: "Show") -> None:
    """Carry one answer into an incident and let it go on from there."""
    from sreagent import wiring
    from sreagent.cli.person import Messenger
    from sreagent.cli.session import conduct
    from sreagent.domain.action import ActionState
    from sreagent.domain.errors import BadInput
    from sreagent.journal import shelf
    from sreagent.settings import person, state_folder

    known = shelf.incident(state_folder(), incident)
    proposal = known.proposal(action)
    if proposal is None or proposal.state not in (ActionState.PROPOSED, ActionState.APPROVED):
        state = f"it is {proposal.state}" if proposal else "there is no such action"
        msg = f"{action} of {known.id} does not wait for an answer: {state}"
        raise BadInput(msg, hint=f"see: sre incidents show {known.id}")
    people = Messenger(person(), reply, action=action)
    raise typer.Exit(
        conduct(
            lambda _: wiring.resumption(known.id, settings, wiring.Wishes(), people),
            replace(show, answers=people),
        )
    )
