"""What a Rego source calls and refers to, read from its text.

The engine takes a name that means nothing for an empty answer, so that a condition with a typing
error never holds. OPA's compiler would refuse such a policy; here it is done by hand: a name has to
be a function of the engine or of the policy, get a value somewhere, or be a field of the input.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+|\#[^\n]*)
    |(?P<text>"(?:[^"\\\n]|\\.)*"|`[^`]*`)
    |(?P<name>[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)*)
    |(?P<number>[0-9][\w.]*)
    |(?P<sign>:=|==|!=|<=|>=|.)""",
    re.VERBOSE,
)
_BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
_WORDS = frozenset(
    {
        *("if", "in", "not", "else", "some", "every", "with", "as", "contains", "default"),
        *("import", "package", "true", "false", "null", "_"),
    }
)
"""Names that mean something by themselves."""
_GOES_ON = frozenset(
    {
        *("if", "in", "not", "else", "some", "every", "with", "as", "contains"),
        *(":=", "=", "==", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "%", "&", "|", ","),
    }
)
"""After one of these a new line goes on with the same rule."""
_LANGUAGE = ("rego", "future")
"""What may be imported: both only choose a version of the language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Name:
    """A name with what stands around it."""

    text: str
    line: int
    before: str
    after: str
    heads: bool
    """It begins a rule."""
    in_head: bool
    """It is an argument of the function that a rule defines."""
    declared: bool
    """`some` or `every` brings it in."""

    @property
    def root(self) -> str:
        return self.text.partition(".")[0]

    @property
    def is_bound(self) -> bool:
        """It gets a value here."""
        iterates = (self.before, self.after) == ("[", "]")
        given = self.after in (":=", "=") or self.before == "="
        return self.heads or self.in_head or self.declared or iterates or given


def objections(
    source: str, is_builtin: Callable[[str], bool], sample: Mapping[str, object]
) -> Iterator[tuple[int, str]]:
    """Line and words for each name that means nothing; `sample` is an input document."""
    names = list(_names(source))
    own = {name.text for name in names if name.heads}
    package = next((name.text for name in names if name.before == "package"), "")
    own |= {f"data.{package}.{name}" for name in own}
    bound = {name.root for name in names if name.is_bound and name.root not in ("input", "data")}
    for name in names:
        if name.before in ("package", "."):
            continue
        if name.before == "import":
            known = name.root in _LANGUAGE
        elif name.after == "(":
            known = name.text in own or is_builtin(name.text)
        else:
            known = _is_known(name, own, bound, sample)
        if not known:
            yield name.line, name.text


def _is_known(name: _Name, own: set[str], bound: set[str], sample: Mapping[str, object]) -> bool:
    if name.root == "input":
        return _is_field(name.text.split(".")[1:], sample)
    if name.root == "data":
        return any(name.text == rule or name.text.startswith(f"{rule}.") for rule in own)
    return name.root in bound


def _is_field(path: list[str], sample: object) -> bool:
    for part in path:
        if not isinstance(sample, Mapping) or not sample:
            # Lists, texts and the free arguments of a change: nobody knows their fields.
            return True
        if part not in sample:
            return False
        sample = sample[part]
    return True


def _names(source: str) -> Iterator[_Name]:
    depth, last_line, before = 0, 0, ""
    head_depth, declaring = 0, False
    tokens = [*_tokens(source), ("sign", "", 0)]
    for (kind, text, line), (_, after, _) in pairwise(tokens):
        begins = depth == 0 and line > last_line and before not in _GOES_ON
        if begins:
            head_depth = 0
        declaring = text in ("some", "every") or (
            declaring and line == last_line and text not in ("in", "{", ";")
        )
        if kind == "name" and text not in _WORDS:
            heads = begins or before == "default"
            yield _Name(
                text=text,
                line=line,
                before=before,
                after=after,
                heads=heads,
                in_head=head_depth > 0 and depth >= head_depth,
                declared=declaring,
            )
            if heads and after == "(":
                head_depth = depth + 1
        depth += _BRACKETS.get(text, 0) if kind == "sign" else 0
        if text == ")" and depth < head_depth:
            head_depth = 0
        last_line, before = line, text


def _tokens(source: str) -> Iterator[tuple[str, str, int]]:
    """Kind, text without spaces, and line of each token; comments and spaces are left out."""
    for match in _TOKEN.finditer(source):
        kind = match.lastgroup or "sign"
        text = re.sub(r"\s+", "", match[0]) if kind == "name" else match[0]
        if kind != "space":
            yield kind, text, source.count("\n", 0, match.start()) + 1
