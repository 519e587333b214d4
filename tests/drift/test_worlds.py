"""Nothing is told of a world as Terraform left it, and exactly what was done of one that was."""

import random

import pytest
from tests.drift.conftest import Examine, built, found_in
from tests.drift.worlds.world import Aws, builders

ALL = sorted(builders())


@pytest.mark.parametrize("name", ALL)
def test_a_world_as_terraform_left_it_has_no_drift(name: str, aws: Aws, examined: Examine) -> None:
    world = built(aws, [name])[name]
    found = examined(world.things, alone=True)
    assert found_in(found) == set()
    unfolded = {(each.real.type, each.real.id) for each in found.strangers if not each.real.folded}
    read = {each.type for each in found.coverage}
    assert unfolded == {each for each in world.strangers if each[0] in read}
    assert {(each.type, each.extent) for each in found.coverage if each.why} == set()


@pytest.mark.parametrize("name", ALL)
def test_what_somebody_did_is_told_and_nothing_else(name: str, aws: Aws, examined: Examine) -> None:
    build = builders()[name]
    worlds = [build(aws, f"m{place}") for place in range(len(build(aws, "m").mutations))]
    done = [world.mutations[place] for place, world in enumerate(worlds)]
    for mutation in done:
        mutation.do()
    found = examined([thing for world in worlds for thing in world.things], alone=True)
    assert found_in(found) == {one for each in done for one in each.reports}
    owned = {(each.managed.address, each.difference.path) for each in found.drifted if each.owner}
    assert owned == {one for each in done if each.controlled for one in each.reports}


@pytest.mark.parametrize("seed", range(2))
def test_exactly_what_was_done_to_a_whole_estate_is_told(
    seed: int, aws: Aws, examined: Examine
) -> None:
    dice = random.Random(seed)  # noqa: S311 - chooses what happens, keeps no secret
    worlds = built(aws)
    chosen = [
        dice.choice(world.mutations)
        for world in worlds.values()
        if world.mutations and dice.random() < 0.6
    ]
    things = [thing for world in worlds.values() for thing in world.things]
    assert found_in(examined(things)) == set()
    for mutation in chosen:
        mutation.do()
    assert found_in(examined(things)) == {one for each in chosen for one in each.reports}
