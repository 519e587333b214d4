"""What litellm's table knows of a model: who provides it, what it can do, what it costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sreagent.domain.conversation import Usage

UNKNOWN_CONTEXT = 32_768
"""Tokens that a model may read of which nothing is known."""
OWN_SERVER = "hosted_vllm"
"""litellm's name for any server that speaks OpenAI's protocol."""
OLLAMA = "ollama_chat"
_OLLAMA_PREFIXES = ("ollama/", "ollama_chat/")
_MARKED = ("anthropic", "bedrock", "vertex_ai", "azure_ai")
"""Providers that cache a Claude's prompt only up to where they are told to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A model as litellm sees it."""

    sdk: Any
    model: str
    """As litellm shall be asked for it."""
    provider: str
    """Empty when litellm knows none."""
    info: Mapping[str, Any]
    """Its entry in the table; empty when it has none."""

    @property
    def context(self) -> int:
        """Tokens that it can read, as far as is known."""
        return whole(self.info.get("max_input_tokens")) or UNKNOWN_CONTEXT

    @property
    def takes_tools(self) -> bool:
        """Whether it can be given tools; a model that is not in the table is taken to."""
        listed = self.info.get("supports_function_calling")
        if listed is not None:
            return bool(listed)
        if not self.provider:
            return True
        taken = self.sdk.get_supported_openai_params(self.model, custom_llm_provider=self.provider)
        return taken is None or "tools" in taken

    @property
    def wants_marks(self) -> bool:
        """Whether it caches a prompt only as far as it is told to."""
        claude = "claude" in self.model or "anthropic." in self.model
        marked = claude and self.provider.startswith(_MARKED)
        return marked and self.info.get("supports_prompt_caching") is not False

    @property
    def wants_tools(self) -> bool:
        """Whether it refuses a conversation with calls of tools when it is given none."""
        return self.provider.startswith(_MARKED)

    @property
    def priced(self) -> bool:
        """Whether its price is known; an entry without prices reads as free of charge."""
        costs = ("input_cost_per_token", "output_cost_per_token")
        return any(self.info.get(cost) for cost in costs)

    def usage(self, told: Any) -> Usage:  # noqa: ANN401 - of litellm
        """What an answer took, as litellm counted it; None when it did not."""
        if told is None:
            return Usage(usd=None)
        details = getattr(told, "prompt_tokens_details", None)
        return Usage(
            prompt=whole(getattr(told, "prompt_tokens", 0)),
            cached=whole(getattr(details, "cached_tokens", 0)),
            answer=whole(getattr(told, "completion_tokens", 0)),
            usd=self._price(told),
        )

    def _price(self, told: Any) -> float | None:  # noqa: ANN401 - of litellm
        if not self.priced:
            return None
        try:
            prompt, answer = self.sdk.cost_per_token(model=self.model, usage_object=told)
        except Exception:  # noqa: BLE001 - a price that cannot be worked out is not known
            return None
        return float(prompt + answer)


def known(sdk: Any, name: str, url: str) -> Known:  # noqa: ANN401 - a module without types
    """Look a model up; asks nobody."""
    model, provider = _routed(sdk, name, url)
    return Known(sdk=sdk, model=model, provider=provider, info=_info(sdk, model, provider))


def whole(value: object) -> int:
    """A number of tokens; 0 for what is none."""
    return value if isinstance(value, int) and value > 0 else 0


def _routed(sdk: Any, name: str, url: str) -> tuple[str, str]:  # noqa: ANN401 - without types
    if name.startswith(_OLLAMA_PREFIXES):
        # The other door of Ollama knows no tools.
        return f"{OLLAMA}/{name.partition('/')[2]}", OLLAMA
    try:
        _, provider, *_ = sdk.get_llm_provider(name)
    except sdk.exceptions.BadRequestError:
        provider = ""
    bare = name.removeprefix("openai/")
    if url and (not provider or (provider == "openai" and bare not in sdk.model_cost)):
        # The same protocol without the package of OpenAI, which takes most of a second to load.
        return f"{OWN_SERVER}/{bare}", OWN_SERVER
    return name, str(provider)


def _info(sdk: Any, model: str, provider: str) -> Mapping[str, Any]:  # noqa: ANN401 - without types
    if provider == OLLAMA:
        return _info_of_ollama(sdk, f"ollama/{model.partition('/')[2]}")
    try:
        return dict(sdk.get_model_info(model))
    except Exception:  # noqa: BLE001 - it raises a bare one for a model it does not know
        return {}


def _info_of_ollama(sdk: Any, name: str) -> Mapping[str, Any]:  # noqa: ANN401 - without types
    if name not in sdk.model_cost:
        # litellm would ask the server what the model can do, several times for each answer.
        entry = {"litellm_provider": "ollama", "mode": "chat", "supports_function_calling": True}
        sdk.register_model({name: {**entry, "max_input_tokens": UNKNOWN_CONTEXT}})
    return sdk.model_cost.get(name) or {}
