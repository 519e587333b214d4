"""A Rego policy in this process, on regopy (the extra `rego`).

The engine answers "undefined" where a policy calls a function that it does not have, which reads
like "nothing to object". So such a policy is refused when it is loaded, errors of functions are
errors here, and an answer that is not exactly one value is none.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from sreagent.domain.errors import BadSettings, SreError
from sreagent.domain.text import one_line
from sreagent.policy import document
from sreagent.policy.tightening import ANSWERS, Tighten
from sreagent.policy.yaml_lines import read_yaml

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+|\#[^\n]*)
    |(?P<text>"(?:[^"\\\n]|\\.)*"|`[^`]*`)
    |(?P<name>[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*)
    |(?P<number>[0-9][\w.]*)
    |(?P<sign>:=|==|!=|<=|>=|.)""",
    re.VERBOSE,
)
_BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
_NOT_CALLED = frozenset(
    {
        *("if", "in", "not", "else", "some", "every", "with", "as", "contains", "default"),
        *("import", "package", "true", "false", "null"),
    }
)
"""Words before a parenthesis that are no function."""


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
    own = set(_functions(source))
    for name, line in _calls(source):
        if name not in own and not is_builtin(name):
            msg = f"{file}, line {line}: it calls {name}, which this engine does not have"
            raise BadSettings(
                msg,
                why="the engine would take such a call for an empty answer",
                hint="write it without, or name a running OPA: `opa: {url: …}`",
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


def _tokens(source: str) -> Iterator[tuple[str, str, int]]:
    """Kind, text without spaces, and line of each token; comments and spaces are left out."""
    for match in _TOKEN.finditer(source):
        kind = match.lastgroup or "sign"
        text = re.sub(r"\s+", "", match[0]) if kind == "name" else match[0]
        if kind != "space":
            yield kind, text, source.count("\n", 0, match.start()) + 1


def _calls(source: str) -> Iterator[tuple[str, int]]:
    """Every name before a parenthesis, with its line."""
    before, place = "", 0
    for kind, text, line in _tokens(source):
        if text == "(" and before and before not in _NOT_CALLED:
            yield before, place
        before, place = (text, line) if kind == "name" else ("", line)


def _functions(source: str) -> Iterator[str]:
    """Functions that the policy defines: names that begin a rule at the outermost level."""
    depth, last_line, before, package = 0, 0, "", ""
    tokens = [*_tokens(source), ("sign", "", 0)]
    for (kind, text, line), (_, after, _) in pairwise(tokens):
        if before == "package":
            package = text
        begins = depth == 0 and line > last_line and before not in _GOES_ON
        if kind == "name" and after == "(" and begins:
            yield text
            yield f"data.{package}.{text}"
        depth += _BRACKETS.get(text, 0) if kind == "sign" else 0
        last_line, before = line, text


_GOES_ON = frozenset(
    {
        *("if", "in", "not", "else", "some", "every", "with", "as", "contains", "default"),
        *(":=", "=", "==", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "%", "&", "|", ","),
    }
)
"""After one of these a new line goes on with the same rule."""
