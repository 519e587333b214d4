"""The language models of a run, and what they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sreagent.domain.secrets import own
from sreagent.settings import Settings, model_key, provider_keys, state_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from sreagent.clients.model import LiteLlmModel
    from sreagent.domain.incident import Incident
    from sreagent.domain.ports import Clock
    from sreagent.investigate.model.minds import Minds
    from sreagent.investigate.model.prompts import Prompts
    from sreagent.investigate.model.versions import Versions


def prompt_versions() -> Versions:
    """The versions of what models are told."""
    from sreagent.investigate.model.versions import Versions

    return Versions(state_folder() / "prompts")


def _prompts(incident: Incident) -> Prompts:
    """What the models of an incident are told: as it began, or as incidents begin now."""
    from sreagent.investigate.model.context import brief_of

    briefed = brief_of(incident)
    return prompt_versions().prompts_for(incident.id, briefed.version if briefed else "")


def minds(settings: Settings, clock: Clock, incident: Incident) -> Minds:
    """The models of a run; litellm begins to load when this is called.

    Raises:
        BadSettings: The file with the key, or the prompts that are to be used, cannot be read.
    """
    make = model_maker(settings, clock)
    from sreagent.investigate.model.minds import SMALL, Limits, Minds

    small = settings.model_small or settings.model

    def model(role: str) -> LiteLlmModel:
        return make(small if role in SMALL else settings.model)

    return Minds(
        models=model,
        prompts=_prompts(incident),
        limits=Limits(
            turns=settings.turn_limit, tokens=settings.token_limit, usd=settings.usd_limit
        ),
        own=frozenset(SMALL if settings.model_small else ()),
    )


def model_maker(settings: Settings, clock: Clock) -> Callable[[str], LiteLlmModel]:
    """Makes models by name; litellm begins to load, and every key counts as a secret from now on.

    Raises:
        BadSettings: The file with the key cannot be read.
    """
    from sreagent.clients.model_loading import Loading

    loading = Loading()
    from sreagent.clients.model import LiteLlmModel

    key = model_key(settings)
    for secret in provider_keys():
        own(secret)
    wanted = {"yes": True, "no": False}.get(settings.model_tools)

    def make(name: str) -> LiteLlmModel:
        return LiteLlmModel(
            name=name,
            url=settings.model_url,
            key=key,
            tools=wanted,
            context=settings.model_context,
            loading=loading,
            clock=clock,
        )

    return make
