"""Which incidents come with the simulator."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "incidents"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentInfo:
    """What a person chooses an incident by."""

    name: str
    title: str
    story: str
    alert: str
    namespace: str


@cache
def incidents() -> tuple[IncidentInfo, ...]:
    """Every incident there is, in the order they are best met."""
    from sreagent.simulator.staging.scenario import FILE, read_scenario

    folders = [each for each in FOLDER.iterdir() if (each / FILE).is_file()]
    found = sorted(map(read_scenario, folders), key=lambda each: (each.order, each.name))
    return tuple(
        IncidentInfo(
            name=each.name,
            title=each.title,
            story=each.story,
            alert=each.alert,
            namespace=each.namespace,
        )
        for each in found
    )


def folder_of(incident: str | Path) -> Path:
    """The folder of an incident, named by its folder or by its name.

    Raises:
        KeyError: There is none of that name.
    """
    if isinstance(incident, Path):
        return incident
    known = [each.name for each in incidents()]
    if incident not in known:
        problem = f"no incident {incident!r}; there are: {', '.join(known)}"
        raise KeyError(problem)
    return FOLDER / incident
