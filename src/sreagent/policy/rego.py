"""A Rego policy in this process, on regopy (the extra `rego`).

The engine answers "undefined" where a policy names a function or a thing that it does not have,
which reads like "nothing to object". So such a policy is refused when it is loaded, errors of
functions are errors here, and an answer that is not exactly one value is none.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from sreagent.domain.action import Action
from sreagent.domain.entity import Entity
from sreagent.domain.errors import BadSettings, SreError
from sreagent.domain.text import one_line
from sreagent.domain.verdict import Ask
from sreagent.policy import document
from sreagent.policy.facts import Circumstances, Facts
from sreagent.policy.rego_source import objections
from sreagent.policy.tightening import ANSWERS, Tighten, input_of
from sreagent.policy.yaml_lines import read_yaml

_SAMPLE = input_of(
    Action(verb="scale", target=Entity(kind="Deployment", name="web"), arguments={}),
    Facts(),
    Circumstances(now=datetime(2026, 1, 1, tzinfo=UTC)),
    Ask("tier/scale"),
)
"""An input document, for the names of its fields."""


class _Case(BaseModel):
    """One test of the policy's own."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str = ""
    given: dict[str, Any] = Field(alias="input")
    expect: str


def compile_rego(rego: document.Rego) -> Tighten:
    """Load a policy, refuse what the engine cannot do, and run the policy's own tests.

    Raises:
        BadSettings: Names the file, and what is wrong with it.
    """
    source = _source(rego)
    query = _Query(rego, source)
    for number, case in enumerate(_cases(rego.tests), start=1):
        _check(query, case, f"{rego.tests}: test {case.name or number}")
    return query


def _source(rego: document.Rego) -> str:
    try:
        raw = Path(rego.file).read_bytes()
        source = raw.decode()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot read the Rego policy {rego.file}: {error}"
        raise BadSettings(msg) from error
    if rego.sha256 not in ("", hashlib.sha256(raw).hexdigest()):
        msg = f"the Rego policy {rego.file} changed since the policy was loaded"
        raise BadSettings(msg, hint="run it again")
    return source


def _library(file: str) -> Any:  # noqa: ANN401 - it has no types
    try:
        # Twenty megabytes that only this setting needs.
        import regopy  # type: ignore[import-untyped]  # noqa: PLC0415
    except ImportError as error:
        msg = f"the policy names the Rego policy {file}, and regopy is not installed"
        raise BadSettings(msg, hint="pip install 'sreagent[rego]'") from error
    return regopy


def _refuse_unknown(file: str, source: str, is_builtin: Callable[[str], bool]) -> None:
    for line, name in objections(source, is_builtin, _SAMPLE):
        msg = f"{file}, line {line}: {name} means nothing to this engine"
        raise BadSettings(
            msg,
            why="it would read like an empty answer, and a condition with it would never hold",
            hint="mend it, or name a running OPA: `opa: {url: …}`",
        )


class _Query:
    """A compiled policy; calling it asks for the decision."""

    def __init__(self, rego: document.Rego, source: str) -> None:
        library = _library(rego.file)
        self._file = rego.file
        self._errors = (library.RegoError, ValueError, TypeError)
        self._engine = library.Interpreter()
        self._engine.strict_built_in_errors = True
        # It would write to standard output, beside our JSON.
        self._engine.log_level = library.LogLevel.NONE
        _refuse_unknown(rego.file, source, self._engine.is_builtin)
        try:
            self._engine.add_module(Path(rego.file).name, source)
            self._bundle = self._engine.build(rego.query)
        except self._errors as error:
            msg = f"{rego.file}: it is no Rego policy: {one_line(_words(error), 200)}"
            raise BadSettings(msg, hint=f"check it with: opa check {rego.file}") from error

    def __call__(self, given: Mapping[str, Any]) -> object:
        """The decision, or None where it is undefined.

        Raises:
            SreError: The engine failed.
        """
        try:
            self._engine.set_input(given)
            output = self._engine.query_bundle(self._bundle)
            values = [value for one in output.results for value in one.expressions]
        except self._errors as error:
            msg = f"the Rego policy {self._file} failed: {one_line(str(error), 200)}"
            raise SreError(msg) from error
        if not output.ok():
            msg = f"the Rego policy {self._file} failed on this input"
            raise SreError(msg)
        return values[0] if len(values) == 1 else None


def _words(error: Exception) -> str:
    """What an engine error says, without its tree."""
    said = re.findall(r"\(errormsg \d+:([^)]*)\)", str(error))
    return "; ".join(dict.fromkeys(said)) or str(error)


def _cases(file: str) -> list[_Case]:
    if not file:
        return []
    value, lines = read_yaml(Path(file))
    try:
        return TypeAdapter(list[_Case]).validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"]))
        msg = f"{file}, line {lines.of(first['loc'])}: {key}: {first['msg']}"
        raise BadSettings(
            msg, why=f"a list of `input` and `expect` ({', '.join(ANSWERS)})"
        ) from error


def _check(query: Tighten, case: _Case, place: str) -> None:
    try:
        answer = query(case.given)
    except SreError as error:
        msg = f"{place} has no answer: {error.message}"
        raise BadSettings(msg) from error
    if answer != case.expect:
        msg = f"{place} answers {answer!r}, and {case.expect!r} is expected"
        raise BadSettings(msg, hint="mend the Rego policy or its tests")
