"""Reads `behaviour.yaml`, telling what is wrong in it and where."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from sreagent.simulator.behaviour import (
    ALWAYS,
    DEFAULT_MEMORY_MIB,
    Behaviour,
    Dependency,
    External,
    Images,
    Listen,
    LogEntry,
    Match,
    Memory,
    NeededEnv,
    NodePlan,
)
from sreagent.simulator.staging.documents import line_of, yaml_mapping
from sreagent.simulator.staging.errors import StagingError
from sreagent.simulator.staging.placeholders import fill_moments

_RENAMED = {"max": "most", "from": "since", "service": "host", "for": "lasts"}
_MOMENTS = ("active_from", "active_until", "inactive_until", "since")
_FORGIVEN = ("exec_probe", "start_logs")
"""Keys that other players of these files know; they change nothing here."""
Made = TypeVar("Made", Match, Images, External, NodePlan)
_TOP = ("apps", "images", "external", "nodes", "traffic")


def read_behaviour(path: Path, now: float) -> Behaviour:
    """The behaviour of an incident whose present is `now`, in epoch seconds.

    Raises:
        StagingError: Names the line that cannot be understood.
    """
    data = yaml_mapping(path, lambda text: fill_moments(text, now)) if path.is_file() else {}
    reader = _Reader(path)
    for key in data:
        if key not in _TOP:
            problem = f"unknown key {key!r}; there are: {', '.join(_TOP)}"
            raise reader.error(problem, key)
    apps = data.get("apps") or ()
    return Behaviour(
        entries=tuple(reader.entry(each, at) for at, each in enumerate(apps)),
        images=reader.images(data.get("images") or {}),
        external={host: reader.external(host, each) for host, each in _items(data, "external")},
        nodes={each["name"]: reader.node(each, at) for at, each in _numbered(data, "nodes")},
        traffic=tuple(data.get("traffic") or ()),
    )


def _items(data: Mapping[str, Any], key: str) -> Iterator[tuple[str, Any]]:
    yield from (data.get(key) or {}).items()


def _numbered(data: Mapping[str, Any], key: str) -> Iterator[tuple[int, Any]]:
    yield from enumerate(data.get(key) or ())


class _Reader:
    def __init__(self, path: Path) -> None:
        self.path = path

    def error(self, problem: str, *keys: str | int) -> StagingError:
        return StagingError(self.path, problem, line_of(self.path, keys))

    def entry(self, data: Any, at: int) -> tuple[Match, Mapping[str, Any]]:  # noqa: ANN401
        if not isinstance(data, dict):
            problem = "an entry of apps must be a mapping"
            raise self.error(problem, "apps", at)
        match = self._made(Match, data.get("match") or {}, "apps", at, "match")
        parts: dict[str, Any] = {}
        for key, value in data.items():
            if key == "match" or key in _FORGIVEN:
                continue
            part = _PARTS.get(key)
            if part is None:
                known = ", ".join(sorted(_PARTS))
                problem = f"unknown key {key!r} of a program; there are: {known}"
                raise self.error(problem, "apps", at, key)
            try:
                parts |= part(value)
            except (TypeError, ValueError, KeyError, AttributeError) as wrong:
                problem = f"{key} cannot be understood: {wrong}"
                raise self.error(problem, "apps", at, key) from wrong
        return match, parts

    def images(self, data: Any) -> Images:  # noqa: ANN401 - untyped YAML
        lists = {key: tuple(value or ()) for key, value in dict(data).items()}
        return self._made(Images, lists, "images")

    def external(self, host: str, data: Any) -> External:  # noqa: ANN401 - untyped YAML
        told = data if isinstance(data, dict) else {"state": str(data)}
        return self._made(External, _renamed(told), "external", host)

    def node(self, data: Mapping[str, Any], at: int) -> NodePlan:
        told = {key: _frozen(value) for key, value in data.items()}
        for key in ("cpu", "memory", "pods"):
            if key in told:
                told[key] = str(told[key])
        return self._made(NodePlan, told, "nodes", at)

    def _made(self, shape: type[Made], data: Mapping[str, Any], *keys: str | int) -> Made:
        try:
            return shape(**data)
        except TypeError as wrong:
            raise self.error(str(wrong).partition("() ")[2] or str(wrong), *keys) from wrong


def _renamed(data: Mapping[str, Any]) -> dict[str, Any]:
    told = {_RENAMED.get(key, key): value for key, value in data.items()}
    # A moment such as "{{now-8m}}" stands between quotes, so it comes as text.
    return told | {key: float(told[key]) for key in _MOMENTS if key in told}


def _frozen(value: Any) -> Any:  # noqa: ANN401 - untyped YAML
    return tuple(value) if isinstance(value, list) else value


def _listens(value: Any) -> dict[str, Any]:  # noqa: ANN401 - untyped YAML
    told = [each if isinstance(each, dict) else {"port": int(each)} for each in value]
    return {"listens": tuple(Listen(**each) for each in told)}


def _memory(value: Any) -> dict[str, Any]:  # noqa: ANN401 - untyped YAML
    if not isinstance(value, dict):
        return {"memory": Memory(base=float(value))}
    return {"memory": Memory(**{"base": DEFAULT_MEMORY_MIB, **_renamed(value)})}


def _serves(value: Any) -> dict[str, Any]:  # noqa: ANN401 - untyped YAML
    return {
        "serves_status": int(value.get("status", 200)),
        "serves_latency": float(value.get("latency", 0)),
    }


def _needs(value: Any) -> dict[str, Any]:  # noqa: ANN401 - untyped YAML
    told = [each if isinstance(each, dict) else {"name": str(each)} for each in value]
    return {"needs_env": tuple(NeededEnv(**each) for each in told)}


def _log(data: Mapping[str | bool, Any]) -> LogEntry:
    told = {str(key): value for key, value in data.items() if key not in ("on", True)}
    # Unquoted, `on` is the boolean of YAML 1.1.
    moment = data.get("on", data.get(True))
    text = str(told.pop("lines", "") or told.pop("line", "")).rstrip("\n")
    told.pop("line", None)
    if "rate" in told:
        told["every"] = 1 / float(told.pop("rate"))
    entry = LogEntry(lines=tuple(text.split("\n")), on_exit=moment == "exit", **_renamed(told))
    if moment not in (None, "exit", "sigterm"):
        problem = f"lines can be written on exit, not on {moment!r}"
        raise ValueError(problem)
    return entry


def _logs(value: Any) -> dict[str, Any]:  # noqa: ANN401 - untyped YAML
    # Nothing here is ever told to end by a signal that it could answer with a line.
    kept = [each for each in value if each.get("on", each.get(True)) != "sigterm"]
    return {"logs": tuple(_log(each) for each in kept)}


def _depends(value: Any) -> dict[str, Any]:  # noqa: ANN401 - untyped YAML
    found = tuple(Dependency(**_renamed(each)) for each in value)
    for each in found:
        if not each.host and not each.env:
            problem = "a dependency needs `service`, `host` or `env`"
            raise ValueError(problem)
        if each.effect not in ("", "not_ready", "crash", "wait"):
            problem = f"there is no effect {each.effect!r}: not_ready, crash, wait"
            raise ValueError(problem)
    return {"depends_on": found}


def _number(name: str) -> Callable[[Any], dict[str, Any]]:
    return lambda value: {name: float(value)}


def _whole(name: str) -> Callable[[Any], dict[str, Any]]:
    return lambda value: {name: int(value)}


def _text(name: str) -> Callable[[Any], dict[str, Any]]:
    return lambda value: {name: str(value)}


_PARTS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "listens": _listens,
    "start_delay": _number("start_delay"),
    "memory_mib": _memory,
    "cpu_millis": _number("cpu"),
    "oom_after": _number("oom_after"),
    "exit_after": lambda value: {"exit_after": None if value is None else float(value)},
    "exit_code": _whole("exit_code"),
    "exit_times": lambda value: {"exit_times": ALWAYS if value is None else int(value)},
    "termination_message": _text("termination_message"),
    "start_error": _text("start_error"),
    "needs_env": _needs,
    "exec_fails": _text("exec_fails"),
    "serves": _serves,
    "logs": _logs,
    "depends_on": _depends,
    "runs_forever": lambda value: {"runs_forever": bool(value)},
    "job_seconds": _number("job_seconds"),
    "sigterm_exit": _whole("sigterm_exit"),
}
