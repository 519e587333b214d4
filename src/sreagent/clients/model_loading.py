"""Loads litellm behind one's back: it takes seconds, while the first evidence is gathered."""

import gc
import logging
import os
import threading
import warnings
from typing import Any

from sreagent.domain.errors import TimedOut, Unreachable
from sreagent.domain.text import one_line

_AT_IMPORT = {
    # Otherwise its price table comes from the network.
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    "LITELLM_LOCAL_BLOG_POSTS": "True",
    "LITELLM_LOCAL_POLICY_TEMPLATES": "True",
    # Otherwise it reads a `.env` that happens to lie in the working folder.
    "LITELLM_MODE": "PRODUCTION",
    "LITELLM_LOG": "CRITICAL",
}
_TALKATIVE = ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "httpx", "httpcore", "openai")
_WARN = r"(?:litellm|pydantic|openai|httpx|httpcore|tiktoken|importlib|aiohttp)(?:\..*)?"


class Loading:
    """litellm on its way; begins at once, and nobody has to wait for it."""

    def __init__(self) -> None:
        self._done = threading.Event()
        self._sdk: Any = None
        self._error: BaseException | None = None
        # A daemon: whoever leaves early does not wait for it.
        threading.Thread(target=self._load, name="loading litellm", daemon=True).start()

    def wait(self, seconds: float = 60.0) -> Any:  # noqa: ANN401 - a module without types
        """The module litellm, made quiet.

        Raises:
            Unreachable: It cannot be imported; TimedOut after `seconds`.
        """
        if not self._done.wait(seconds):
            msg = f"litellm was not loaded within {seconds:g} s"
            raise TimedOut(msg)
        if self._error is not None:
            told = one_line(f"{type(self._error).__name__}: {self._error}", 200)
            msg = f"litellm cannot be loaded: {told}"
            raise Unreachable(msg, hint="try: pip install --force-reinstall sreagent")
        keep_quiet()
        return self._sdk

    def _load(self) -> None:
        try:
            self._sdk = _imported()
        except BaseException as error:  # noqa: BLE001 - told to whoever waits
            self._error = error
        finally:
            self._done.set()


def keep_quiet() -> None:
    """Warnings of the packages behind a model are none of the person's business."""
    warnings.filterwarnings("ignore", module=_WARN)


def _imported() -> Any:  # noqa: ANN401 - a module without types
    os.environ.update(_AT_IMPORT)  # noqa: TID251 - litellm reads it while it is imported
    # A third of the time would go into looking for cycles among what stays for good.
    collecting = gc.isenabled()
    gc.disable()
    try:
        keep_quiet()
        import litellm
    finally:
        if collecting:
            gc.enable()
    _settle(litellm)
    return litellm


def _settle(sdk: Any) -> None:  # noqa: ANN401 - a module without types
    sdk.suppress_debug_info = True
    sdk.telemetry = False
    sdk.disable_streaming_logging = True
    # It would fetch tokenizers from the network to count what a server did not count.
    sdk.disable_hf_tokenizer_download = True
    for name in _TALKATIVE:
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False
