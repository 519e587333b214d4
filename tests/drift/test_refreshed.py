"""What a plan tells of reality: any provider's types, and secrets that came after the state."""

import json
import secrets
from typing import Any

from sreagent.domain.terraform import StateText
from sreagent.drift.masks import Masks
from sreagent.drift.reality.known import kinds
from sreagent.drift.refreshed import by_terraform
from sreagent.drift.state.managed import State
from sreagent.drift.state.reading import read

ENTRY = {
    "address": "acme_thing.one",
    "mode": "managed",
    "type": "acme_thing",
    "name": "one",
    "provider_name": "example.com/x/acme",
}


def plan(before: dict[str, Any], after: dict[str, Any] | None, **more: object) -> State:
    change = {"actions": ["update"], "before": before, "after": after, **more}
    document = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "prior_state": {"values": {"root_module": {"resources": [{**ENTRY, "values": after}]}}},
        "resource_drift": [{**ENTRY, "change": change}],
    }
    return read(StateText(source="plan", body=json.dumps(document).encode()))


def test_a_key_that_only_one_side_has_is_drift_at_any_depth_of_an_unknown_type() -> None:
    state = plan(
        {"id": "1", "labels": {"a": "1", "b": "2"}, "block": [{"hosts": {"x": "1"}}]},
        {"id": "1", "labels": {"b": "2", "c": "3"}, "block": [{"hosts": {}}]},
    )
    told = by_terraform(state, kinds())
    assert {
        (each.difference.path, each.difference.before, each.difference.after)
        for each in told.drifted
    } == {("labels.a", "1", None), ("labels.c", None, "3"), ("block[0].hosts.x", "1", None)}


def test_a_secret_that_was_changed_is_hidden_wherever_it_stands() -> None:
    old, new = secrets.token_hex(8), secrets.token_hex(8)
    state = plan(
        {"id": "1", "token": old, "note": f"use {old}"},
        {"id": "1", "token": new, "note": f"now {new}"},
        before_sensitive={"token": True},
        after_sensitive={"token": True},
    )
    masks = Masks([state])
    for each in by_terraform(state, kinds()).drifted:
        for value in (each.difference.before, each.difference.after):
            shown = masks.hide(each.managed, each.difference.path, value)
            assert old not in shown
            assert new not in shown


def test_a_left_over_object_of_a_plan_is_told_as_one_that_is_there() -> None:
    left = {**ENTRY, "values": {"id": "2"}, "deposed_key": "0badf00d"}
    document = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "prior_state": {"values": {"root_module": {"resources": [left]}}},
        "planned_values": {},
    }
    told = by_terraform(read(StateText(source="p", body=json.dumps(document).encode())), kinds())
    assert [(each.managed.deposed, there) for each, there in told.deposed] == [("0badf00d", True)]
    assert (told.drifted, told.gone) == ((), ())
