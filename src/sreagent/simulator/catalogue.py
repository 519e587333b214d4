"""Which incidents there are, and the files each consists of."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "incidents"
SHOP = Path(__file__).parent / "shop"
"""The healthy shop all incidents start from."""


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
    folders = [each for each in FOLDER.iterdir() if (each / "incident.yaml").is_file()]
    found = sorted(((read_yaml(each / "incident.yaml"), each.name) for each in folders), key=_order)
    fields = ("title", "story", "alert", "namespace")
    return tuple(
        IncidentInfo(name=name, **{field: str(data[field]).strip() for field in fields})
        for data, name in found
    )


def read_part(incident: str, part: str) -> Any:  # noqa: ANN401 - YAML can be anything
    """One file of an incident; what it does not bring itself is the same as in the healthy shop."""
    known = [each.name for each in incidents()]
    if incident not in known:
        problem = f"no incident {incident!r}; there are: {', '.join(known)}"
        raise KeyError(problem)
    own = FOLDER / incident / f"{part}.yaml"
    return read_yaml(own if own.is_file() else SHOP / f"{part}.yaml")


def read_yaml(path: Path) -> Any:  # noqa: ANN401 - YAML can be anything
    """The only document of a YAML file."""
    return read_documents(path)[0]


@cache
def read_documents(path: Path) -> tuple[Any, ...]:
    """Every document of a YAML file; they are shared, so copy before changing one."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with path.open(encoding="utf-8") as file:
        return tuple(each for each in yaml.load_all(file, loader) if each)


def _order(found: tuple[Any, str]) -> tuple[int, str]:
    return found[0]["order"], found[1]
