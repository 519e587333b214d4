"""A report of drift as the object that `--json` prints; its schema is docs/reference."""

import json
from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from typing import Any

from sreagent.domain import drift
from sreagent.domain.drift import (
    Author,
    Changed,
    Coverage,
    DriftReport,
    LeftOver,
    Missing,
    Near,
    Place,
    StateSeen,
    Trouble,
    Unmanaged,
    Way,
)
from sreagent.domain.drift_fingerprint import fingerprint
from sreagent.domain.moment import stamp
from sreagent.domain.text import visible

Json = dict[str, Any]


def as_text(report: DriftReport) -> str:
    """The object as JSON text that any terminal and any encoding can take."""
    body = as_json(report)
    text = json.dumps(body, indent=2, ensure_ascii=False)
    return text if visible(text) == text else json.dumps(body, indent=2)


def as_json(report: DriftReport) -> Json:
    """The whole report as JSON data, with every key always there."""
    return {
        "at": stamp(report.at),
        "states": [_state(each) for each in report.states],
        "changed": [_changed(each) for each in report.changed],
        "missing": [_missing(each) for each in report.missing],
        "unmanaged": [_unmanaged(each) for each in report.unmanaged],
        "left_over": [_left_over(each) for each in report.left_over],
        "coverage": [_coverage(each) for each in report.coverage],
        "errors": [_error(each) for each in report.errors],
        "provisional": report.provisional,
        "known_before": report.known_before,
        "ignored": report.ignored,
        "seconds": round(report.seconds, 3),
        "calls": report.calls,
    }


def _state(state: StateSeen) -> Json:
    return {
        "source": state.source,
        "serial": state.serial,
        "resources": state.resources,
        "terraform_version": state.terraform_version,
        "locked": state.locked,
        "lock_unknown": state.lock_unknown,
        "changed_meanwhile": state.changed_meanwhile,
    }


def _changed(found: Changed) -> Json:
    return {
        "address": found.address,
        "type": found.type,
        "id": found.id,
        "path": found.path,
        "before": _value(found.before),
        "after": _value(found.after),
        "class": found.klass.value,
        "severity": found.severity.value,
        "why": found.why,
        "opens": found.opens,
        **_author(found.author),
        "near": [_near(each) for each in found.near],
        "dependents": list(found.dependents),
        **_place(found.place),
        "state": found.source,
        "tainted": found.tainted,
        "shallow": found.shallow,
        "fingerprint": fingerprint(found),
    }


def _missing(found: Missing) -> Json:
    return {
        "address": found.address,
        "type": found.type,
        "id": found.id,
        "severity": found.severity.value,
        "why": found.why,
        **_author(found.author),
        "near": [_near(each) for each in found.near],
        "dependents": list(found.dependents),
        **_place(found.place),
        "state": found.source,
        "fingerprint": fingerprint(found),
    }


def _unmanaged(found: Unmanaged) -> Json:
    return {
        "type": found.type,
        "id": found.id,
        "name": found.name,
        "folded": found.folded,
        "import_id": found.import_id,
        "created": _time(found.created),
        "tags": dict(found.tags),
        "severity": found.severity.value,
        "why": found.why,
        **_author(found.author),
        **_place(found.place),
        "fingerprint": fingerprint(found),
    }


def _left_over(found: LeftOver) -> Json:
    return {
        "address": found.address,
        "type": found.type,
        "id": found.id,
        "key": found.key,
        "exists": found.exists,
        **_place(found.place),
        "state": found.source,
        "fingerprint": fingerprint(found),
    }


def _author(author: Author | None) -> Json:
    """Who, when and by which way beside the finding; what that rests on below `attribution`."""
    return {
        "who": author.who if author else "",
        "when": _time(author.when) if author else None,
        "how": (author.how if author else Way.UNKNOWN).value,
        "attribution": {
            "event": author.event,
            "source": author.source,
            "confidence": author.confidence,
            "why": author.why,
        }
        if author
        else None,
    }


def _near(near: Near) -> Json:
    return {"incident": near.incident, "seconds": near.seconds, "why": near.why}


def _place(place: Place) -> Json:
    return {"account": place.account, "region": place.region}


def _coverage(coverage: Coverage) -> Json:
    return {
        "type": coverage.type,
        "extent": coverage.extent.value,
        "resources": coverage.resources,
        "why": coverage.why,
        **_place(coverage.place),
    }


def _error(error: Trouble) -> Json:
    return {"what": error.what, "message": error.message, "hint": error.hint}


def _time(moment: datetime | None) -> str | None:
    return stamp(moment) if moment else None


def _value(value: drift.Json) -> drift.Json:
    """As JSON knows it: what else a reader of reality may have made of it becomes text."""
    if isinstance(value, Mapping):
        return {str(name): _value(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_value(each) for each in value]
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    return value if value is None or isinstance(value, str | bool | int) else str(value)
