"""What `ignore_changes` names, by address."""

import json
from pathlib import Path

import pytest
from tests.drift.state.terraform import CODE, MODULE, Terraform

from sreagent.clients.state_code import files_in, read_folder
from sreagent.domain.terraform import CodeFolder
from sreagent.drift.code.ignored import ignored_changes


def found(code: str, **files: str) -> dict[str, tuple[str, ...]]:
    return ignored_changes(
        CodeFolder(path=".", files={"main.tf": code.encode()}),
        lambda path: {"main.tf": files[path].encode()} if path in files else {},
    )


def lifecycle(ignored: str, name: str = "b") -> str:
    return f'resource "a" "{name}" {{\n  lifecycle {{\n    ignore_changes = {ignored}\n  }}\n}}\n'


@pytest.mark.parametrize(
    ("written", "names"),
    [
        pytest.param("[ami, user_data]", ("ami", "user_data"), id="names"),
        pytest.param('[tags["a.b"], tags.Name]', ('tags["a.b"]', "tags.Name"), id="keys"),
        pytest.param("[ebs[0].size,\n ]", ("ebs[0].size",), id="index"),
        pytest.param("all", ("all",), id="all"),
        pytest.param('["ami", "tags"]', ("ami", "tags"), id="texts"),
        pytest.param('["*"]', ("all",), id="star"),
        pytest.param("[]", (), id="nothing"),
        pytest.param("[ami, ami]", ("ami",), id="twice"),
    ],
)
def test_names_are_told_as_they_are_written(written: str, names: tuple[str, ...]) -> None:
    assert found(lifecycle(written)) == ({"a.b": names} if names else {})


def test_modules_are_followed_and_one_that_calls_itself_ends() -> None:
    call = 'module "net" {\n  source = "./net"\n}\n'
    deep = lifecycle("[x]") + 'module "deep" {\n  source = "../deep"\n}\n'
    again = lifecycle("all") + 'module "again" {\n  source = "./"\n}\n'
    told = found(call, net=deep, deep=again)
    assert told["module.net.a.b"] == ("x",)
    assert told["module.net.module.deep.a.b"] == ("all",)
    assert len(told) < 30


def test_modules_from_elsewhere_are_read_where_init_put_them() -> None:
    manifest = {"Modules": [{"Key": "", "Dir": "."}, {"Key": "vpc", "Dir": ".terraform/m/vpc"}]}
    folder = CodeFolder(
        path="infra",
        files={"main.tf": b'module "vpc" {\n  source = "registry/vpc/aws"\n}\n'},
        modules=json.dumps(manifest).encode(),
    )
    there = {"infra/.terraform/m/vpc": {"x.tf": lifecycle("[tags]").encode()}}
    assert ignored_changes(folder, lambda path: there.get(path, {})) == {
        "module.vpc.a.b": ("tags",)
    }


def test_json_says_it_too() -> None:
    code = {"resource": {"a": {"b": {"lifecycle": {"ignore_changes": ["tags", "${x.y}"]}}}}}
    folder = CodeFolder(path=".", files={"main.tf.json": json.dumps(code).encode()})
    assert ignored_changes(folder, lambda _: {}) == {"a.b": ("tags", "x.y")}


def test_code_without_any_ignores_nothing() -> None:
    assert found('resource "a" "b" {\n  x = 1\n}\nmodule "m" {\n  source = "r/x/y"\n}\n') == {}


def test_code_that_terraform_accepts_is_read_from_its_folders(tmp_path: Path) -> None:
    terraform = Terraform(tmp_path)
    terraform.write("main.tf", CODE)
    terraform.write("m/main.tf", MODULE)
    terraform.run("init")
    assert ignored_changes(read_folder(str(tmp_path)), files_in) == {
        "module.m.terraform_data.dep": ("input",)
    }
