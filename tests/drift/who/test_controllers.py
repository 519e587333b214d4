"""Who besides people may write a field."""

import pytest
from tests.drift.who.conftest import NOW

from sreagent.domain.drift import Author, Way
from sreagent.drift.who.controllers import controller_of


def controller(type_: str, path: str, how: Way, confidence: float = 0.97) -> str:
    author = Author(who="it", when=NOW, how=how, confidence=confidence)
    return controller_of(type_, path, author)


@pytest.mark.parametrize(
    ("type_", "path", "how", "told"),
    [
        ("aws_autoscaling_group", "desired_capacity", Way.SERVICE, "it scales it"),
        ("aws_autoscaling_group", "desired_capacity", Way.CONSOLE, ""),
        ("aws_ecs_service", "task_definition", Way.CI, "it deploys it"),
        ("aws_ecs_service", "task_definition", Way.CLI, ""),
        ("aws_ecs_service", "desired_count", Way.CI, ""),
        (
            "aws_dynamodb_table",
            "global_secondary_index[0].read_capacity",
            Way.SERVICE,
            "it scales it",
        ),
        ("aws_security_group", "ingress[0].cidr_blocks", Way.SERVICE, "it looks after it"),
        ("aws_security_group", "ingress[0].cidr_blocks", Way.TERRAFORM, ""),
        ("aws_iam_role", "assume_role_policy", Way.SERVICE, ""),
    ],
)
def test_only_what_a_service_may_write_is_its_own(
    type_: str, path: str, how: Way, told: str
) -> None:
    assert controller(type_, path, how) == told


def test_what_is_not_sure_is_nobodys() -> None:
    assert controller("aws_autoscaling_group", "desired_capacity", Way.SERVICE, 0.5) == ""
    assert controller_of("aws_x", "a", None) == ""


def test_what_opens_something_is_nobodys_however_it_came() -> None:
    author = Author(who="a function", when=NOW, how=Way.SERVICE, confidence=0.97)
    assert controller_of("aws_security_group", "ingress[0].cidr_blocks", author, opens=True) == ""
