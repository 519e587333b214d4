"""States that the real terraform wrote are read as terraform itself reads them."""

import json
import secrets
from pathlib import Path

import pytest
from tests.drift.state.terraform import CODE, MODULE, Terraform

from sreagent.domain.errors import BadInput
from sreagent.domain.terraform import StateText
from sreagent.drift.state.managed import State
from sreagent.drift.state.reading import read

WORD = secrets.token_hex(8)


@pytest.fixture(scope="module")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    made = Terraform(tmp_path_factory.mktemp("code"))
    made.environment["TF_VAR_word"] = WORD
    made.write("main.tf", CODE)
    made.write("m/main.tf", MODULE)
    made.run("init")
    made.run("apply", "-auto-approve")
    made.run("taint", "terraform_data.counted[1]")
    made.run("state", "rm", "terraform_data.counted[0]")
    return made


@pytest.fixture(scope="module")
def state(terraform: Terraform) -> State:
    return read(StateText(source="main.tfstate", body=terraform.state))


def test_every_address_is_the_one_that_terraform_lists(state: State, terraform: Terraform) -> None:
    listed = terraform.run("state", "list").splitlines()
    assert sorted(each.address for each in state.resources) == sorted(listed)
    assert state.problems == ()


def test_the_state_and_what_terraform_shows_of_it_are_one(
    state: State, terraform: Terraform
) -> None:
    shown = read(StateText(source="shown", body=json.dumps(terraform.shown()).encode()))
    assert shown.problems == ()
    for one, other in zip(
        sorted(state.resources, key=lambda each: each.address),
        sorted(shown.resources, key=lambda each: each.address),
        strict=True,
    ):
        assert one.address == other.address
        assert one.attributes == other.attributes
        assert one.tainted == other.tainted
        assert one.sensitive == other.sensitive
        assert one.provider == other.provider == "terraform.io/builtin/terraform"
        assert set(one.dependencies) == set(other.dependencies)
    assert state.outputs == shown.outputs == {"word": WORD}


def test_a_value_of_any_type_is_told_without_its_type_and_its_secret_is_marked(
    state: State,
) -> None:
    found = {each.address: each for each in state.resources}
    tainted = found["terraform_data.counted[1]"]
    assert tainted.attributes["input"] == {"n": 1, "s": WORD, "l": [1, "a"]}
    assert tainted.sensitive == ("input.s",)
    assert tainted.tainted
    assert not found["terraform_data.counted[2]"].tainted


def test_no_text_of_a_resource_shows_its_values(state: State) -> None:
    assert WORD not in repr(state)


def test_a_plan_is_read_as_the_state_before_terraform_looked(
    state: State, terraform: Terraform
) -> None:
    terraform.run("plan", "-out", "plan.bin")
    plan = read(StateText(source="plan", body=json.dumps(terraform.shown("plan.bin")).encode()))
    assert {each.address: each.attributes for each in plan.resources} == {
        each.address: each.attributes for each in state.resources
    }
    assert plan.refreshed == ()
    assert plan.problems == ()


def test_a_plan_file_itself_says_how_to_show_it(terraform: Terraform) -> None:
    terraform.run("plan", "-out", "plan.bin")
    body = (terraform.folder / "plan.bin").read_bytes()
    with pytest.raises(BadInput) as refused:
        read(StateText(source="plan.bin", body=body))
    assert "plan file" in refused.value.message
    assert "terraform show -json" in refused.value.hint


def test_what_init_leaves_says_only_where_the_state_is(tmp_path: Path) -> None:
    other = Terraform(tmp_path)
    other.write("main.tf", 'terraform {\n  backend "local" {\n    path = "x.tfstate"\n  }\n}\n')
    other.run("init")
    body = (tmp_path / ".terraform" / "terraform.tfstate").read_bytes()
    with pytest.raises(BadInput, match="only says where the state is kept"):
        read(StateText(source=".terraform/terraform.tfstate", body=body))


def test_an_empty_state_that_was_shown_is_told_from_one_that_holds_nothing(
    tmp_path: Path,
) -> None:
    empty = Terraform(tmp_path)
    empty.write("main.tf", 'output "a" {\n  value = 1\n}\n')
    empty.run("init")
    shown = read(StateText(source="shown", body=empty.run("show", "-json").encode()))
    assert shown.resources == ()
    assert len(shown.problems) == 1
    empty.run("apply", "-auto-approve")
    applied = read(StateText(source="shown", body=empty.run("show", "-json").encode()))
    assert applied.problems == ()
