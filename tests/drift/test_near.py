"""Which incidents a change may belong to."""

from datetime import UTC, datetime, timedelta

import pytest

from sreagent.drift.near import IncidentSeen, nearby

WHEN = datetime(2026, 11, 20, 22, 14, tzinfo=UTC)
NAMES = ("sg-0ab1234567890cdef", "checkout-api", 'module.shop["eu"].aws_security_group.checkout')


def incident(minutes: float, *words: str, name: str = "INC-1") -> IncidentSeen:
    return IncidentSeen(id=name, at=WHEN + timedelta(minutes=minutes), words=frozenset(words))


def near(*incidents: IncidentSeen, names: tuple[str, ...] = NAMES) -> list[tuple[str, str]]:
    found = nearby(incidents, what="aws_security_group", when=WHEN, names=names)
    return [(each.incident, each.why) for each in found]


def test_a_change_shortly_before_an_alert_of_the_same_thing_is_near() -> None:
    assert near(incident(4, "shop/checkout")) == [
        ("INC-1", "security group edited 4 min before this alert; both speak of checkout, shop")
    ]


@pytest.mark.parametrize(
    ("minutes", "words", "is_near"),
    [
        pytest.param(4, (), True, id="just-before-without-a-word"),
        pytest.param(30, (), True, id="half-an-hour-before-without-a-word"),
        pytest.param(31, (), False, id="long-before-without-a-word"),
        pytest.param(119, ("checkout",), True, id="long-before-of-the-same-thing"),
        pytest.param(121, ("checkout",), False, id="too-long-before"),
        pytest.param(-5, ("checkout",), True, id="after-of-the-same-thing"),
        pytest.param(-5, ("payments",), False, id="after-of-something-else"),
        pytest.param(-121, ("checkout",), False, id="too-long-after"),
        pytest.param(60, ("prod", "aws", "service", "eu-central-1"), False, id="empty-words"),
        pytest.param(60, ("sg-0ab1234567890cdef",), True, id="by-its-id"),
        pytest.param(60, ("module.shop.aws_instance.web",), True, id="by-its-module"),
        pytest.param(60, ("arn:aws:ec2:eu:1:security-group/x",), False, id="another-arn"),
    ],
)
def test_time_and_topology(minutes: float, words: tuple[str, ...], is_near: bool) -> None:
    assert bool(near(incident(minutes, *words))) is is_near


def test_what_shares_an_id_comes_before_what_is_nearer_in_time() -> None:
    by_time = incident(1, name="INC-time")
    by_word = incident(20, "checkout", name="INC-word")
    by_id = incident(90, "sg-0ab1234567890cdef", name="INC-id")
    after = incident(-10, "checkout", name="INC-after")
    found = [name for name, _ in near(by_time, after, by_word, by_id)]
    assert found == ["INC-id", "INC-word", "INC-after"]


def test_the_seconds_are_positive_when_the_change_came_first() -> None:
    found = nearby([incident(4)], what="x", when=WHEN, names=())
    assert found[0].seconds == 240.0
    assert "near in time only" in found[0].why


def test_a_later_change_is_said_to_be_one() -> None:
    assert "edited 5 min after this alert" in near(incident(-5, "checkout"))[0][1]
