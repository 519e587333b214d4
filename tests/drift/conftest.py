"""A pretend account for drift, and what the product finds in it."""

import secrets
from collections.abc import Iterable, Iterator
from typing import Protocol

import pytest
from tests.cloud.server import Account, account
from tests.drift.worlds.world import ACCOUNT, REGION, Aws, Thing, World, builders

from sreagent.clients.aws import connect
from sreagent.clients.aws_estate import AwsEstate
from sreagent.domain.drift import Place
from sreagent.drift.examine import Examined, examine, settled
from sreagent.drift.reality.known import kinds, readers
from sreagent.drift.state.managed import Managed, State

HERE = Place(account=ACCOUNT, region=REGION)


@pytest.fixture(scope="session")
def pretend() -> Iterator[Account]:
    with account(images=False) as running:
        yield running


@pytest.fixture
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, secrets.token_hex(8))


@pytest.fixture
def aws(pretend: Account, _credentials: None) -> Iterator[Aws]:
    yield Aws(pretend.url)
    pretend.reset()


class Examine(Protocol):
    """Examine a state of these things against the account as it is."""

    def __call__(self, things: Iterable[Thing], *, alone: bool = False) -> Examined:
        """`alone`: only with the readers of their types, which is quicker."""
        ...


@pytest.fixture(scope="session")
def estate(pretend: Account) -> AwsEstate:
    """The way into the account, made once: clients cost more than calls."""
    return AwsEstate(
        lambda _: connect(profile="", region=REGION, endpoint=pretend.url, timeout=60, attempts=4)
    )


@pytest.fixture
def examined(aws: Aws, estate: AwsEstate) -> Examine:
    del aws

    def run(things: Iterable[Thing], *, alone: bool = False) -> Examined:
        state = written(things)
        types = {kinds()[each.type].type for each in state.resources}
        chosen = [
            each for each in readers() if not alone or types & {kind.type for kind in each.kinds}
        ]
        going = examine(settled([state], kinds(), HERE), estate, chosen)
        while True:
            try:
                next(going)
            except StopIteration as ended:
                found: Examined = ended.value
                return found

    return run


def written(things: Iterable[Thing]) -> State:
    """The state that holds them."""
    return State(
        source="pretend.tfstate",
        serial=1,
        resources=tuple(
            Managed(
                address=thing.address,
                type=thing.type,
                name=thing.name,
                attributes=thing.attributes,
                provider="registry.terraform.io/hashicorp/aws",
                sensitive=thing.sensitive,
                dependencies=thing.dependencies,
                source="pretend.tfstate",
            )
            for thing in things
        ),
    )


def found_in(examined: Examined) -> set[tuple[str, str]]:
    """Address and path of everything that is told; an empty path is a missing resource."""
    return {(each.managed.address, each.difference.path) for each in examined.drifted} | {
        (each.managed.address, "") for each in examined.gone
    }


def built(aws: Aws, names: Iterable[str] = ()) -> dict[str, World]:
    """Worlds by their names; all of them without names."""
    known = builders()
    return {name: known[name](aws, f"w{place}") for place, name in enumerate(names or known)}
