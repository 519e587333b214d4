"""What the real terraform finds when it refreshes is what is found here, but for the noise."""

import json
from collections import defaultdict
from random import Random

import pytest
from tests.drift.oracle.truth import drift_of, is_noise, put, root, roots_of
from tests.drift.oracle.world import World, read_of, secrets_of
from tests.drift.state.terraform import Terraform
from tests.programs import sre

from sreagent.drift.compare.compare import Difference, differences
from sreagent.drift.compare.shape import Shape
from sreagent.drift.reality.known import kinds
from sreagent.drift.refreshed import by_terraform

SHAPE = Shape(sets=frozenset({"groups", "peers"}), maps=frozenset({"labels", "placement.hosts"}))


@pytest.fixture(scope="module", params=range(2), ids=lambda seed: f"seed {seed}")
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    made = World(Terraform(tmp_path_factory.mktemp("code")), Random(request.param))  # noqa: S311 - drift needs no secret dice
    made.build()
    return made


def test_a_plan_tells_the_drift_that_terraform_found(world: World) -> None:
    told = by_terraform(read_of(world.plan), kinds())
    found = {(each.managed.address, root(each.difference.path)) for each in told.drifted}
    found |= {(each.managed.address, "") for each in told.gone}
    assert len(found) > 20
    assert found == roots_of(world.plan)


def test_what_is_told_put_into_what_was_is_what_terraform_read(world: World) -> None:
    told: dict[tuple[str, str], list[Difference]] = defaultdict(list)
    for each in by_terraform(read_of(world.plan), kinds()).drifted:
        told[each.managed.address, root(each.difference.path)].append(each.difference)
    changes = {entry["address"]: entry["change"] for entry in drift_of(world.plan)}
    for (address, name), found in told.items():
        change = changes[address]
        assert is_noise(put(change["before"][name], name, found), change["after"][name])


def test_the_state_beside_what_the_provider_reads_tells_the_same(world: World) -> None:
    """No plan is read: what terraform does to compare is done here."""
    moved = {f"fake_thing.{name}": f"fake_thing.moved_{name}" for name in ("r0", "r1")}
    found = set()
    for managed in read_of(world.before).resources:
        if managed.deposed:
            continue
        address = moved.get(managed.address, managed.address)
        now = world.reality[managed.attributes["name"]]
        if now is None:
            found.add((address, ""))
            continue
        read = {**managed.attributes, **now}
        found |= {
            (address, root(each.path)) for each in differences(managed.attributes, read, SHAPE)
        }
    assert found == roots_of(world.plan)


def test_a_full_plan_tells_what_one_that_only_refreshes_tells(world: World) -> None:
    """Code that was not applied is no drift. Terraform leaves out what no change depends on."""
    whole = by_terraform(read_of(world.planned()), kinds())
    only = by_terraform(read_of(world.plan), kinds())
    assert {each.key for each in whole.drifted} == {each.key for each in only.drifted}
    assert {each.managed.address for each in whole.gone} == {
        each.managed.address for each in only.gone
    }


def test_the_program_tells_a_plan_and_no_secret(world: World) -> None:
    (world.terraform.folder / "plan.json").write_bytes(world.plan)
    plan = str(world.terraform.folder / "plan.json")
    done = sre("drift", "--state", plan, "--no-who", "--json")
    assert done.code == 2
    report = done.json
    told = {(each["address"], root(each["path"])) for each in report["changed"]}
    told |= {(each["address"], "") for each in report["missing"]}
    assert told == roots_of(world.plan)
    left_over = [(each["address"], each["id"], each["exists"]) for each in report["left_over"]]
    assert left_over == [("fake_thing.r2", "t-left0", True)]
    for shown in (done.out, json.dumps(report, ensure_ascii=False), done.err):
        assert [secret for secret in secrets_of(world) if secret in shown] == []
    assert any(secret in world.plan.decode() for secret in secrets_of(world))
