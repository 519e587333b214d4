"""Reads PromQL: tokens, then recursive descent by precedence."""

import re
from dataclasses import dataclass, replace

from sreagent.simulator.promql.syntax import (
    Aggregation,
    Function,
    Matcher,
    Matching,
    Node,
    Number,
    Operation,
    PromqlError,
    Selector,
    Subquery,
    Text,
)

AGGREGATIONS = ("sum", "avg", "min", "max", "count", "topk", "bottomk", "quantile", "group")
FUNCTIONS = {
    "abs": 1,
    "absent": 1,
    "avg_over_time": 1,
    "ceil": 1,
    "changes": 1,
    "clamp": 3,
    "clamp_max": 2,
    "clamp_min": 2,
    "count_over_time": 1,
    "delta": 1,
    "deriv": 1,
    "floor": 1,
    "histogram_quantile": 2,
    "increase": 1,
    "irate": 1,
    "label_replace": 5,
    "last_over_time": 1,
    "max_over_time": 1,
    "min_over_time": 1,
    "quantile_over_time": 2,
    "rate": 1,
    "resets": 1,
    "round": -2,
    "scalar": 1,
    "sort": 1,
    "sort_desc": 1,
    "stddev_over_time": 1,
    "sum_over_time": 1,
    "time": 0,
    "timestamp": 1,
    "vector": 1,
}
"""Every function with its number of arguments; a negative number is the most it takes."""

OVER_RANGE = tuple(
    name
    for name in FUNCTIONS
    if name.endswith("_over_time")
    or name in ("changes", "delta", "deriv", "increase", "irate", "rate", "resets")
)
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("or",),
    ("and", "unless"),
    ("==", "!=", "<=", "<", ">=", ">"),
    ("+", "-"),
    ("*", "/", "%"),
)
_COMPARISONS = _LEVELS[2]
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<comment>\#[^\n]*)
  | (?P<duration>(?:\d+(?:ms|[smhdwy]))+(?![\w.]))
  | (?P<number>0x[0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)
  | (?P<name>[a-zA-Z_][a-zA-Z0-9_:]*)
  | (?P<sign>=~|!~|!=|==|<=|>=|[-+*/%^<>=(){}\[\],:@])
    )""",
    re.VERBOSE,
)
_DURATION = re.compile(r"(\d+)(ms|[smhdwy])")
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
DEFAULT_STEP = 15.0


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    place: int


def parse(expression: str) -> Node:
    """The meaning of an expression; raises PromqlError when it has none."""
    if not expression.strip():
        problem = "1:1: parse error: no expression found in input"
        raise PromqlError(problem)
    reader = _Reader(_tokens(expression))
    node = reader.expression(0)
    if not reader.is_done:
        raise reader.unexpected()
    return node


def seconds_of(duration: str) -> float:
    """The seconds in a duration such as `1h30m`, or in a plain number."""
    if re.fullmatch(r"\d+(\.\d*)?|\.\d+", duration):
        return float(duration)
    parts = _DURATION.findall(duration)
    if not parts or "".join(count + unit for count, unit in parts) != duration:
        problem = f'not a valid duration string: "{duration}"'
        raise PromqlError(problem)
    return float(sum(int(count) * _UNITS[unit] for count, unit in parts))


def _tokens(expression: str) -> list[_Token]:
    found: list[_Token] = []
    place = 0
    while expression[place:].strip():
        match = _TOKEN.match(expression, place)
        if match is None:
            shown = expression[place:].strip()[0]
            problem = f"1:{place + 1}: parse error: unexpected character: {shown!r}"
            raise PromqlError(problem)
        kind = str(match.lastgroup)
        if kind != "comment":
            found.append(_Token(kind, match[kind], match.start(kind) + 1))
        place = match.end()
    return found


class _Reader:
    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.at = 0

    @property
    def is_done(self) -> bool:
        return self.at >= len(self.tokens)

    def expression(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._signed()
        left = self.expression(level + 1)
        while self._peek() in _LEVELS[level]:
            operator = self._next().text
            returns_bool = operator in _COMPARISONS and self._accept("bool")
            matching = self._matching()
            right = self.expression(level + 1)
            left = Operation(
                operator=operator,
                left=left,
                right=right,
                returns_bool=returns_bool,
                matching=matching,
            )
        return left

    def unexpected(self) -> PromqlError:
        if self.is_done:
            return PromqlError("1:1: parse error: unexpected end of input")
        token = self.tokens[self.at]
        return PromqlError(f'1:{token.place}: parse error: unexpected "{token.text}"')

    def _peek(self, ahead: int = 0) -> str:
        place = self.at + ahead
        if place >= len(self.tokens):
            return ""
        token = self.tokens[place]
        return f"'{token.text}'" if token.kind == "text" else token.text

    def _next(self) -> _Token:
        if self.is_done:
            raise self.unexpected()
        self.at += 1
        return self.tokens[self.at - 1]

    def _accept(self, text: str) -> bool:
        if self._peek() != text:
            return False
        self.at += 1
        return True

    def _expect(self, text: str) -> None:
        if not self._accept(text):
            raise self.unexpected()

    def _kind(self) -> str:
        return "" if self.is_done else self.tokens[self.at].kind

    def _matching(self) -> Matching:
        found = Matching()
        if self._peek() in ("on", "ignoring"):
            is_on = self._next().text == "on"
            found = Matching(labels=self._labels(), on=is_on)
        if self._peek() in ("group_left", "group_right"):
            side = self._next().text.removeprefix("group_")
            include = self._labels() if self._peek() == "(" else ()
            found = replace(found, group=side, include=include)
        return found

    def _labels(self) -> tuple[str, ...]:
        self._expect("(")
        names: list[str] = []
        while not self._accept(")"):
            if self._kind() != "name":
                raise self.unexpected()
            names.append(self._next().text)
            if self._peek() != ")":
                self._expect(",")
        return tuple(names)

    def _signed(self) -> Node:
        if self._accept("-"):
            return Operation(operator="*", left=Number(value=-1.0), right=self._signed())
        if self._accept("+"):
            return self._signed()
        base = self._postfixed(self._primary())
        if self._accept("^"):
            return Operation(operator="^", left=base, right=self._signed())
        return base

    def _primary(self) -> Node:
        kind = self._kind()
        if kind == "number":
            return Number(value=_number(self._next().text))
        if kind == "text":
            return Text(value=_unquoted(self._next().text))
        if self._accept("("):
            inner = self.expression(0)
            self._expect(")")
            return inner
        if self._peek() == "{":
            return self._selector("")
        if kind != "name":
            raise self.unexpected()
        return self._named(self._next())

    def _named(self, token: _Token) -> Node:
        name = token.text
        if name.lower() in ("inf", "nan"):
            return Number(value=float(name))
        if name in AGGREGATIONS and self._peek() in ("(", "by", "without"):
            return self._aggregation(name)
        if self._peek() == "(":
            return self._function(token)
        return self._selector(name)

    def _aggregation(self, name: str) -> Node:
        grouping = self._grouping()
        self._expect("(")
        first = self.expression(0)
        parameter = None
        if self._accept(","):
            parameter, first = first, self.expression(0)
        self._expect(")")
        grouping = grouping or self._grouping()
        labels, without = grouping or ((), False)
        if (name in ("topk", "bottomk", "quantile")) != (parameter is not None):
            problem = f"1:1: parse error: wrong number of arguments for aggregate expression {name}"
            raise PromqlError(problem)
        return Aggregation(
            name=name, inner=first, parameter=parameter, labels=labels, without=without
        )

    def _grouping(self) -> tuple[tuple[str, ...], bool] | None:
        if self._peek() not in ("by", "without"):
            return None
        without = self._next().text == "without"
        return self._labels(), without

    def _function(self, token: _Token) -> Node:
        name = token.text
        if name not in FUNCTIONS:
            problem = f'1:{token.place}: parse error: unknown function with name "{name}"'
            raise PromqlError(problem)
        self._expect("(")
        arguments: list[Node] = []
        while not self._accept(")"):
            arguments.append(self.expression(0))
            if self._peek() != ")":
                self._expect(",")
        _check_arguments(token, arguments)
        return Function(name=name, arguments=tuple(arguments))

    def _selector(self, name: str) -> Node:
        matchers: list[Matcher] = []
        if name:
            matchers.append(Matcher(label="__name__", operator="=", value=name))
        if self._accept("{"):
            while not self._accept("}"):
                matchers.append(self._matcher())
                if self._peek() != "}":
                    self._expect(",")
        if all(each.holds({}) for each in matchers):
            problem = (
                "1:1: parse error: vector selector must contain at least one non-empty matcher"
            )
            raise PromqlError(problem)
        return Selector(matchers=tuple(matchers))

    def _matcher(self) -> Matcher:
        if self._kind() != "name":
            raise self.unexpected()
        label = self._next().text
        if self._peek() not in ("=", "!=", "=~", "!~"):
            raise self.unexpected()
        operator = self._next().text
        if self._kind() != "text":
            raise self.unexpected()
        value = _unquoted(self._next().text)
        if operator in ("=~", "!~"):
            _check_regex(value)
        return Matcher(label=label, operator=operator, value=value)

    def _postfixed(self, node: Node) -> Node:
        while self._peek() in ("[", "offset"):
            node = self._ranged(node) if self._accept("[") else self._shifted(node)
        return node

    def _ranged(self, node: Node) -> Node:
        length = self._duration()
        if self._accept(":"):
            step = DEFAULT_STEP if self._peek() == "]" else self._duration()
            self._expect("]")
            return Subquery(inner=node, range=length, step=step)
        self._expect("]")
        if not isinstance(node, Selector) or node.range is not None:
            problem = "1:1: parse error: ranges only allowed for vector selectors"
            raise PromqlError(problem)
        return replace(node, range=length)

    def _shifted(self, node: Node) -> Node:
        self._expect("offset")
        sign = -1 if self._accept("-") else 1
        if not isinstance(node, (Selector, Subquery)):
            problem = "1:1: parse error: offset modifier must be preceded by a selector or subquery"
            raise PromqlError(problem)
        return replace(node, offset=sign * self._duration())

    def _duration(self) -> float:
        if self._kind() not in ("duration", "number"):
            raise self.unexpected()
        return seconds_of(self._next().text)


def _check_arguments(token: _Token, arguments: list[Node]) -> None:
    name, wanted = token.text, FUNCTIONS[token.text]
    fits = len(arguments) == wanted if wanted >= 0 else 1 <= len(arguments) <= -wanted
    if not fits:
        problem = (
            f"1:{token.place}: parse error: expected {abs(wanted)} argument(s) "
            f'in call to "{name}", got {len(arguments)}'
        )
        raise PromqlError(problem)
    if name in OVER_RANGE and not _is_range(arguments[-1]):
        problem = (
            f"1:{token.place}: parse error: expected type range vector "
            f'in call to function "{name}", got instant vector'
        )
        raise PromqlError(problem)
    if name not in OVER_RANGE and any(_is_range(each) for each in arguments):
        problem = (
            f"1:{token.place}: parse error: expected type instant vector "
            f'in call to function "{name}", got range vector'
        )
        raise PromqlError(problem)


def _is_range(node: Node) -> bool:
    return isinstance(node, Subquery) or (isinstance(node, Selector) and node.range is not None)


def _check_regex(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as problem:
        told = f"1:1: parse error: error parsing regexp: {problem}: `{pattern}`"
        raise PromqlError(told) from problem


def _number(text: str) -> float:
    return float(int(text, 16)) if text.startswith("0x") else float(text)


def _unquoted(text: str) -> str:
    inner = text[1:-1]
    if text[0] == "`":
        return inner
    escapes = {"n": "\n", "t": "\t", "r": "\r"}
    return re.sub(r"\\(.)", lambda found: escapes.get(found[1], found[1]), inner)
