"""Says in one call what is wrong with an object."""

from typing import Any

from sreagent.domain.entity import Entity
from sreagent.domain.finding import Category, Finding
from sreagent.domain.inventory import Obj


def say(entity: Entity, item: Obj, condition: str, said: str, **more: Any) -> Finding:  # noqa: ANN401
    """A finding whose claim is the name of the object and what is said of it.

    It is about configuration unless `category` says otherwise; `more` are fields of `Finding`.
    """
    return Finding(
        condition=condition,
        entity=entity,
        claim=f"{entity} {said}",
        category=more.pop("category", Category.CONFIGURATION),
        uid=str(item["metadata"].get("uid") or ""),
        command=more.pop("command", entity.get),
        **more,
    )
