"""From the bytes of a state to its resources, in every format that Terraform wrote or writes."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sreagent.domain.terraform import LARGEST, StateText
from sreagent.domain.text import one_line
from sreagent.drift.state import current, former, shown
from sreagent.drift.state.entries import Entries, number
from sreagent.drift.state.managed import State
from sreagent.drift.state.refusals import no_json, no_state, refuse

Document = dict[str, Any]


def read(text: StateText) -> State:
    """What a state holds; it may also be what `terraform show -json` prints of a state or a plan.

    A plan is read as the state before Terraform refreshed it; what Terraform found then is in
    `refreshed`. A resource that cannot be read is a line in `problems`.

    Raises:
        BadInput: It is no state, or not one that can be read: broken, encrypted, too large, of an
            unknown version.
    """
    if len(text.body) > LARGEST:
        size = f"{len(text.body) // 1024**2} MiB"
        raise refuse(
            text.source,
            f"the state is too large to be read ({size})",
            why=f"at most {LARGEST // 1024**2} MiB are read",
            hint="split the state, or give one part of it: terraform show -json | jq … | sre drift "
            "--state -",
        )
    document = _parsed(text)
    entries = Entries(source=text.source)
    try:
        return _state(text, document, entries)
    except (AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
        raise refuse(
            text.source, "the state has another shape", why=one_line(str(error))
        ) from error


def digest(text: StateText) -> str:
    """What tells one text of a state from another."""
    return hashlib.sha256(text.body).hexdigest()


def _parsed(text: StateText) -> Document:
    try:
        document = json.loads(text.body)
    except (ValueError, RecursionError) as error:
        raise no_json(text.source, text.body, error) from error
    if not isinstance(document, dict):
        raise refuse(text.source, "this is no Terraform state", why="it is JSON, but no object")
    return document


def _state(text: StateText, document: Document, entries: Entries) -> State:
    if "format_version" in document:
        return _shown(text, document, entries)
    version = document.get("version")
    if isinstance(version, bool) or version not in (3, 4) or _is_something_else(document):
        raise no_state(text.source, document)
    form: Any = current if version == 4 else former
    form.resources(document, entries)
    serial = document.get("serial")
    if not isinstance(serial, int) or isinstance(serial, bool) or not 0 <= serial < 2**63:
        entries.problems.append(f"its serial is no count: {one_line(json.dumps(serial), 60)}")
    return _built(
        text,
        document,
        entries,
        outputs=form.sensitive_outputs(document),
        serial=number(serial),
    )


def _is_something_else(document: Document) -> bool:
    has_resources = "resources" in document or "modules" in document
    return (
        "encrypted_data" in document
        or ("backend" in document and not _modules(document))
        or (not has_resources and "terraform_version" not in document and "lineage" not in document)
    )


def _modules(document: Document) -> bool:
    """Whether any module of an old state holds anything: beside a backend, all are empty."""
    modules = document.get("modules")
    return isinstance(modules, list) and any(
        isinstance(module, dict) and module.get("resources") for module in modules
    )


def _shown(text: StateText, document: Document, entries: Entries) -> State:
    version = str(document["format_version"])
    if version.partition(".")[0] not in ("0", "1"):
        raise refuse(
            text.source,
            f"the output of terraform show has format version {one_line(version, 20)}",
            why="versions 0 and 1 are known",
            hint="try: terraform state pull | sre drift --state -",
        )
    is_plan = "planned_values" in document or "resource_changes" in document
    if is_plan or "prior_state" in document:
        return _plan(text, document, entries)
    values = document.get("values")
    shown.resources(values, entries)
    if values is None:
        entries.problems.append(
            "terraform show printed nothing: the state is empty, or of before Terraform 0.12; "
            "terraform state pull gives all of it"
        )
    return _built(text, document, entries, outputs=shown.sensitive_outputs(values))


def _plan(text: StateText, document: Document, entries: Entries) -> State:
    resources, refreshed = shown.before_refresh(document, entries)
    entries.resources[:] = resources
    if document.get("errored") is True:
        entries.problems.append("terraform plan ended with an error: the plan is not the whole one")
    elif document.get("complete") is False and document.get("deferred_changes"):
        entries.problems.append("terraform put parts of the plan off: it is not the whole one")
    prior = document.get("prior_state")
    values = prior.get("values") if isinstance(prior, dict) else None
    state = _built(text, document, entries, outputs=shown.sensitive_outputs(values))
    return replace(state, refreshed=tuple(refreshed))


def _built(
    text: StateText,
    document: Mapping[str, Any],
    entries: Entries,
    *,
    outputs: Mapping[str, Any],
    **known: Any,  # noqa: ANN401 - fields of the state
) -> State:
    return State(
        source=text.source,
        resources=tuple(entries.resources),
        terraform_version=one_line(str(document.get("terraform_version") or ""), 40),
        held=text.held,
        lock_unknown=text.lock_unknown,
        region=text.region,
        problems=(*text.doubts, *entries.problems),
        digest=digest(text),
        outputs=outputs,
        **known,
    )
