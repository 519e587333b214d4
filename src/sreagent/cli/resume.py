"""`sre resume`, `sre approve`, `sre reject` and `sre undo`: go on with an incident."""

import sys
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from sreagent.cli import options

if TYPE_CHECKING:
    from sreagent.domain.action import Proposal
    from sreagent.domain.incident import Incident
    from sreagent.domain.ports import Reply


def resume(
    incident: options.Incident,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
    prometheus: options.Prometheus = None,
    dry_run: options.DryRun = False,
    read_only: options.ReadOnly = False,
    yes: options.Yes = False,
    explain: options.Explain = False,
    json: options.Json = False,
    out: options.Out = None,
    time_limit: options.TimeLimit = None,
    verify_limit: options.VerifyLimit = None,
    debug: options.Debug = False,
) -> None:
    """Go on with an incident; a change in doubt is first looked up in the cluster."""
    from sreagent.cli.session import Show, conduct
    from sreagent.wiring import runs

    del debug
    settings = options.settings(
        context=context,
        kubeconfig=kubeconfig,
        prometheus=prometheus,
        time_limit=time_limit,
        verify_limit=verify_limit,
    )
    wishes = runs.Wishes(dry_run=dry_run, read_only=read_only)
    raise typer.Exit(
        conduct(
            lambda people: runs.resumption(incident, settings, wishes, people),
            Show(yes=yes, as_json=json, explain=explain, out=out),
        )
    )


def approve(
    incident: options.Incident,
    action: options.ActionId,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
    key: Annotated[
        Path | None, typer.Option(help="Your private key, where the policy names approvers.")
    ] = None,
    json: options.Json = False,
    out: options.Out = None,
    verify_limit: options.VerifyLimit = None,
    debug: options.Debug = False,
) -> None:
    """Approve a change as it was shown, make it and verify it.

    If the object was changed since, the change is shown anew and waits.
    """
    from sreagent.cli.person import Messenger
    from sreagent.cli.session import Show, conduct
    from sreagent.domain.errors import InUse
    from sreagent.wiring import answers, runs

    del debug
    settings = options.settings(context=context, kubeconfig=kubeconfig, verify_limit=verify_limit)
    known, proposal = answers.waiting(incident, action)
    yes = answers.signed_yes(known, proposal, settings, key)
    people = Messenger(yes.by, yes, action=action, shown=proposal.fingerprint)
    try:
        code = conduct(
            lambda _: runs.resumption(known.id, settings, runs.Wishes(), people, about=action),
            Show(as_json=json, out=out, answers=people),
        )
    except InUse as busy:
        again = f"sre approve {known.id} {action}" + (f" --key {quote(str(key))}" if key else "")
        told = _hand_over(known, proposal, yes, busy.message, again)
        if json:
            _print_object(known.id)
        print(told, file=sys.stderr if json else sys.stdout)
        return
    raise typer.Exit(code)


def reject(
    incident: options.Incident,
    action: options.ActionId,
    reason: Annotated[str, typer.Option("--reason", help="Why not; it goes into the record.")],
    debug: options.Debug = False,
) -> None:
    """Refuse a proposed change, with the reason."""
    from sreagent.domain.errors import BadInput, Exit, InUse
    from sreagent.domain.ports import Reply
    from sreagent.domain.record import Answer
    from sreagent.wiring import answers

    del debug
    if not reason.strip():
        msg = "the reason is empty"
        raise BadInput(msg, hint=f'try: sre reject {incident} {action} --reason "…"')
    try:
        refused = answers.refuse(incident, action, reason)
    except InUse as busy:
        no = Reply(answer=Answer.REJECT, how="sre reject", reason=reason)
        known, proposal = answers.waiting(incident, action)
        again = f"sre reject {known.id} {action} --reason {quote(reason)}"
        print(_hand_over(known, proposal, no, busy.message, again))
        return
    print(f"{refused.id}: {action} is refused: {reason}")
    raise typer.Exit(Exit.REFUSED)


def _hand_over(
    incident: "Incident", proposal: "Proposal", said: "Reply", busy: str, again: str
) -> str:
    """Let the process that works on the incident have an answer; tells that it took it.

    Raises:
        InUse: It did not, so nothing came of the answer.
    """
    from sreagent.domain.errors import InUse
    from sreagent.wiring import answers

    if not answers.hand_over(incident, proposal, said):
        why = f"it does not ask about {proposal.id} now, so your answer was not taken"
        raise InUse(busy, why=why, hint=f"when it has ended: {again}")
    return f"{busy}: your answer to {proposal.id} was handed over there."


def _print_object(incident: str) -> None:
    """The incident as it stands, while another process works on it."""
    import json

    from sreagent.journal import shelf
    from sreagent.report.outcome import as_json
    from sreagent.settings import state_folder

    found = shelf.incident(state_folder(), incident)
    print(json.dumps(as_json(found), indent=2, ensure_ascii=False))


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
    from sreagent.cli.person import Messenger
    from sreagent.cli.session import Show, conduct
    from sreagent.domain.ports import Reply
    from sreagent.domain.record import Answer
    from sreagent.settings import person
    from sreagent.wiring import runs

    del debug
    settings = options.settings(context=context, kubeconfig=kubeconfig)
    said = Messenger(person(), Reply(answer=Answer.RUN, how="sre undo --yes"), undo=action)
    raise typer.Exit(
        conduct(
            lambda people: runs.resumption(incident, settings, runs.Wishes(), people, undo=action),
            Show(as_json=json, out=out, answers=said if yes else None),
        )
    )
