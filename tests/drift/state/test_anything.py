"""Whatever a state is made of, it is read as far as it can be, or refused in our words."""

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from tests.drift.state.test_reading import AWS, instance, old, plan, resource, state

from sreagent.domain.errors import BadInput
from sreagent.domain.terraform import StateText
from sreagent.drift.state.reading import read

JUNK: tuple[Any, ...] = (
    *(None, True, -1, 1.5, 10**40, "", "\x00\ud800", "module.x", [], {}, [[]], [None], {"a": None}),
    *({"value": 1, "type": ["list"]}, {"type": "string", "value": 3}, ["create"], "a.#", "${x}"),
)
DYNAMIC = {"value": [{"a": 1}], "type": ["list", ["object", {"a": "number"}]]}
FLAT = {"schema_version": 0, "attributes_flat": {"a.#": "1", "a.0.b.%": "1", "a.0.b.c.d": "x"}}
STEPS = [[{"type": "get_attr", "value": "x"}, {"type": "index", "value": {"value": 0}}]]
SHOWN = {
    "format_version": "1.0",
    "values": {
        "outputs": {"a": {"sensitive": True, "value": 1}},
        "root_module": json.loads(plan())["prior_state"]["values"]["root_module"],
    },
}
WHOLE = {
    "state": state(
        resource(instance({"id": "1", "body": DYNAMIC}, sensitive_attributes=STEPS)),
        resource(FLAT, name="flat", provider=f"module.x.{AWS}.eu"),
        outputs={"a": {"sensitive": True, "value": "x"}},
    ),
    "old": old(),
    "plan": plan(),
    "shown": json.dumps(SHOWN).encode(),
}


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every container of a document with every key in it."""
    keys = node.keys() if isinstance(node, dict) else range(len(node))
    for key in list(keys):
        yield node, key
        if isinstance(node[key], dict | list):
            yield from places(node[key])


def read_or_refused(body: bytes) -> None:
    try:
        found = read(StateText(source="x", body=body))
    except BadInput:
        return
    assert all(isinstance(each.attributes, dict) for each in found.resources)
    assert all("\n" not in each for each in found.problems)


@pytest.mark.parametrize("name", WHOLE)
def test_a_document_with_anything_anywhere_is_read_or_refused(name: str) -> None:
    count = sum(1 for _ in places(json.loads(WHOLE[name])))
    for place in range(count):
        for junk in JUNK:
            document = json.loads(WHOLE[name])
            node, key = list(places(document))[place]
            node[key] = junk
            read_or_refused(json.dumps(document).encode())


@pytest.mark.parametrize("name", WHOLE)
def test_a_document_that_lacks_anything_is_read_or_refused(name: str) -> None:
    count = sum(1 for _ in places(json.loads(WHOLE[name])))
    for place in range(count):
        document = json.loads(WHOLE[name])
        node, key = list(places(document))[place]
        del node[key]
        read_or_refused(json.dumps(document).encode())


@pytest.mark.parametrize("name", WHOLE)
def test_bytes_that_were_cut_or_changed_are_read_or_refused(name: str) -> None:
    dice = random.Random(name)  # noqa: S311 - the same dice each time
    body = WHOLE[name]
    for end in range(0, len(body), 7):
        read_or_refused(body[:end])
    for _ in range(500):
        changed = bytearray(body)
        for _ in range(dice.randrange(1, 4)):
            changed[dice.randrange(len(changed))] = dice.randrange(256)
        read_or_refused(bytes(changed))
