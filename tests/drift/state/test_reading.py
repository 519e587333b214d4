"""States of every format and in every condition, and what is no state at all."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from sreagent.domain.errors import BadInput
from sreagent.domain.terraform import LARGEST, Held, StateText
from sreagent.drift.state.managed import Managed, State
from sreagent.drift.state.reading import read

AWS = 'provider["registry.terraform.io/hashicorp/aws"]'


def state(*resources: Any, **more: Any) -> bytes:
    document = {
        "version": 4,
        "terraform_version": "1.11.4",
        "serial": 7,
        "lineage": "83c8e6db",
        "outputs": {},
        "resources": list(resources),
        "check_results": None,
        **more,
    }
    return json.dumps(document).encode()


def resource(*instances: Any, **more: Any) -> dict[str, Any]:
    return {
        "mode": "managed",
        "type": "aws_subnet",
        "name": "app",
        "provider": AWS,
        "instances": list(instances) or [instance()],
        **more,
    }


def instance(attributes: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "attributes": {"id": "s-1"} if attributes is None else attributes,
        **more,
    }


def reading(body: bytes, **more: Any) -> State:
    return read(StateText(source="prod.tfstate", body=body, **more))


def only(body: bytes) -> Managed:
    found = reading(body)
    assert found.problems == ()
    (managed,) = found.resources
    return managed


def refused(body: bytes) -> BadInput:
    with pytest.raises(BadInput) as error:
        reading(body)
    assert error.value.message.startswith("prod.tfstate: ")
    assert error.value.hint
    return error.value


def test_a_state_tells_its_version_serial_and_who_holds_it() -> None:
    held = Held(who="jo@laptop", operation="OperationTypeApply")
    found = reading(state(resource()), held=held, region="eu-west-1", lock_unknown="?")
    assert (found.serial, found.terraform_version) == (7, "1.11.4")
    assert (found.held, found.region, found.lock_unknown) == (held, "eu-west-1", "?")
    assert found.refreshed is None


def test_two_states_of_one_serial_are_told_apart() -> None:
    first, second = reading(state(resource())), reading(state(resource(name="db")))
    assert first.serial == second.serial
    assert first.digest != second.digest


@pytest.mark.parametrize(
    ("written", "address"),
    [
        pytest.param(resource(), "aws_subnet.app", id="alone"),
        pytest.param(resource(instance(index_key=0)), "aws_subnet.app[0]", id="counted"),
        pytest.param(resource(instance(index_key=2.0)), "aws_subnet.app[2]", id="a-float"),
        pytest.param(resource(instance(index_key="a")), 'aws_subnet.app["a"]', id="keyed"),
        pytest.param(resource(instance(index_key="")), 'aws_subnet.app[""]', id="empty-key"),
        pytest.param(
            resource(instance(index_key='z"q')), 'aws_subnet.app["z\\"q"]', id="escaped-quote"
        ),
        pytest.param(
            resource(instance(index_key="${a}")), 'aws_subnet.app["$${a}"]', id="template"
        ),
        pytest.param(
            resource(instance(index_key=1), module='module.net["k\\"1"].module.z[3]'),
            'module.net["k\\"1"].module.z[3].aws_subnet.app[1]',
            id="modules",
        ),
    ],
)
def test_an_address_is_written_as_terraform_writes_it(written: Any, address: str) -> None:
    assert only(state(written)).address == address


@pytest.mark.parametrize(
    ("written", "source", "alias"),
    [
        pytest.param(AWS, "registry.terraform.io/hashicorp/aws", "", id="usual"),
        pytest.param(f"{AWS}.eu", "registry.terraform.io/hashicorp/aws", "eu", id="alias"),
        pytest.param(
            f"module.x.{AWS}", "registry.terraform.io/hashicorp/aws", "module.x", id="in-module"
        ),
        pytest.param(
            f"module.x.module.y.{AWS}.eu",
            "registry.terraform.io/hashicorp/aws",
            "module.x.module.y.eu",
            id="alias-in-module",
        ),
        pytest.param(
            'provider["registry.opentofu.org/hashicorp/aws"]',
            "registry.opentofu.org/hashicorp/aws",
            "",
            id="opentofu",
        ),
        pytest.param("provider.aws.eu", "registry.terraform.io/hashicorp/aws", "eu", id="0.12"),
        pytest.param(
            "module.x.provider.aws", "registry.terraform.io/hashicorp/aws", "module.x", id="0.12-in"
        ),
        pytest.param(
            'provider["registry.terraform.io/-/aws"]',
            "registry.terraform.io/hashicorp/aws",
            "",
            id="upgraded-from-0.12",
        ),
        pytest.param("provider.terraform", "terraform.io/builtin/terraform", "", id="built-in"),
    ],
)
def test_a_provider_is_told_with_its_alias(written: str, source: str, alias: str) -> None:
    managed = only(state(resource(provider=written)))
    assert (managed.provider, managed.alias) == (source, alias)


def test_data_sources_are_left_out() -> None:
    assert reading(state(resource(mode="data"), resource())).resources[0].name == "app"
    assert len(reading(state(resource(mode="data"))).resources) == 0


def test_gaps_in_a_count_and_tainted_objects_are_told_as_they_are() -> None:
    found = reading(state(resource(instance(index_key=0), instance(index_key=2, status="tainted"))))
    assert [(each.address, each.tainted) for each in found.resources] == [
        ("aws_subnet.app[0]", False),
        ("aws_subnet.app[2]", True),
    ]


def test_a_deposed_object_stands_beside_the_current_one() -> None:
    found = reading(
        state(resource(instance({"id": "old"}, deposed="0a1b2c3d"), instance({"id": "new"})))
    )
    assert [(each.deposed, each.id) for each in found.resources] == [
        ("0a1b2c3d", "old"),
        ("", "new"),
    ]


@pytest.mark.parametrize(
    ("marks", "paths"),
    [
        pytest.param([[{"type": "get_attr", "value": "password"}]], ("password",), id="steps"),
        pytest.param(
            [
                [
                    {"type": "get_attr", "value": "rule"},
                    {"type": "index", "value": {"value": 0, "type": "number"}},
                    {"type": "get_attr", "value": "token"},
                ]
            ],
            ("rule[0].token",),
            id="number-index",
        ),
        pytest.param(
            [
                [
                    {"type": "get_attr", "value": "tags"},
                    {"type": "index", "value": {"value": "a.b", "type": "string"}},
                ]
            ],
            ("tags.a.b",),
            id="key-index",
        ),
        pytest.param([{"type": "get_attr", "value": "password"}], ("password",), id="flat-steps"),
        pytest.param(["password", "token"], ("password", "token"), id="names"),
        pytest.param([], (), id="none"),
        pytest.param(None, (), id="null"),
    ],
)
def test_what_is_sensitive_is_told_in_every_spelling(marks: Any, paths: tuple[str, ...]) -> None:
    assert only(state(resource(instance(sensitive_attributes=marks)))).sensitive == paths


def test_values_of_any_type_are_unwrapped_and_maps_that_look_alike_are_not() -> None:
    dynamic = {"value": {"a": [1]}, "type": ["object", {"a": ["tuple", ["number"]]}]}
    likeness = {"type": "string", "value": "x"}
    managed = only(
        state(resource(instance({"id": "1", "body": dynamic, "tags": likeness, "r": [likeness]})))
    )
    assert managed.attributes == {"id": "1", "body": {"a": [1]}, "tags": likeness, "r": [likeness]}
    other = only(
        state(
            resource(
                instance({"input": likeness, "n": {"type": "number", "value": "x"}}),
                provider='provider["terraform.io/builtin/terraform"]',
            )
        )
    )
    assert other.attributes == {"input": "x", "n": {"type": "number", "value": "x"}}


def test_write_only_attributes_are_not_known() -> None:
    managed = only(state(resource(instance({"id": "1", "password_wo": None, "password": None}))))
    assert managed.attributes == {"id": "1", "password": None}


def test_attributes_of_before_0_12_get_their_lists_and_maps_back() -> None:
    flat = {
        "id": "sg-1",
        "tags.%": "2",
        "tags.Name": "x",
        "tags.kubernetes.io/cluster/a": "owned",
        "ingress.#": "1",
        "ingress.2541437006.from_port": "443",
        "ingress.2541437006.cidr_blocks.#": "2",
        "ingress.2541437006.cidr_blocks.0": "10.0.0.0/8",
        "ingress.2541437006.cidr_blocks.1": "10.1.0.0/16",
        "ingress.2541437006.prefix_list_ids.#": "0",
        "egress.#": "0",
        "labels.%": "0",
        "later": "74D93920-ED26-11E3-AC10-0800200C9A66",
    }
    written = {"schema_version": 1, "attributes_flat": flat}
    assert only(state(resource(written))).attributes == {
        "id": "sg-1",
        "tags": {"Name": "x", "kubernetes.io/cluster/a": "owned"},
        "ingress": [
            {
                "from_port": "443",
                "cidr_blocks": ["10.0.0.0/8", "10.1.0.0/16"],
                "prefix_list_ids": [],
            }
        ],
        "egress": [],
        "labels": {},
    }


def test_lists_of_more_than_ten_keep_their_order() -> None:
    flat = {"a.#": "12", **{f"a.{place}": str(place) for place in range(12)}}
    managed = only(state(resource({"attributes_flat": flat})))
    assert managed.attributes["a"] == [str(place) for place in range(12)]


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        pytest.param("a text", "resource 1 of the state", id="no-object"),
        pytest.param({"mode": "managed"}, "resource 1 of the state", id="no-type"),
        pytest.param(resource(mode=None), "aws_subnet.app", id="no-mode"),
        pytest.param(resource(instances="x"), "aws_subnet.app", id="instances-no-list"),
        pytest.param(resource(None), "instance 1 of aws_subnet.app", id="instance-null"),
        pytest.param(resource(instance(index_key=[1])), "instance 1 of aws_subnet.app", id="key"),
        pytest.param(resource({"schema_version": 1}), "instance 1 of aws_subnet.app", id="empty"),
        pytest.param(resource(instance("text")), "instance 1 of aws_subnet.app", id="attributes"),
    ],
)
def test_one_bad_resource_never_takes_the_others_with_it(bad: Any, told: str) -> None:
    found = reading(state(bad, resource(name="db")))
    assert [each.address for each in found.resources] == ["aws_subnet.db"]
    (problem,) = found.problems
    assert problem.startswith(f"{told} cannot be read: ")


def test_a_bad_instance_leaves_its_siblings() -> None:
    found = reading(state(resource(instance(index_key=0), None, instance(index_key=2))))
    assert [each.address for each in found.resources] == ["aws_subnet.app[0]", "aws_subnet.app[2]"]
    assert len(found.problems) == 1


def test_an_address_that_stands_twice_is_told() -> None:
    found = reading(state(resource(), resource(instance({"id": "s-2"}))))
    assert [each.id for each in found.resources] == ["s-1"]
    assert "stands twice" in found.problems[0]


@pytest.mark.parametrize("serial", [-1, "seven", None, 1.5, True, 10**30])
def test_a_serial_that_cannot_be_is_told_and_the_rest_is_read(serial: Any) -> None:
    found = reading(state(resource(), serial=serial))
    assert found.serial == 0
    assert len(found.resources) == 1
    assert "serial" in found.problems[0]


def test_what_its_place_says_against_a_state_is_among_its_problems() -> None:
    assert reading(state(resource()), doubts=("another digest",)).problems == ("another digest",)


def old(**more: Any) -> bytes:
    primary = {
        "id": "i-1",
        "attributes": {"id": "i-1", "tags.%": "1", "tags.Name": "x"},
        "meta": {"schema_version": "1"},
        "tainted": True,
    }
    found = {
        "type": "aws_instance",
        "depends_on": ["aws_subnet.a", "data.aws_ami.x", "aws_eip.b.*", "module.y"],
        "primary": primary,
        "deposed": [{**primary, "id": "i-0", "attributes": {"id": "i-0"}}],
        "provider": "provider.aws.eu",
    }
    modules = [
        {"path": ["root"], "outputs": {}, "resources": {"data.aws_ami.x": {}, "nonsense": found}},
        {"path": ["root", "net", "z"], "outputs": {}, "resources": {"aws_instance.web.2": found}},
    ]
    return json.dumps(
        {"version": 3, "serial": 9, "lineage": "l", "modules": modules, **more}
    ).encode()


def test_a_state_of_version_3_is_read() -> None:
    found = reading(old())
    current, left = found.resources
    assert current.address == left.address == "module.net.module.z.aws_instance.web[2]"
    assert current.attributes == {"id": "i-1", "tags": {"Name": "x"}}
    assert (current.alias, current.tainted) == ("eu", True)
    assert (left.id, left.deposed) == ("i-0", "00000001")
    assert current.dependencies == (
        "module.net.module.z.aws_subnet.a",
        "module.net.module.z.aws_eip.b",
        "module.y",
    )
    assert (found.serial, len(found.problems)) == (9, 1)


@pytest.mark.parametrize(
    ("body", "told", "hint"),
    [
        pytest.param(b"", "empty", "state pull", id="zero-bytes"),
        pytest.param(b"  \n", "spaces", "state pull", id="only-spaces"),
        pytest.param(state(resource())[:-40], "cut off", "try again", id="truncated"),
        pytest.param(state(resource())[:60], "cut off", "try again", id="truncated-early"),
        pytest.param(b'{"version": 4, "ser', "cut off", "try again", id="truncated-in-a-name"),
        pytest.param(b"PK\x03\x04\x14\x00", "plan file", "show -json", id="plan-file"),
        pytest.param(gzip.compress(state()), "compressed", "gunzip", id="gzip"),
        pytest.param(b"<!DOCTYPE html><html>", "web page", "login", id="html"),
        pytest.param(b"<?xml version='1.0'?><Error/>", "XML", "state pull", id="xml"),
        pytest.param(b"<<<<<<< HEAD\n{", "merge", "state pull", id="merge"),
        pytest.param(b"version https://git-lfs.github.com/spec/v1", "LFS", "git lfs", id="lfs"),
        pytest.param(b'resource "a" "b" {\n}', "code", "show -json", id="code"),
        pytest.param(b"# aws_instance.web:\nresource", "for people", "show -json", id="shown-text"),
        pytest.param(b'{"@level":"info"}\n{"@level":"info"}', "no values", "-out", id="stream"),
        pytest.param(b"[]", "no Terraform state", "state pull", id="a-list"),
        pytest.param(b"{}", "no Terraform state", "state pull", id="an-empty-object"),
        pytest.param(b"\xff\xfe\x00", "no Terraform state", "state pull", id="bytes"),
        pytest.param(b'{"a":' * 100_000, "no Terraform state", "state pull", id="deep"),
        pytest.param(b'{"name": "x", "version": "1.0"}', "name, version", "state pull", id="npm"),
        pytest.param(b'{"version": 4, "x": 1}', "no Terraform state", "state pull", id="version"),
        pytest.param(state(version=2), "version 2", "terraform refresh", id="version-2"),
        pytest.param(state(version=5), "version 5", "show -json", id="version-5"),
        pytest.param(state(version="4"), "no Terraform state", "state pull", id="version-text"),
        pytest.param(state(resources={"a": 1}), "another shape", "state pull", id="no-list"),
        pytest.param(
            b'{"serial":3,"lineage":"x","meta":{},"encrypted_data":"AA==","encryption_version":"v0"}',
            "encrypted by OpenTofu",
            "tofu state pull | sre drift --state -",
            id="tofu-encrypted",
        ),
        pytest.param(b'{"data":"ENC[]","sops":{}}', "sops", "sops -d", id="sops"),
        pytest.param(b'{"format_version":"2.0"}', "format version 2.0", "state pull", id="show-2"),
        pytest.param(b'{"format_version":"1.0","values":3}', "shape", "state pull", id="show-odd"),
    ],
)
def test_what_is_no_state_is_told_by_what_it_is(body: bytes, told: str, hint: str) -> None:
    error = refused(body)
    assert told in f"{error.message} {error.why}"
    assert hint in error.hint


def test_a_state_that_is_too_large_is_refused_before_it_is_parsed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert LARGEST == 256 * 1024**2
    monkeypatch.setattr("sreagent.drift.state.reading.LARGEST", 64)
    assert "too large" in refused(state(resource())).message


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_state_that_windows_wrote_is_read(encoding: str) -> None:
    assert len(reading(state(resource()).decode().encode(encoding)).resources) == 1


def plan(**more: Any) -> bytes:
    now = {
        "address": 'module.net["a"].aws_subnet.app',
        "mode": "managed",
        "type": "aws_subnet",
        "name": "app",
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "schema_version": 1,
        "values": {"id": "s-1", "cidr": "10.0.0.0/8", "token": "new"},
        "sensitive_values": {"token": True, "list": [False, {"x": True}]},
        "depends_on": ["module.net.aws_vpc.main", "data.aws_region.here"],
    }
    change = {
        "address": 'module.net["a"].aws_subnet.app',
        "mode": "managed",
        "type": "aws_subnet",
        "name": "app",
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": {
            "actions": ["update"],
            "before": {"id": "s-1", "cidr": "10.1.0.0/16", "token": "old"},
            "after": {"id": "s-1", "cidr": "10.0.0.0/8", "token": "new"},
            "before_sensitive": {"token": True},
            "after_sensitive": {"token": True},
        },
    }
    gone = {
        **change,
        "address": "aws_subnet.gone",
        "name": "gone",
        "change": {"actions": ["delete"], "before": {"id": "s-9"}, "after": None},
    }
    moved = {
        **change,
        "address": "aws_subnet.new",
        "previous_address": "aws_subnet.old",
        "name": "new",
        "change": {"actions": ["no-op"], "before": {"id": "s-3"}, "after": {"id": "s-3"}},
    }
    configuration = {
        "root_module": {
            "module_calls": {
                "net": {
                    "module": {
                        "resources": [
                            {
                                "address": "aws_subnet.app",
                                "provider_config_key": "module.net:aws.eu",
                            }
                        ]
                    }
                }
            }
        }
    }
    child = {"address": 'module.net["a"]', "resources": [now]}
    document = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {},
        "resource_drift": [change, gone, moved, {**change, "mode": "data"}],
        "prior_state": {"values": {"root_module": {"child_modules": [child]}}},
        "configuration": configuration,
        "errored": False,
        "complete": True,
        **more,
    }
    return json.dumps(document).encode()


def test_a_plan_is_the_state_before_and_what_terraform_found() -> None:
    found = reading(plan())
    assert found.problems == ()
    assert {each.address: each.attributes for each in found.resources} == {
        'module.net["a"].aws_subnet.app': {"id": "s-1", "cidr": "10.1.0.0/16", "token": "old"},
        "aws_subnet.gone": {"id": "s-9"},
        "aws_subnet.new": {"id": "s-3"},
    }
    assert found.refreshed is not None
    changed, gone, moved = found.refreshed
    assert changed.after == {"id": "s-1", "cidr": "10.0.0.0/8", "token": "new"}
    assert changed.sensitive == changed.managed.sensitive == ("token",)
    assert changed.managed.alias == "module.net.eu"
    assert changed.managed.dependencies == ("module.net.aws_vpc.main",)
    assert gone.after is None
    assert moved.after == moved.managed.attributes


def test_a_plan_that_was_made_without_looking_found_nothing() -> None:
    found = reading(plan(resource_drift=[]))
    assert found.refreshed == ()
    (managed,) = found.resources
    assert managed.sensitive == ("token", "list[1].x")


def test_a_plan_that_failed_is_not_the_whole_one() -> None:
    assert "error" in reading(plan(errored=True)).problems[0]


def test_a_bad_entry_of_a_plan_leaves_the_others() -> None:
    found = reading(plan(resource_drift=[{"address": "x.y", "mode": "managed"}]))
    assert len(found.resources) == 1
    assert found.problems[0].startswith("x.y cannot be read")


def test_a_recorded_plan_gives_back_the_state_that_it_began_with() -> None:
    recorded = Path(__file__).with_name("recorded")
    before = reading((recorded / "before.json").read_bytes())
    refreshed = reading((recorded / "plan.json").read_bytes())
    moved = {"fake_instance.old": "fake_instance.new"}
    assert {
        moved.get(each.address, each.address): (each.attributes, each.sensitive, each.alias)
        for each in before.resources
    } == {
        each.address: (each.attributes, each.sensitive, each.alias) for each in refreshed.resources
    }
    assert refreshed.refreshed is not None
    assert {each.managed.address: each.after is None for each in refreshed.refreshed} == {
        "fake_instance.a": False,
        "fake_instance.gone": True,
        "fake_instance.new": False,
    }
    (changed,) = (each for each in refreshed.refreshed if each.managed.name == "a")
    assert changed.after
    assert changed.managed.attributes["instance_type"] == "t3"
    assert changed.after["instance_type"] == "m5"
