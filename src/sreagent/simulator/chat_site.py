"""A pretend language model behind the protocol of OpenAI: it answers what a script says."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from sreagent.simulator import chat_errors
from sreagent.simulator.chat_checks import check
from sreagent.simulator.chat_errors import ChatError
from sreagent.simulator.chat_model import Played, ScriptedModel
from sreagent.simulator.chat_reply import DONE, chunks, event, whole
from sreagent.simulator.chat_script import Script, ScriptError, Source, Turn, script_of
from sreagent.simulator.chat_tokens import Usage
from sreagent.simulator.exchange import Answer, Request, ResetError, answer
from sreagent.simulator.faults import Faults
from sreagent.simulator.server import Server

__all__ = ["ChatSite", "Received", "Script", "ScriptError", "chat"]

_SECRET_HEADERS = ("authorization", "api-key", "x-api-key")
_TICK = 0.05
_PAGE = b"""<html>\r\n<head><title>%d %s</title></head>\r\n<body>\r
<center><h1>%d %s</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A request as it came, and what became of it."""

    at: float
    """Seconds since 1970."""
    path: str
    headers: Mapping[str, str]
    """In lower case, without the key."""
    body: Any
    """As parsed from JSON; the text when it was none."""
    code: int = 0
    """The HTTP code of the answer."""
    turn: int | None = None
    """Which turn of the script answered, from 1."""
    usage: Usage | None = None
    """What it was told to have taken; None when it was refused."""


class ChatSite:
    """Answers everything a client of OpenAI's chat completions asks."""

    def __init__(self, script: Script) -> None:
        self.url = ""
        """The base address for clients; ends in /v1."""
        self.requests: list[Received] = []
        self._model = ScriptedModel(script)
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def load(self, source: Source | Script) -> None:
        """Play another script from its beginning; what was received is kept, and so is the key.

        Raises:
            ScriptError: It cannot be played.
            OSError: Its file cannot be read.
        """
        script = script_of(source)
        with self._lock:
            self._model.load(replace(script, key=script.key or self._model.script.key))

    def stop(self) -> None:
        """End all waiting."""
        self._stopped.set()

    def answer(self, request: Request) -> Answer:
        """The answer to a request.

        Raises:
            ResetError: The script wants the connection reset before the first byte.
        """
        path = request.path.rstrip("/")
        if path.removeprefix("/v1").startswith("/_"):
            return self._own_page(request, path.removeprefix("/v1"))
        found = _received(request)
        with self._lock:
            turn, found, reply = self._decide(request, path, found)
            self.requests.append(replace(found, code=reply.code))
        self._stopped.wait(turn.slow if turn else 0)
        if turn and turn.reset == "first":
            raise ResetError
        return reply

    def _own_page(self, request: Request, path: str) -> Answer:
        """What the real thing does not have: for those who test with it."""
        match request.method, path:
            case "GET", "/_requests":
                return answer([asdict(each) for each in list(self.requests)])
            case "POST", "/_script":
                return self._load_posted(request)
        return answer({"error": "there is GET /_requests and POST /_script"}, 404)

    def _load_posted(self, request: Request) -> Answer:
        try:
            self.load(request.body.decode("utf-8"))
        except ValueError as problem:
            return answer({"error": str(problem)}, 400)
        return answer({"turns": len(self._model.script.turns)})

    def _decide(
        self, request: Request, path: str, found: Received
    ) -> tuple[Turn | None, Received, Answer]:
        turn: Turn | None = None
        try:
            _check_key(request, self._model.script.key)
            if path != "/v1/chat/completions" or request.method != "POST":
                return None, found, self._models(request, path)
            body = check(found.body)
            self._model.check_ability(body)
            number, turn = self._model.next_turn(body)
            found = replace(found, turn=number)
            if turn.html:
                return turn, found, _page(turn.status or 200)
            played = self._model.play(turn, body)
            return turn, replace(found, usage=played.usage), self._sent(turn, body, played)
        except ChatError as problem:
            return turn, found, problem.answer()

    def _models(self, request: Request, path: str) -> Answer:
        if request.method != "GET" or not path.startswith("/v1/models"):
            said = f"Invalid URL ({request.method} {request.path})"
            raise ChatError(404, said)
        wanted = path.removeprefix("/v1/models").removeprefix("/")
        return answer(self._model.named(wanted) if wanted else self._model.listed())

    def _sent(self, turn: Turn, body: Mapping[str, Any], played: Played) -> Answer:
        if body.get("stream"):
            options = body.get("stream_options") or {}
            with_usage = bool(options.get("include_usage"))
            told = chunks(played.reply, played.envelope, with_usage=with_usage)
            pieces = [*map(event, told), DONE]
            return Answer(media="text/event-stream", stream=self._disturbed(turn, pieces))
        if turn.stream_error:
            raise chat_errors.fault(500, body["model"], error=turn.error)
        plain = answer(whole(played.reply, played.envelope))
        if not turn.stall and not turn.reset:
            return plain
        middle = len(plain.body) // 2
        pieces = [plain.body[:middle], plain.body[middle:]]
        return Answer(stream=self._disturbed(turn, pieces))

    def _disturbed(self, turn: Turn, pieces: list[bytes]) -> Iterator[bytes]:
        for place, piece in enumerate(pieces):
            if place == len(pieces) // 2:
                yield from self._pause(turn.stall)
                if turn.reset:
                    raise ResetError
                if turn.stream_error:
                    yield event({"error": chat_errors.fault(500, "", error=turn.error).error})
                    return
            yield piece
            yield from self._pause(turn.pace)

    def _pause(self, seconds: float) -> Iterator[bytes]:
        """Wait, and let the server look every now and then whether the client is still there."""
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0 and not self._stopped.is_set():
            self._stopped.wait(min(left, _TICK))
            yield b""


@contextmanager
def chat(script: Source | Script, *, key: str = "", port: int = 0) -> Iterator[ChatSite]:
    """Serve a script on loopback; `key` is what clients must show, port 0 takes a free one.

    Raises:
        ScriptError: The script cannot be played.
        OSError: Its file cannot be read, or the port is taken.
    """
    read = script_of(script)
    site = ChatSite(replace(read, key=key) if key else read)
    server = Server(port, {"": site.answer}, Faults())
    site.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    serving = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": _TICK}, name="chat", daemon=True
    )
    serving.start()
    try:
        yield site
    finally:
        site.stop()
        server.shut_down()
        serving.join()


def _received(request: Request) -> Received:
    headers = {
        name: value for name, value in request.headers.items() if name not in _SECRET_HEADERS
    }
    text = request.body.decode("utf-8", "replace")
    try:
        body = json.loads(text) if text else None
    except ValueError:
        body = text
    return Received(at=time.time(), path=request.path, headers=headers, body=body)


def _check_key(request: Request, wanted: str) -> None:
    given = request.token or request.headers.get("api-key", "")
    if wanted and not given:
        raise chat_errors.no_key()
    if wanted and given != wanted:
        raise chat_errors.wrong_key(given)


def _page(status: int) -> Answer:
    words = b"Bad Gateway" if status >= 500 else b"Sign in"
    return Answer(code=status, body=_PAGE % (status, words, status, words), media="text/html")
