"""When and how a run ends by itself."""

from collections.abc import Iterator

from sreagent.simulator.behaviour import NeededEnv, memory_limit
from sreagent.simulator.containers import Ending, Life, Run
from sreagent.simulator.objects import Json


def plan_end(life: Life, run: Run, pod: Json) -> Ending | None:
    """How this run will end, when nobody interferes."""
    return min(_endings(life, run, pod), key=lambda each: each.at, default=None)


def _endings(life: Life, run: Run, pod: Json) -> Iterator[Ending]:
    missing = next((each for each in run.program.needs_env if not each.is_met(run.env)), None)
    if missing is not None:
        yield _missing_variable(run, missing)
        return
    yield from _out_of_memory(life, run)
    program = run.program
    if program.exit_after is not None:
        if run.number < program.exit_times:
            yield Ending(
                at=run.started + program.exit_after,
                code=program.exit_code,
                reason="Error" if program.exit_code else "Completed",
                message=program.termination_message,
            )
    elif not program.runs_forever and not life.is_sidecar:
        yield from _work_done(life, run, pod)


def _missing_variable(run: Run, missing: NeededEnv) -> Ending:
    line = missing.line or f"fatal: required environment variable {missing.name} is not set"
    lines = tuple(line.rstrip("\n").split("\n"))
    at = run.started + missing.after
    return Ending(at=at, code=missing.exit_code, reason="Error", lines=lines)


def _out_of_memory(life: Life, run: Run) -> Iterator[Ending]:
    limit = memory_limit(life.spec)
    after = None if limit is None else run.memory.passes_after(limit)
    if after is not None:
        yield Ending(
            at=run.started + (after or run.program.oom_after), code=137, reason="OOMKilled"
        )


def _work_done(life: Life, run: Run, pod: Json) -> Iterator[Ending]:
    if life.is_init:
        if not any(each.effect == "wait" for each in run.program.depends_on):
            yield Ending(at=run.started + 1.0)
    elif pod["spec"].get("restartPolicy", "Always") != "Always":
        yield Ending(at=run.started + run.program.job_seconds)
