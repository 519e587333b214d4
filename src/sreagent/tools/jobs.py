"""Changes to what runs to its end: schedules are suspended and resumed, failed Jobs deleted."""

from sreagent.domain.action import Action
from sreagent.domain.errors import TryAgain
from sreagent.domain.inventory import Obj, controller_ref
from sreagent.tools.fields import FieldTool, Present
from sreagent.tools.removals import RemovalTool
from sreagent.tools.verbs import Arguments, kubectl

SCHEDULES = "CronJob"


def _suspended(action: Action, present: Present, *, wanted: bool) -> dict[str, bool]:
    if bool(present.live["spec"].get("suspend")) is wanted:
        state = "suspended" if wanted else "not suspended"
        msg = f"{action.target} is {state} already"
        raise TryAgain(msg)
    return {"/spec/suspend": wanted}


def _command(action: Action, *, wanted: bool) -> str:
    patch = f'{{"spec":{{"suspend":{str(wanted).lower()}}}}}'
    return kubectl(action.target, "patch cronjob", action.target.name, f"-p '{patch}'")


def _failed_only(job: Obj) -> None:
    """A Job that runs, that is done, or that something else watches over, stays."""
    name = job["metadata"]["name"]
    conditions = (job.get("status") or {}).get("conditions") or ()
    if not any(one["type"] == "Failed" and one["status"] == "True" for one in conditions):
        msg = f"delete_job: job {name} has not failed"
        raise TryAgain(msg)
    owner = controller_ref(job)
    if owner and owner["kind"] != SCHEDULES:
        msg = f"delete_job: job {name} belongs to {owner['kind']} {owner['name']}"
        raise TryAgain(msg)


SUSPEND = FieldTool(
    verb="suspend",
    kinds=frozenset({SCHEDULES}),
    arguments=Arguments,
    title=lambda a: f"Suspend {a.target.name}",
    command=lambda a: _command(a, wanted=True),
    wanted=lambda a, present: _suspended(a, present, wanted=True),
    undo=lambda a, _: Action(verb="resume", target=a.target),
)
RESUME = FieldTool(
    verb="resume",
    kinds=frozenset({SCHEDULES}),
    arguments=Arguments,
    title=lambda a: f"Resume {a.target.name}",
    command=lambda a: _command(a, wanted=False),
    wanted=lambda a, present: _suspended(a, present, wanted=False),
    undo=lambda a, _: Action(verb="suspend", target=a.target),
)
DELETE_JOB = RemovalTool(
    verb="delete_job",
    kinds=frozenset({"Job"}),
    arguments=Arguments,
    title=lambda a: f"Delete failed job {a.target.name}",
    command=lambda a: kubectl(a.target, "delete job", a.target.name),
    refuse=_failed_only,
)
