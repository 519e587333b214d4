"""`sre halt`: stop all changes at once, or let them run again."""

from typing import Annotated

import typer

from sreagent.cli import options


def halt(
    reason: Annotated[
        str | None, typer.Option("--reason", help="Stop all changes; why goes into the record.")
    ] = None,
    lift: Annotated[bool, typer.Option("--lift", help="Let changes run again.")] = False,
    json: options.Json = False,
    debug: options.Debug = False,
) -> None:
    """Stop every change of every run, or lift that; without an option, tell how it stands.

    Runs that are under way read it right before each write. Looking goes on.
    """
    import json as codec

    from sreagent.domain.errors import BadInput
    from sreagent.settings import load, person
    from sreagent.wiring import connections, guards

    del debug
    if lift and reason is not None:
        msg = "--reason stops changes and --lift lets them run; give one of the two"
        raise BadInput(msg)
    if reason is not None and not reason.strip():
        msg = "the reason is empty"
        raise BadInput(msg, hint='try: sre halt --reason "database failover under way"')
    switch = guards.kill_switch(load({}))
    said = ""
    if reason is not None:
        switch.halt(reason.strip(), person(), connections.system_clock())
        said = "All changes are stopped."
    elif lift:
        said = "Lifted." if switch.lift() else "Changes were not stopped here."
    standing = switch.reason()
    if json:
        print(codec.dumps({"halted": bool(standing), "reason": standing}))
        return
    print(" ".join(filter(None, (said, _told(standing)))))
    if reason is not None:
        print("To let them run again: sre halt --lift")


def _told(standing: str) -> str:
    return f"Stopped: {standing}" if standing else "Changes may run, as far as policy lets them."
