"""Numbers of a conclusion stand in what it cites, and confidence is worth what the evidence is."""

import pytest

from sreagent.domain.entity import Entity
from sreagent.investigate.model.grounding import Invented, entity_named, numbers_missing

SEEN = (
    "deployment shop/checkout fails 0.088 % → 80.4 % of its requests since 19:44:51; "
    "image 2.4.0 → 2.4.1; 5 restarts; limit 536870912; latency 375 ms; 1,048 errors; 90 s"
)


@pytest.mark.parametrize(
    ("statement", "missing"),
    [
        pytest.param("checkout crashes", set(), id="none"),
        pytest.param("5 restarts of image 2.4.1", set(), id="as-it-stands"),
        pytest.param("80 % of the requests fail", set(), id="rounded"),
        pytest.param("a limit of 512Mi", set(), id="in-mebibytes"),
        pytest.param("since 19:44", set(), id="time-without-seconds"),
        pytest.param("1048 errors in 1.5 min", set(), id="without-a-comma-and-in-minutes"),
        pytest.param("2 of 3 pods, revision 2", set(), id="everyday-numbers"),
        pytest.param("7 restarts", {"7"}, id="another-number"),
        pytest.param("37 ms", {"37"}, id="part-of-a-number"),
        pytest.param("image 2.4.7", {"2.4.7"}, id="another-version"),
        pytest.param("since 19:47", {"19:47"}, id="another-time"),
        pytest.param("90 % fail", set(), id="a-number-with-another-unit-passes"),
    ],
)
def test_a_number_stands_in_the_evidence_or_is_missing(statement: str, missing: set[str]) -> None:
    assert numbers_missing(statement, SEEN) == missing


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        pytest.param(
            "Deployment/shop/web",
            Entity(kind="Deployment", namespace="shop", name="web"),
            id="as-kubernetes-spells-it",
        ),
        pytest.param(
            "deployment/shop/web",
            Entity(kind="Deployment", namespace="shop", name="web"),
            id="in-small-letters",
        ),
        pytest.param("node/node-1", Entity(kind="Node", name="node-1"), id="of-the-cluster"),
    ],
)
def test_an_object_is_understood(written: str, meant: Entity) -> None:
    assert entity_named(written) == meant


@pytest.mark.parametrize("written", ["", "web", "a/b/c/d"])
def test_what_names_no_object_is_refused(written: str) -> None:
    with pytest.raises(Invented, match="names no object"):
        entity_named(written)
