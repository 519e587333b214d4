"""What a chat endpoint says when it will not answer, in the words of the providers."""

import json
from collections.abc import Mapping

from sreagent.simulator.exchange import Answer

_WORDS: dict[int, tuple[str, str, str | None]] = {
    400: ("The request is not one that can be answered.", "invalid_request_error", None),
    401: ("Incorrect API key provided.", "invalid_request_error", "invalid_api_key"),
    403: (
        "Your project does not have access to this model.",
        "invalid_request_error",
        "unsupported_country_region_territory",
    ),
    404: (
        "The model `{model}` does not exist or you do not have access to it.",
        "invalid_request_error",
        "model_not_found",
    ),
    408: ("Request timed out.", "timeout", None),
    429: (
        "Rate limit reached for {model} on tokens per min (TPM): Limit 30000, Used 30000. "
        "Please try again in {wait}.",
        "tokens",
        "rate_limit_exceeded",
    ),
    500: (
        "The server had an error while processing your request. Sorry about that!",
        "server_error",
        None,
    ),
    502: ("Bad gateway.", "server_error", None),
    503: (
        "The engine is currently overloaded, please try again later.",
        "server_error",
        "overloaded",
    ),
    504: ("The request took too long.", "server_error", None),
}
_FILTERED = (
    "The response was filtered due to the prompt triggering the content management policy. "
    "Please modify your prompt and retry."
)


class ChatError(Exception):
    """A refusal with an HTTP code and an error object as OpenAI words it."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str | None = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error: dict[str, object] = {
            "message": message,
            "type": kind,
            "param": param,
            "code": code,
        }
        self.headers: dict[str, str] = {}

    def answer(self) -> Answer:
        """What goes over the wire."""
        body = json.dumps({"error": self.error}).encode()
        return Answer(code=self.status, body=body, headers=self.headers)


def fault(
    status: int,
    model: str,
    *,
    retry_after: float | None = None,
    error: Mapping[str, object] | None = None,
) -> ChatError:
    """A refusal that the script asked for; `error` replaces parts of the usual object."""
    unknown = (f"The simulator was told to answer {status}.", "server_error", None)
    words, kind, code = _WORDS.get(status, unknown)
    wait = "a moment" if retry_after is None else f"{retry_after * 1000:.0f}ms"
    problem = ChatError(status, words.format(model=model, wait=wait), kind=kind, code=code)
    problem.error |= error or {}
    if retry_after is not None:
        problem.headers = {
            "Retry-After": f"{retry_after:g}",
            "retry-after-ms": f"{retry_after * 1000:.0f}",
        }
    return problem


def no_key() -> ChatError:
    """The request came without a key."""
    return ChatError(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization "
        "header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
    )


def wrong_key(key: str) -> ChatError:
    """The key is another one; as at OpenAI, some of it comes back."""
    shown = f"{key[:4]}{'*' * max(len(key) - 8, 4)}{key[-4:]}" if len(key) > 8 else "*" * len(key)
    return ChatError(401, f"Incorrect API key provided: {shown}.", code="invalid_api_key")


def no_tools(model: str) -> ChatError:
    """Tools were sent to a model that cannot be given any; as Ollama says it."""
    return ChatError(400, f"{model} does not support tools", kind="api_error")


def too_long(most: int, messages: int, tools: int) -> ChatError:
    """The prompt does not fit; all three in tokens."""
    parts = f" ({messages} in the messages, {tools} in the functions)" if tools else ""
    what = "messages or functions" if tools else "messages"
    return ChatError(
        400,
        f"This model's maximum context length is {most} tokens. However, your messages resulted "
        f"in {messages + tools} tokens{parts}. Please reduce the length of the {what}.",
        param="messages",
        code="context_length_exceeded",
    )


def filtered() -> ChatError:
    """The provider does not let the prompt through; as Azure says it."""
    return ChatError(400, _FILTERED, kind=None, param="prompt", code="content_filter")


def script_error(message: str) -> ChatError:
    """The script has nothing for this request: the mistake is in the test, not in the client."""
    return ChatError(400, f"the simulator's script: {message}", kind="script_error", code="script")


def no_turn(ending: str) -> ChatError:
    """No turn of the script is left for what came last."""
    return script_error(f"no turn is left for a request that ends in {ending[-200:]!r}")
