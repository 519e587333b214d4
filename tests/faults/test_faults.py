"""Each known fault that has a scene is found in it, at the right object; nobody else is blamed."""

import pytest
from tests.faults.scenes import Fault, catalogue, faults

FAULTS = faults()
KNOWN = {id_: group for group, faults in catalogue().items() for id_ in faults}


@pytest.mark.parametrize("one", FAULTS.values(), ids=lambda one: one.id)
def test_a_fault_is_found_where_it_is(one: Fault) -> None:
    causes = one.causes()
    told = [f"{cause.entity.path} {cause.confidence}: {cause.statement}" for cause in causes]
    assert [cause.entity.path for cause in causes] == list(one.roots), told
    assert not one.says or one.says in causes[0].statement, told


@pytest.mark.parametrize("one", FAULTS.values(), ids=lambda one: one.id)
def test_a_scene_is_of_a_known_fault(one: Fault) -> None:
    assert one.id in KNOWN


def test_of_each_group_at_least_the_first_is_found() -> None:
    missing = [next(iter(faults)) for faults in catalogue().values()]
    assert [id_ for id_ in missing if id_ not in FAULTS] == []


def test_two_of_three_known_faults_are_found() -> None:
    assert len(FAULTS) >= 120
