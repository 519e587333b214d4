"""Records survive the way to disk and back, and nothing else comes back."""

import json
from dataclasses import fields, replace
from typing import Any, get_args

import pytest
from tests.journal.samples import ALERT, OPENED, PROPOSAL, as_it_is, records

from sreagent.domain.errors import BadJournal
from sreagent.domain.record import Intended, Noted, Opened, Proposed, Ran, Record
from sreagent.journal.codec import KINDS, decode, dumps, encode, kind_of, redacted


def stored(record: Record) -> Any:
    return json.loads(dumps(encode(record)))


def test_every_class_of_record_has_a_name_and_a_sample() -> None:
    assert set(KINDS.values()) == set(get_args(Record)) == {type(one) for one in records()}


@pytest.mark.parametrize("record", [pytest.param(r, id=f"{kind_of(r)}") for r in records()])
def test_a_record_comes_back_as_it_was(record: Record) -> None:
    assert decode(kind_of(record), stored(record)) == record


@pytest.mark.parametrize("record", [pytest.param(r, id=f"{kind_of(r)}") for r in records()])
def test_a_record_with_one_field_too_many_or_too_few_is_refused(record: Record) -> None:
    data = stored(record)
    with pytest.raises(BadJournal, match="cannot read the record"):
        decode(kind_of(record), {**data, "colour": "red"})
    required = fields(record)[0].name
    without = {name: value for name, value in data.items() if name != required}
    if required != "by":
        with pytest.raises(BadJournal, match="cannot read the record"):
            decode(kind_of(record), without)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        pytest.param("thought", {}, id="unknown-kind"),
        pytest.param("ran", {"action": "A1", "ok": 1, "message": ""}, id="number-for-a-truth"),
        pytest.param("ran", {"action": 1, "ok": True, "message": ""}, id="number-for-a-text"),
        pytest.param("closed", {"outcome": "splendid"}, id="unknown-outcome"),
        pytest.param("noted", [], id="list-for-an-object"),
        pytest.param("noted", None, id="nothing"),
    ],
)
def test_what_is_not_a_record_is_refused(kind: str, data: object) -> None:
    with pytest.raises(BadJournal):
        decode(kind, data)


def test_an_unknown_field_deep_inside_is_refused_by_its_place() -> None:
    data = stored(OPENED)
    data["alert"]["colour"] = "red"
    with pytest.raises(BadJournal) as caught:
        decode("opened", data)
    assert "alert.colour" in caught.value.why


def test_a_field_that_an_older_version_did_not_write_takes_its_default() -> None:
    data = stored(Ran(action="A1", ok=True, message="done"))
    del data["settled"]
    assert decode("ran", data) == Ran(action="A1", ok=True, message="done")


def test_one_value_has_one_form() -> None:
    one = Intended(action="A1", digest="", before={"a": 1, "b": 2}, after={})
    other = replace(one, before={"b": 2, "a": 1})
    assert dumps(encode(one)) == dumps(encode(other))
    assert b" " not in dumps(encode(one))


def test_a_line_is_safe_to_print_on_a_terminal() -> None:
    line = dumps(encode(Noted(text="\x1b[2Jgone\u202e\ud83d\ude00 \n")))
    assert line.isascii()
    assert all(byte >= 32 for byte in line)


def test_half_a_surrogate_pair_from_hostile_json_stays_readable() -> None:
    opened = replace(OPENED, alert=replace(ALERT, name="\ud800", labels={"\udfff": "\ud800x"}))
    kept = redacted(opened, as_it_is)
    assert decode("opened", stored(kept)) == kept


def test_every_text_is_redacted_and_names_of_things_are_not() -> None:
    kept = redacted(PROPOSAL, lambda text: text.replace("checkout", "[gone]"))
    assert "checkout" not in str(kept)
    assert kept.tier is PROPOSAL.tier
    assert kept.at == PROPOSAL.at


def by_name(text: str) -> str:
    name, sign, _ = text.partition("=")
    return f"{name}{sign}[gone]" if sign and "PASSWORD" in name else text


@pytest.mark.parametrize(
    ("before", "kept"),
    [
        pytest.param({"DB_PASSWORD": "x"}, {"DB_PASSWORD": "[gone]"}, id="named-by-its-key"),
        pytest.param(
            {"env": [{"name": "DB_PASSWORD", "value": "x"}]},
            {"env": [{"name": "DB_PASSWORD", "value": "[gone]"}]},
            id="container-environment",
        ),
        pytest.param({"name": "app", "value": "x"}, {"name": "app", "value": "x"}, id="harmless"),
    ],
)
def test_a_value_is_redacted_by_its_name(before: dict[str, Any], kept: dict[str, Any]) -> None:
    record = Intended(action="A1", digest="d", before=before, after={})
    assert redacted(record, by_name).before == kept


def test_what_has_no_form_in_json_is_refused_before_it_is_written() -> None:
    with pytest.raises(TypeError, match="set has no place"):
        encode(Intended(action="A1", digest="", before={"a": {1}}, after={}))
    with pytest.raises(ValueError, match="not JSON compliant"):
        dumps(encode(Intended(action="A1", digest="", before={"a": float("nan")}, after={})))


def test_the_alert_is_decoded_to_the_types_of_the_domain() -> None:
    record = decode("opened", stored(OPENED))
    assert isinstance(record, Opened)
    assert record.alert == ALERT


def test_a_proposal_of_the_first_version_is_still_read() -> None:
    data = stored(Proposed(proposal=PROPOSAL))
    for later in ("fingerprint", "origin", "people", "policy", "ruling", "undoes"):
        data["proposal"].pop(later)
    assert decode("proposed", data) == Proposed(proposal=PROPOSAL)
