"""`python -m sreagent.cli.trial FOLDER VERSION`: play one incident, look into it, print its score.

Standard input says with which model, and what a scripted one answers.
"""

import json
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from sreagent.cli.person import Nobody
from sreagent.domain.errors import SreError
from sreagent.domain.incident import Incident
from sreagent.evaluate.expectation import category_of, read_expectation
from sreagent.evaluate.score import Score, judge


def main() -> int:
    """Print one line of JSON, whatever happens."""
    folder, kubernetes = Path(sys.argv[1]), sys.argv[2]
    score = _tried(folder, kubernetes, json.loads(sys.stdin.read() or "{}"))
    print(json.dumps(asdict(score)))
    return 0


def _tried(folder: Path, kubernetes: str, told: dict[str, Any]) -> Score:
    from sreagent.simulator import StagingError

    nothing = Score(name=folder.name, category=category_of(folder), healthy=False)
    try:
        expected = read_expectation(folder)
        nothing = replace(nothing, healthy=expected.is_healthy)
        incident, seconds = _investigated(folder, expected.alert, kubernetes, told)
        return replace(judge(expected, incident), seconds=seconds)
    except StagingError as error:
        return replace(nothing, error=str(error))
    except SreError as error:
        return replace(nothing, error=f"{error.message} {error.why}".strip())


def _investigated(
    folder: Path, alert: str, kubernetes: str, told: dict[str, Any]
) -> tuple[Incident, float]:
    """Play an incident and look at it as `sre investigate --read-only` does, in how many s."""
    from sreagent.settings import Settings, person
    from sreagent.simulator import Simulation
    from sreagent.wiring import alerts, runs

    with ExitStack() as stack:
        simulation = stack.enter_context(Simulation.start(folder, kubernetes=kubernetes))
        settings = Settings(
            kubeconfig=str(simulation.kubeconfig),
            prometheus=simulation.prometheus_url,
            alertmanager=simulation.alertmanager_url,
            **_of_model(told, stack),
        )
        begun = time.monotonic()
        found = alerts.find_alert(alert, settings)
        wishes = runs.Wishes(read_only=True, pages=told.get("pages"))
        with runs.investigation(found, settings, wishes, Nobody(person(), yes=False)) as run:
            for _ in run.happenings():
                pass
            return run.incident, time.monotonic() - begun


def _of_model(told: dict[str, Any], stack: ExitStack) -> dict[str, Any]:
    """The settings of the model; a scripted one is served until the stack is left."""
    settings: dict[str, Any] = told.get("settings") or {}
    if told.get("script") is None:
        return settings
    from sreagent.simulator.chat_site import chat

    site = stack.enter_context(chat(told["script"]))
    return {**settings, "model_url": site.url, "model_key_file": ""}


if __name__ == "__main__":
    sys.exit(main())
