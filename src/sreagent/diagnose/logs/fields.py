"""JSON log lines as plain text: level, message, error, and the stack trace that is in a field."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sreagent.diagnose.logs.times import without_time

_TIMES = ("time", "timestamp", "ts", "@timestamp", "@t", "t", "datetime")
_LEVELS = ("level", "severity", "lvl", "loglevel", "log.level", "@l", "levelname", "s")
_NUMBERED = {10: "TRACE", 20: "DEBUG", 30: "INFO", 40: "WARN", 50: "ERROR", 60: "FATAL"}
_SHORT = {"E": "ERROR", "W": "WARN", "I": "INFO", "F": "FATAL", "D": "DEBUG", "D1": "DEBUG"}
_SAID = ("msg", "message", "@m", "@mt", "event", "log", "body", "text", "short_message")
_WRONG = ("err", "error", "error.message", "exception", "cause", "reason", "attr", "exc_info")
_ABOUT = ("url", "target", "upstream", "host", "addr", "address", "peer.service", "status",
          "response_code", "response_code_details")  # fmt: skip
_STACKS = ("stack", "stacktrace", "stack_trace", "error.stack_trace", "error.stack", "exc_info",
           "exc_text", "exception", "traceback", "@x", "full_message", "stack_info")  # fmt: skip
_TRACES = ("trace_id", "traceid", "trace.id", "trace", "otelTraceID".lower(), "request_id")
_INSIDE = ("stack", "stacktrace", "stack_trace", "stackTrace", "StackTrace", "traceback")
_NAMES_AND_WORDS = ("type", "name", "message", "msg", "errmsg", "error_str")
_BEHIND = ("code", "cause")
"""Where clients put the number of the error, or the error that was behind it."""
_DEEPEST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What a structured line says."""

    text: str
    """Time, level, message, error and whom it is about, in one line."""
    stack: str = ""
    trace_id: str = ""


def fields_of(line: str) -> Fields | None:
    """Read a JSON line, also one that a runtime put a stamp before; None when it is none."""
    start = line.find("{", 0, 80)
    if start < 0 or (start > 0 and not without_time(line).lstrip().startswith("{")):
        return None
    try:
        told = json.loads(line[start:])
    except (ValueError, RecursionError):
        return None
    return _fields(told, line[:start]) if isinstance(told, dict) else None


def _fields(line: Mapping[str, Any], before: str) -> Fields:
    told = {str(name).lower(): value for name, value in line.items()}
    if isinstance(told.get("fields"), dict):
        # As tracing of Rust writes it: the message stands one deeper.
        told = {**{str(name).lower(): value for name, value in told["fields"].items()}, **told}
    # What a runtime wraps is a line of its own.
    inner = told.get("log")
    if isinstance(inner, str) and inner.startswith("{") and (found := fields_of(inner.rstrip())):
        return found
    parts = [before.strip(), _first(told, _TIMES), _level(told)]
    parts += [_plain(told[name]) for name in (*_SAID, *_WRONG) if told.get(name)]
    parts += [f"{name}={_plain(told[name])}" for name in _ABOUT if told.get(name)]
    text = " ".join(" ".join(parts).split())
    return Fields(text=text, stack=_stack(told), trace_id=_first(told, _TRACES)[:64])


def _level(told: Mapping[str, Any]) -> str:
    grade = next((told[name] for name in _LEVELS if told.get(name)), "")
    if isinstance(grade, dict):
        grade = grade.get("name") or ""
    if isinstance(grade, int):
        return _NUMBERED.get(grade, "")
    return _SHORT.get(str(grade), str(grade).upper())


def _first(told: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((_plain(told[name]) for name in names if told.get(name)), "")


def _plain(value: object, depth: int = 0) -> str:
    """Text of a value; of an object its message, without its stack."""
    if not isinstance(value, dict):
        return value.partition("\n")[0] if isinstance(value, str) else str(value)
    if date := value.get("$date"):
        return str(date)
    said = [value[name] for name in _NAMES_AND_WORDS if value.get(name)]
    if said and depth < _DEEPEST:
        said += [value[name] for name in _BEHIND if isinstance(value.get(name), (str, dict))]
        return ": ".join(_plain(one, depth + 1) for one in said)
    if depth and isinstance(value.get("code"), str):
        return str(value["code"])
    kept = {name: one for name, one in value.items() if name not in _INSIDE}
    return json.dumps(kept, default=str)[:2000]


def _stack(told: Mapping[str, Any]) -> str:
    """The longest of the fields that hold a stack trace."""
    return max(_stacks(told), key=len, default="")


def _stacks(told: Mapping[str, Any]) -> Iterator[str]:
    for name in (*_STACKS, "err", "error"):
        value = told.get(name)
        if isinstance(value, dict):
            yield from (_lines(value[inner]) for inner in _INSIDE if value.get(inner))
        elif value and "\n" in (text := _lines(value)):
            yield text
    for name in _SAID:
        if isinstance(told.get(name), str) and "\n" in told[name]:
            yield told[name]


def _lines(value: object) -> str:
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)
