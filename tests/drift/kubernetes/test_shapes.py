"""States of other versions, or written by hand: whatever stands there, the rest is compared."""

import copy
import random
from typing import Any

import pytest
from tests.drift.kubernetes import states
from tests.drift.kubernetes.clusters import Cluster
from tests.drift.kubernetes.test_examine import config_map, managed

from sreagent.drift.examine_kubernetes import examine_kubernetes
from sreagent.drift.reality.kubernetes.manifests import stated

ODD: tuple[Any, ...] = (
    None,
    "",
    "x",
    0,
    -1,
    3.5,
    True,
    [],
    {},
    [None],
    [[]],
    {"": None},
    ["a", {}],
)
TYPES = sorted(states.everything())


def distorted(value: Any, dice: random.Random) -> Any:
    """A copy in which one thing has another shape."""
    value = copy.deepcopy(value)
    holder, key = value, dice.choice(sorted(value))
    while isinstance(holder[key], dict | list) and holder[key] and dice.random() < 0.8:
        holder = holder[key]
        key = dice.randrange(len(holder)) if isinstance(holder, list) else dice.choice([*holder])
    holder[key] = dice.choice(ODD)
    return value


@pytest.mark.parametrize("type_", TYPES)
def test_no_shape_of_a_state_ends_the_run(type_: str) -> None:
    dice = random.Random(type_)  # noqa: S311 - the same tests each time
    whole = states.everything()[type_]
    other = config_map("other")
    for _ in range(60):
        odd = managed(type_, distorted(whole, dice))
        cluster = Cluster()
        cluster.make(other)["data"]["a"] = "2"
        if stated(type_, odd.attributes) and dice.random() < 0.5:
            live = managed(type_, whole)
            try:
                cluster.make(live)
            except KeyError:
                continue
        examined = examine_kubernetes([odd, other], cluster)
        assert "data.a" in {each.difference.path for each in examined.drifted}
