"""What the plan of the real terraform says, without what is documented as noise."""

import json
import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import Any

from sreagent.drift.compare.compare import Difference

Json = Any
Root = tuple[str, str]
"""Address and attribute; an empty attribute stands for all of a thing that is gone."""

VOLATILE = frozenset({"id", "status"})
EMPTY: tuple[Json, ...] = (None, "", 0, False)


def drift_of(plan: bytes) -> Iterator[dict[str, Json]]:
    """The entries that are no mere moves."""
    for entry in json.loads(plan).get("resource_drift") or ():
        if entry["change"]["actions"] != ["no-op"]:
            yield entry


def roots_of(plan: bytes) -> set[Root]:
    return {root for entry in drift_of(plan) for root in _roots(entry)}


def _roots(entry: dict[str, Json]) -> Iterator[Root]:
    before, after = entry["change"]["before"], entry["change"]["after"]
    if after is None:
        yield entry["address"], ""
        return
    for name in before.keys() | after.keys():
        if name not in VOLATILE and not is_noise(before.get(name), after.get(name)):
            yield entry["address"], name


def is_noise(before: Json, after: Json) -> bool:
    """Whether two values mean the same: JSON in another order, or nothing at all."""
    if before == after and isinstance(before, bool) == isinstance(after, bool):
        return True
    if _says_nothing(before) and _says_nothing(after):
        return True
    if not (isinstance(before, str) and isinstance(after, str) and before[:1] == after[:1] == "{"):
        return False
    return bool(json.loads(before) == json.loads(after))


def _says_nothing(value: Json) -> bool:
    if isinstance(value, dict):
        return all(map(_says_nothing, value.values()))
    return all(map(_says_nothing, value)) if isinstance(value, list) else value in EMPTY


def root(path: str) -> str:
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def put(before: Json, name: str, differences: Iterable[Difference]) -> Json:
    """What an attribute is when all that is told of it is done to what it was.

    Only members of `labels`, `tags` and `hosts` may have dots in their names.
    """
    whole = {name: deepcopy(before)}
    gone: list[tuple[Json, Json]] = []
    for each in differences:
        home, step = _home(whole, each.path)
        has = step in home if isinstance(home, dict) else step < len(home)
        assert (home[step] if has else None) == each.before
        if each.after is None and isinstance(home, dict) and step != name:
            del home[step]
        elif each.after is None and isinstance(home, list):
            gone.append((home, home[step]))
        elif isinstance(home, list) and not has:
            home.append(each.after)
        else:
            home[step] = each.after
    for home, value in gone:
        home.remove(value)
    return whole[name]


def _home(whole: Json, path: str) -> tuple[Json, Json]:
    """The object or the list that holds what a path means, and its key there."""
    in_a_map = re.fullmatch(r"((?:.*\.)?(?:labels|tags|hosts))\.(.*)", path)
    where, key = in_a_map.groups() if in_a_map else (path, "")
    steps: list[Json] = [
        int(number) if number else name
        for number, name in re.findall(r"\[(\d+)\]|([^.\[\]]+)", where)
    ]
    steps += [key] if in_a_map else []
    for step in steps[:-1]:
        whole = whole[step]
    return whole, steps[-1]
