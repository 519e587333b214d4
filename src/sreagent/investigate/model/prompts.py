"""Prompts, tool schemas and limits as one unit with one version."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from string import Template

from sreagent.domain.conversation import ToolSpec
from sreagent.domain.diagnosis import CONFIDENT
from sreagent.investigate.model.arguments import spec
from sreagent.investigate.model.roles import TOOLS, Role

PAGES = (*(role.value for role in Role), "without_tools", "repair")
"""Names of the prompt files."""


@dataclass(frozen=True)
class Prompts:
    """The texts that a model is given, by the name of their file without `.md`."""

    pages: Mapping[str, str]

    def page(self, name: str, **values: object) -> str:
        """A prompt with its values filled in.

        Raises:
            KeyError: The page asks for a value that was not given, or there is no such page.
            ValueError: It has a lone `$`.
        """
        return Template(self.pages[name]).substitute({k: str(v) for k, v in values.items()}).strip()

    @cached_property
    def version(self) -> str:
        """Twelve hex digits over prompts, tool schemas and what code insists on."""
        return hashlib.sha256(json.dumps(self.unit, sort_keys=True).encode()).hexdigest()[:12]

    @property
    def unit(self) -> dict[str, object]:
        """All that one version stands for."""
        tools = {
            role.value: {one.name: [one.description, one.parameters] for one in specs(role)}
            for role in Role
        }
        return {"pages": dict(self.pages), "tools": tools, "guardrails": {"confident": CONFIDENT}}


@cache
def specs(role: Role) -> tuple[ToolSpec, ...]:
    """The tools of a role as the model sees them."""
    return tuple(spec(tool) for tool in TOOLS[role])


def built_in() -> Prompts:
    """The prompts that come with the program."""
    folder = files("sreagent.investigate.model") / "prompts"
    return Prompts({name: (folder / f"{name}.md").read_text(encoding="utf-8") for name in PAGES})
