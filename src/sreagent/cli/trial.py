"""`python -m sreagent.cli.trial FOLDER`: play one incident, investigate it, print its score."""

import json
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

from sreagent.cli.person import Nobody
from sreagent.domain.errors import SreError
from sreagent.domain.incident import Incident
from sreagent.evaluate.expectation import category_of, read_expectation
from sreagent.evaluate.score import Score, judge


def main() -> int:
    """Print one line of JSON, whatever happens."""
    folder, kubernetes = Path(sys.argv[1]), sys.argv[2]
    score = _tried(folder, kubernetes)
    print(json.dumps(asdict(score)))
    return 0


def _tried(folder: Path, kubernetes: str) -> Score:
    from sreagent.simulator import StagingError

    nothing = Score(name=folder.name, category=category_of(folder), healthy=False)
    try:
        expected = read_expectation(folder)
        nothing = replace(nothing, healthy=expected.is_healthy)
        incident, seconds = _investigated(folder, expected.alert, kubernetes)
        return replace(judge(expected, incident), seconds=seconds)
    except StagingError as error:
        return replace(nothing, error=str(error))
    except SreError as error:
        return replace(nothing, error=f"{error.message} {error.why}".strip())


def _investigated(folder: Path, alert: str, kubernetes: str) -> tuple[Incident, float]:
    """Play an incident and look at it as `sre investigate --read-only` does, in how many s."""
    from sreagent import wiring
    from sreagent.settings import Settings, person
    from sreagent.simulator import Simulation

    with Simulation.start(folder, kubernetes=kubernetes) as simulation:
        settings = Settings(
            kubeconfig=str(simulation.kubeconfig),
            prometheus=simulation.prometheus_url,
            alertmanager=simulation.alertmanager_url,
        )
        begun = time.monotonic()
        found = wiring.find_alert(alert, settings)
        wishes = wiring.Wishes(read_only=True)
        with wiring.investigation(found, settings, wishes, Nobody(person(), yes=False)) as run:
            for _ in run.happenings():
                pass
            return run.incident, time.monotonic() - begun


if __name__ == "__main__":
    sys.exit(main())
