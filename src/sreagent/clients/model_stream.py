"""An answer of a model as it comes: read in a thread, put together from its pieces."""

import json
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sreagent.domain.conversation import Stop, ToolCall

_STOPS = {
    "tool_calls": Stop.CALLS,
    "function_call": Stop.CALLS,
    "length": Stop.LENGTH,
    "content_filter": Stop.FILTERED,
}


class Silence(Exception):  # noqa: N818 - no error of the provider's
    """Nothing came for too long."""


@dataclass(frozen=True, slots=True)
class _End:
    error: Exception | None = None


class Reading:
    """Reads an answer in a thread of its own, so that nobody waits longer than they want to."""

    def __init__(self, start: Callable[[], Iterable[Any]]) -> None:
        self._came: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._unwanted = threading.Event()
        threading.Thread(target=self._read, args=(start,), name="model", daemon=True).start()

    def pieces(self, patience: Callable[[], float]) -> Iterator[Any]:
        """What comes, until the end.

        Raises:
            Silence: Nothing came within the seconds that `patience` tells.
            Exception: Whatever the reading raised.
        """
        while True:
            try:
                piece = self._came.get(timeout=max(patience(), 0.0))
            except queue.Empty:
                raise Silence from None
            if isinstance(piece, _End):
                if piece.error is not None:
                    raise piece.error
                return
            yield piece

    def leave(self) -> None:
        """Nobody listens any longer: the thread ends with the next piece."""
        self._unwanted.set()

    def _read(self, start: Callable[[], Iterable[Any]]) -> None:
        end, source = _End(), None
        try:
            source = start()
            for piece in source:
                if self._unwanted.is_set():
                    break
                self._came.put(piece)
        except Exception as error:  # noqa: BLE001 - told to whoever reads
            end = _End(error)
        finally:
            _close(source)
            self._came.put(end)


def _close(source: Any) -> None:  # noqa: ANN401 - of any provider
    """Let go of the connection under a stream of litellm, which has no `close` of its own."""
    inner = getattr(source, "completion_stream", None)
    close = getattr(inner, "close", None)
    if callable(close):
        try:
            close()
        except Exception:  # noqa: BLE001 - it is gone either way
            return


@dataclass(slots=True, kw_only=True)
class _Call:
    id: str
    name: str
    arguments: str = ""

    @property
    def complete(self) -> bool:
        """Its arguments are JSON already: whatever comes next belongs to another call."""
        try:
            json.loads(self.arguments)
        except ValueError:
            return False
        return True


@dataclass(slots=True)
class Answer:
    """An answer being put together."""

    text: str = ""
    finish: str = ""
    usage: Any = None
    _thinks: bool = False
    """What came last was thought aloud."""
    _calls: list[_Call] = field(default_factory=list)
    _slots: dict[int, _Call] = field(default_factory=dict)

    def take(self, chunk: Any) -> str:  # noqa: ANN401 - of litellm
        """Add a chunk; returns what the model says in it, and what it thinks aloud before that.

        Only what it says is its answer.
        """
        if (usage := getattr(chunk, "usage", None)) is not None:
            self.usage = usage
        text = thought = ""
        for choice in (getattr(chunk, "choices", None) or ())[:1]:
            self.finish = getattr(choice, "finish_reason", None) or self.finish
            delta = getattr(choice, "delta", None)
            content = getattr(delta, "content", None)
            text += content if isinstance(content, str) else ""
            thinking = getattr(delta, "reasoning_content", None)
            thought += thinking if isinstance(thinking, str) else ""
            for part in getattr(delta, "tool_calls", None) or ():
                self._take_call(part)
        self.text += text
        turn = "\n" if text and self._thinks else ""
        self._thinks = bool(thought) or (self._thinks and not text)
        return thought + turn + text

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The calls so far, in the order they began; broken JSON stays as it came."""
        return tuple(
            ToolCall(id=call.id, name=call.name, arguments=call.arguments) for call in self._calls
        )

    @property
    def calls_broken(self) -> bool:
        """The arguments of a call are no JSON."""
        return not all(call.complete for call in self._calls if call.arguments)

    @property
    def stop(self) -> Stop:
        """Why it ended."""
        known = _STOPS.get(self.finish, Stop.DONE)
        return Stop.CALLS if known is Stop.DONE and self._calls else known

    @property
    def nothing(self) -> bool:
        """Neither words nor calls came."""
        return not (self.text or self._calls)

    def _take_call(self, part: Any) -> None:  # noqa: ANN401 - of litellm
        function = getattr(part, "function", None)
        id_, name = str(getattr(part, "id", "") or ""), str(getattr(function, "name", "") or "")
        slot = int(getattr(part, "index", 0) or 0)
        call = self._slots.get(slot)
        if call is None and not (id_ or name) and self._calls:
            # The tail of a call whose head came under another number.
            call = self._calls[-1]
        arguments = str(getattr(function, "arguments", "") or "")
        if call is None or _begins_another(call, id_, name, arguments):
            call = _Call(id=id_, name=name)
            self._calls.append(call)
        self._slots[slot] = call
        call.id, call.name = call.id or id_, call.name or name
        call.arguments += arguments


def _begins_another(call: _Call, id_: str, name: str, arguments: str) -> bool:
    """Whether a piece under a number that was used before is the head of a new call.

    Some servers number each call 0, or none; some repeat id and name in every piece.
    """
    if id_ and call.id and id_ != call.id:
        return True
    if name and call.name and name != call.name:
        return True
    return bool(name and arguments) and call.complete
