"""Code for what is there and in no state."""

import json
import re
import subprocess

import pytest
from tests.drift.state.terraform import TERRAFORM, needs_terraform

from sreagent.drift.code.syntax import parse
from sreagent.drift.compare.shape import Shape
from sreagent.drift.mend.code import Code
from sreagent.drift.mend.imports import Stray, imported
from sreagent.drift.mend.plan import Plan, patched
from sreagent.drift.reality.real import Real
from sreagent.drift.state.managed import Managed

VPC = Managed(
    address="aws_vpc.main",
    type="aws_vpc",
    name="main",
    attributes={"id": "vpc-0123456789abcdef0", "arn": "arn:aws:ec2:eu-west-1:1:vpc/vpc-01"},
)
ROLE = Managed(
    address='aws_iam_role.app["a"]',
    type="aws_iam_role",
    name="app",
    attributes={"id": "app", "name": "app", "arn": "arn:aws:iam::1:role/app"},
)
HIDDEN = Managed(
    address="module.m.aws_vpc.x",
    type="aws_vpc",
    name="x",
    attributes={"id": "vpc-0ffffffffffffffff"},
)
GROUP = Real(
    type="aws_security_group",
    id="sg-1",
    name="Web / prod ${x}",
    attributes={
        "arn": "arn:aws:x",
        "name": "web",
        "description": "",
        "vpc_id": "vpc-0123456789abcdef0",
        "other_vpc": "vpc-0ffffffffffffffff",
        "ingress": [
            {"from_port": 0, "to_port": 80, "cidr_blocks": ["10.0.0.0/8"], "ipv6_cidr_blocks": []}
        ],
        "tags": {"Name": "Web", "a.b": "${c}"},
        "timeout": 30,
    },
)


def stray(real: Real, import_id: str = "x", **shape: object) -> Stray:
    return Stray(real=real, import_id=import_id, shape=Shape(**shape))  # type: ignore[arg-type]


def test_a_thing_is_written_with_the_least_that_it_needs() -> None:
    done = imported([stray(GROUP, "sg-1", defaults={"timeout": 30})], [VPC, HIDDEN])
    assert done.text == (
        "import {\n"
        "  to = aws_security_group.web_prod_x\n"
        '  id = "sg-1"\n'
        "}\n"
        "\n"
        'resource "aws_security_group" "web_prod_x" {\n'
        '  name      = "web"\n'
        "  vpc_id    = aws_vpc.main.id\n"
        '  other_vpc = "vpc-0ffffffffffffffff"\n'
        "  tags = {\n"
        '    Name  = "Web"\n'
        '    "a.b" = "$${c}"\n'
        "  }\n"
        "\n"
        "  ingress {\n"
        "    from_port   = 0\n"
        "    to_port     = 80\n"
        '    cidr_blocks = ["10.0.0.0/8"]\n'
        "  }\n"
        "}\n"
    )


def test_references_stand_in_lists_policies_and_for_names() -> None:
    document = json.dumps({"Statement": [{"Resource": "arn:aws:iam::1:role/app"}]})
    real = Real(
        type="aws_lambda_function",
        id="f",
        name="f",
        attributes={"role": "app", "name": "app", "policy": document, "roles": ["app", "b"]},
    )
    text = imported([stray(real)], [ROLE]).text
    assert 'role = aws_iam_role.app["a"].name' in text
    assert 'name = "app"' in text
    assert 'Resource = aws_iam_role.app["a"].arn' in text
    assert 'roles = [aws_iam_role.app["a"].name, "b"]' in text


def test_what_two_resources_say_stands_for_neither() -> None:
    twin = Managed(address="aws_vpc.b", type="aws_vpc", name="b", attributes=VPC.attributes)
    assert "aws_vpc.main.id" not in imported([stray(GROUP)], [VPC, twin]).text


def test_names_are_identifiers_and_no_two_are_the_same() -> None:
    names = ["web", "Web!", "9 lives", "", "尺寸", "a" * 300, 'x"} resource "y" "z" {']
    strays = [
        stray(Real(type="aws_x", id=f"尺{n}", name=name, attributes={"a": 1}))
        for n, name in enumerate(names)
    ]
    addresses = imported(strays, [], taken=["aws_x.web"]).addresses
    assert len(set(addresses)) == len(names)
    assert "aws_x.web" not in addresses
    assert all(re.fullmatch(r"aws_x\.[a-z_][a-z0-9_]*", each) for each in addresses)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("prod/main.tf", 'resource "aws_security_group" "web" {}\n', id="hcl"),
        pytest.param(
            "prod/x.tf.json", '{"resource": {"aws_security_group": {"web": {}}}}', id="json"
        ),
    ],
)
def test_a_name_that_the_code_has_and_no_state_is_not_given_again(path: str, text: str) -> None:
    code = Code(files={path: text.encode()}, root="prod")
    web = Real(type="aws_security_group", id="sg-1", name="web", attributes={"name": "web"})
    plan = Plan(decisions=(), mends={}, strays=(stray(web, "sg-1"),))
    _, found = patched(plan, code, [])
    assert found.addresses == ("aws_security_group.web_2",)


def test_a_secret_is_left_out_and_said() -> None:
    real = Real(
        type="aws_db_instance",
        id="d",
        attributes={"name": "d", "password": "hunter2", "environment": {"DB_TOKEN": "s3"}},
    )
    done = imported([stray(real)], [])
    assert "hunter2" not in done.text
    assert "s3" not in done.text
    assert done.incomplete["aws_db_instance.d"] == ("password", "environment.DB_TOKEN")


@pytest.mark.parametrize(
    ("thing", "why"),
    [
        pytest.param(
            stray(Real(type="aws_ami_copy", id="a", attributes={"a": 1})), "cannot", id="type"
        ),
        pytest.param(
            stray(Real(type="aws_x", id="a", attributes={"a": 1}), ""), "not known", id="id"
        ),
        pytest.param(stray(Real(type="aws_x", id="a")), "only its name", id="nothing-read"),
    ],
)
def test_what_cannot_be_imported_is_said(thing: Stray, why: str) -> None:
    done = imported([thing], [])
    assert done.text == ""
    assert why in done.refused[f"{thing.real.type} a"]


def test_hostile_text_stays_text() -> None:
    evil = '"\n}\nresource "evil" "x" {\n#${file("/etc/passwd")}'
    real = Real(type="aws_x", id="i", name=evil, attributes={"a": evil, "tags": {evil: evil}})
    text = imported([stray(real, evil)], []).text
    source = parse("x.tf", text.encode())
    assert not source.root.has_error
    assert text.count("\nresource ") == 1
    assert "$${file" in text


@needs_terraform
def test_terraform_would_format_nothing_of_it() -> None:
    long = [f"subnet-{n:017x}" for n in range(9)]
    real = Real(
        type="aws_x",
        id="i",
        attributes={
            **GROUP.attributes,
            "subnets": long,
            "policy": json.dumps({"Version": "1", "Statement": [{"Effect": "a", "Action": long}]}),
            "deep": [{"a": 1, "deeper": [{"b": 2}, {"c": {"d": {"e": 1}}}]}],
        },
    )
    text = imported([stray(GROUP), stray(real)], [VPC]).text
    done = subprocess.run(
        ["env", "TF_CLI_CONFIG_FILE=/dev/null", "CHECKPOINT_DISABLE=1", TERRAFORM, "fmt", "-"],
        input=text.encode(),
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode() == text
