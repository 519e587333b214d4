"""In which ways a suite is tried: with the rules alone, a model, or one that is scripted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sreagent.domain.errors import BadInput

if TYPE_CHECKING:
    from sreagent.settings import Settings

RULES = "rules"
OF_MODEL = "model:"
OTHERS = "default"
"""The script of incidents that have none of their own."""
SCRIPTED = "openai/scripted"
CITED = 5
"""Pieces of evidence that a briefing names for a hypothesis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to try a suite."""

    name: str
    """As it is shown."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Of the model; empty for the rules alone."""
    scripts: Mapping[str, Any] | None = None
    """What a scripted model says, by the name of the incident."""
    pages: Mapping[str, str] | None = None
    """The prompts; None for those in use."""

    @property
    def has_model(self) -> bool:
        """Whether a model takes part."""
        return bool(self.settings.get("model"))

    def told_to(self, incident: str) -> dict[str, Any]:
        """What the process that plays an incident is told."""
        script = None
        if self.scripts is not None:
            script = self.scripts.get(incident, self.scripts.get(OTHERS, agreeing()))
        return {"settings": dict(self.settings), "script": script, "pages": self.pages}


def way(settings: "Settings", scripts: Mapping[str, Any] | None, model: str) -> Way:
    """The rules alone, unless a model is named or scripted.

    Raises:
        BadInput: A scripted model has a name that is not of OpenAI's protocol.
    """
    if not model and scripts is None:
        return Way(name=RULES)
    name = model or SCRIPTED
    if scripts is not None and not name.startswith("openai/"):
        msg = f"a scripted model cannot be {name!r}"
        raise BadInput(msg, hint="it speaks OpenAI's protocol: name it openai/… or not at all")
    return Way(name=name, settings=_of_model(settings, name), scripts=scripts)


def compared(words: Sequence[str], usual: Way, settings: "Settings") -> tuple[Way, Way]:
    """Two ways, each `rules`, `model:NAME` or a version of the prompts.

    Raises:
        BadInput: Both are the same, or prompts are named without a model.
        NotFound: There is no such version of the prompts.
    """
    first, second = (_meant(word, usual, settings) for word in words)
    if replace(first, name="") == replace(second, name=""):
        msg = f"{words[1]!r} is compared with itself"
        raise BadInput(msg, hint="name two versions, or: --compare rules model:PROVIDER/MODEL")
    return first, second


def _meant(word: str, usual: Way, settings: "Settings") -> Way:
    if word == RULES:
        return Way(name=RULES)
    if word.startswith(OF_MODEL):
        return way(settings, usual.scripts, word.removeprefix(OF_MODEL))
    if not usual.has_model:
        msg = f"prompts {word!r} are tried with a model"
        raise BadInput(msg, hint="name it with --model, or compare rules and model:PROVIDER/MODEL")
    return replace(usual, name=word, pages=_pages(word))


def _pages(version: str) -> Mapping[str, str]:
    from sreagent.wiring import models

    kept = models.prompt_versions().find(version)
    if not kept.is_usable:
        msg = f"version {kept.version} was made for other tools than this sre has"
        raise BadInput(msg, hint="make a version of its pages: sre prompts add FOLDER")
    return kept.prompts.pages


def _of_model(settings: "Settings", name: str) -> dict[str, Any]:
    """The settings that a model is asked with; nothing else of the person's reaches a trial."""
    wanted = {key: value for key, value in asdict(settings).items() if key.startswith("model")}
    limits = {key: getattr(settings, key) for key in ("token_limit", "usd_limit", "turn_limit")}
    if settings.model_key_file:
        wanted["model_key_file"] = str(Path(settings.model_key_file).expanduser().absolute())
    return {**wanted, **limits, "model": name}


def read_scripts(path: Path, known: Sequence[str]) -> Mapping[str, Any]:
    """What a scripted model says in each incident, from a file.

    Raises:
        BadInput: It cannot be read or played, or names an incident that the suite does not have.
    """
    from sreagent.simulator.chat_script import ScriptError, script_of

    told = _mapping(path)
    for name, script in told.items():
        if name != OTHERS and name not in known:
            msg = f"{path}: the suite has no incident {name!r}"
            raise BadInput(msg, hint=f"names are those of the folders, or {OTHERS!r}")
        try:
            script_of(script)
        except (ScriptError, TypeError) as error:
            msg = f"{path}: {name}: {error}"
            raise BadInput(msg) from error
    return told


def _mapping(path: Path) -> dict[str, Any]:
    import yaml

    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        msg = f"cannot read the script {path}: {' '.join(str(error).split())}"
        raise BadInput(msg) from error
    if not isinstance(told, dict):
        msg = f"{path} must hold a mapping of incidents to what the model says"
        raise BadInput(msg, hint="wrong-image-tag: [{text: I do not know}]")
    return {str(name): script for name, script in told.items()}


def agreeing() -> list[dict[str, Any]]:
    """A model that concludes what the rules say, citing what they cite; else it hands over."""
    return [*_conclusions(), {"calls": [_handed_over()], "repeat": True}]


def _conclusions() -> Iterator[dict[str, Any]]:
    for count in range(CITED, 0, -1):
        ids = [rf"{{{{match:^H1 .*\[(?:E\d+ ){{{n}}}(E\d+)}}}}" for n in range(count)]
        said = {
            "root_cause": r"{{match:^H1 \S+ \S+ \S+: (.*) \[E[\dE ]+\]$}}",
            "entity": r"{{match:^H1 \S+ \S+ (\S+): }}",
            "category": "availability",
            "confidence": 1.0,
            "evidence": ids,
        }
        call = {"name": "conclude", "arguments": said}
        yield {"when": rf"^H1 .*\[(?:E\d+ ){{{count - 1}}}E\d+\]$", "calls": [call]}


def _handed_over() -> dict[str, Any]:
    return {"name": "escalate", "arguments": {"account": "The rules' account stands."}}
