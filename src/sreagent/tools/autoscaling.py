"""Changes to how far an autoscaler may go."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from sreagent.domain.action import Action
from sreagent.domain.errors import TryAgain
from sreagent.tools.fields import FieldTool, Present
from sreagent.tools.impact import DEFAULT_LEAST
from sreagent.tools.verbs import Arguments, again, kubectl

FIELDS: Mapping[str, str] = {
    "min_replicas": "minReplicas",
    "max_replicas": "maxReplicas",
}
Bound = Annotated[int, Field(ge=1, le=10_000)]


class Bounds(Arguments):
    """One of them at least; what is not named stays."""

    min_replicas: Bound | None = None
    max_replicas: Bound | None = None

    @model_validator(mode="after")
    def _one_at_least(self) -> Self:
        if self.min_replicas is None and self.max_replicas is None:
            msg = "give min_replicas, max_replicas or both"
            raise ValueError(msg)
        return self


def _given(action: Action) -> dict[str, int]:
    """The bounds that are named, as the API calls them."""
    return {FIELDS[name]: value for name, value in action.arguments.items() if value is not None}


def _title(action: Action) -> str:
    words = [f"{name} {value}" for name, value in _given(action).items()]
    return f"Set {' and '.join(words)} of autoscaler {action.target.name}"


def _command(action: Action) -> str:
    fields = ",".join(f'"{name}":{value}' for name, value in _given(action).items())
    return kubectl(
        action.target, "patch hpa", action.target.name, f"-p '{{\"spec\":{{{fields}}}}}'"
    )


def _wanted(action: Action, present: Present) -> Mapping[str, Any]:
    bounds = {"minReplicas": DEFAULT_LEAST, **present.live["spec"], **_given(action)}
    if bounds["minReplicas"] > bounds["maxReplicas"]:
        least, most = bounds["minReplicas"], bounds["maxReplicas"]
        msg = f"set_autoscaler_bounds: the least, {least}, would be above the most, {most}"
        raise TryAgain(msg)
    return {f"/spec/{name}": value for name, value in _given(action).items()}


def _undo(action: Action, present: Present) -> Action:
    spec = present.live["spec"]
    return again(
        action,
        {
            name: spec.get(FIELDS[name], DEFAULT_LEAST)
            for name, value in action.arguments.items()
            if value is not None
        },
    )


SET_AUTOSCALER_BOUNDS = FieldTool(
    verb="set_autoscaler_bounds",
    kinds=frozenset({"HorizontalPodAutoscaler"}),
    arguments=Bounds,
    title=_title,
    command=_command,
    wanted=_wanted,
    undo=_undo,
)
