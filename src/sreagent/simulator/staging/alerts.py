"""`rules.yaml` and `alerts.json`: what alerts an incident has."""

from pathlib import Path

from sreagent.simulator.clock import moment_of
from sreagent.simulator.objects import Json
from sreagent.simulator.rules import Alert, Rule, read_rules
from sreagent.simulator.staging.documents import json_list, yaml_mapping
from sreagent.simulator.staging.errors import StagingError
from sreagent.simulator.staging.placeholders import fill_moments


def rules_in(path: Path) -> tuple[Rule, ...]:
    """The alert rules of a Prometheus rule file; none when there is no file.

    Raises:
        StagingError: It cannot be understood.
    """
    if not path.is_file():
        return ()
    try:
        return read_rules(yaml_mapping(path).get("groups") or ())
    except (ValueError, KeyError, TypeError) as problem:
        raise StagingError(path, f"is no rule file: {problem}") from problem


def alerts_in(path: Path, now: float) -> tuple[Alert, ...]:
    """The alerts that were sent to Alertmanager.

    Raises:
        StagingError: It cannot be understood.
    """
    told = json_list(path, lambda text: fill_moments(text, now))
    try:
        return tuple(_alert(each, now) for each in told)
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise StagingError(path, f"holds no alerts: {problem}") from problem


def _alert(data: Json, now: float) -> Alert:
    started = moment_of(data["startsAt"]) if "startsAt" in data else now
    return Alert(
        rule=None,
        labels={str(key): str(value) for key, value in data["labels"].items()},
        annotations={str(k): str(v) for k, v in (data.get("annotations") or {}).items()},
        active_since=started,
        fires_since=started,
        value=1.0,
        ends_at=moment_of(data["endsAt"]) if "endsAt" in data else now + 86400,
        link=str(data.get("generatorURL") or ""),
    )
