"""A pretend CloudTrail, and a clock that sleeps without waiting."""

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from tests.cloud.trail import ACCOUNT, cloudtrail
from tests.cloud.trail import Trail as Pretend

from sreagent.clients.aws import connect
from sreagent.clients.aws_estate import AwsEstate
from sreagent.domain.drift import Place
from sreagent.drift.who.trail import Trail

REGION = "eu-central-1"
HERE = Place(account=ACCOUNT, region=REGION)
NOW = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)


class QuickClock:
    """Sleeping moves it."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.passed += seconds


@pytest.fixture
def clock() -> QuickClock:
    return QuickClock()


@pytest.fixture
def recorder(clock: QuickClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pretend]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, secrets.token_hex(8))
    with cloudtrail() as running:
        running.seconds = clock.monotonic
        yield running


@pytest.fixture
def estate(recorder: Pretend) -> AwsEstate:
    return AwsEstate(
        lambda _: connect(profile="", region=REGION, endpoint=recorder.url, timeout=10, attempts=1)
    )


@pytest.fixture
def trail(estate: AwsEstate, clock: QuickClock) -> Trail:
    return Trail(estate, clock)
