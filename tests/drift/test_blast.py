"""What hangs on a resource."""

from sreagent.drift.blast import Blast
from sreagent.drift.state.managed import Managed


def thing(address: str, *uses: str, source: str = "a") -> Managed:
    return Managed(
        address=address, type="x", name="y", attributes={}, dependencies=uses, source=source
    )


VPC = thing("aws_vpc.main")
SUBNET = thing("aws_subnet.app[0]", "aws_vpc.main")
GROUP = thing('module.net["eu"].aws_security_group.api', "aws_vpc.main")
WEB = thing("aws_instance.web", "aws_subnet.app", "module.net.aws_security_group.api")


def test_it_goes_through_others_and_names_no_keys() -> None:
    found = Blast([VPC, SUBNET, GROUP, WEB]).dependents(VPC)
    assert found == (
        "aws_instance.web",
        "aws_subnet.app",
        "module.net.aws_security_group.api",
    )


def test_a_resource_with_a_key_has_the_dependents_of_its_block() -> None:
    assert Blast([VPC, SUBNET, GROUP, WEB]).dependents(GROUP) == ("aws_instance.web",)


def test_nothing_hangs_on_a_leaf() -> None:
    assert Blast([VPC, SUBNET, GROUP, WEB]).dependents(WEB) == ()


def test_a_circle_ends() -> None:
    one, two = thing("a.a", "b.b"), thing("b.b", "a.a")
    assert Blast([one, two]).dependents(one) == ("b.b",)


def test_states_are_kept_apart() -> None:
    other = thing("aws_subnet.other", "aws_vpc.main", source="b")
    assert Blast([VPC, other]).dependents(VPC) == ()


def test_a_long_chain_is_no_trouble() -> None:
    chain = [thing(f"x.n{n}", *([f"x.n{n - 1}"] if n else [])) for n in range(5000)]
    assert len(Blast(chain).dependents(chain[0])) == 4999
