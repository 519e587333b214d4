"""Settings from flags, the environment and files, as one frozen object.

The only reader of the environment. A flag wins over `SRE_…`, that over `./sre.yaml`, that over
`sreagent/sre.yaml` in the XDG config folder.
"""

import os
import pwd
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from sreagent.domain.errors import BadSettings
from sreagent.domain.verdict import Autonomy

NUMBERS = {
    "time_limit": (1.0, 3600.0),
    "verify_limit": (1.0, 3600.0),
    "timeout": (0.5, 120.0),
    "model_context": (0.0, 999_999.0),
    "token_limit": (1000.0, 999_999.0),
    "usd_limit": (0.0, 1000.0),
    "turn_limit": (1.0, 200.0),
}
"""The least and the most that is taken."""
UNITS = {"model_context": "tokens", "token_limit": "tokens", "usd_limit": "US dollars"}
UNITS["turn_limit"] = "turns"
"""What is not in seconds."""
WHOLE = frozenset({"model_context", "token_limit", "turn_limit"})
CHOICES = {"autonomy": tuple(map(str, Autonomy)), "model_tools": ("auto", "yes", "no")}
CHOICES["traces_content"] = ("yes", "no")
URLS = ("prometheus", "alertmanager", "aws_endpoint", "model_url", "traces")
NOT_IN_FOLDER = frozenset(
    {
        *("kubeconfig", "policy", "autonomy", "halt_file"),
        *("audit_key", "audit_signer", "audit_anchor"),
        *("aws_profile", "aws_endpoint", "aws_role"),
        *("model", "model_small", "model_url", "model_key_file"),
        *("traces", "traces_content"),
    }
)
"""What may name a program to run, loosen a guard or lead elsewhere: a file that happens to lie in
the working folder does not choose it."""
OTHER_NAMES = {"kubeconfig": "KUBECONFIG", "prometheus": "PROMETHEUS_URL"}
OTHER_NAMES["alertmanager"] = "ALERTMANAGER_URL"
OTHER_NAMES["traces"] = "OTEL_EXPORTER_OTLP_ENDPOINT"
"""Names that other tools read too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set. `SRE_` and the name in capitals sets it in the environment."""

    kubeconfig: str = ""
    """Kubeconfig files, joined with a colon; empty for ~/.kube/config."""
    context: str = ""
    """Context of the kubeconfig; empty for its current one."""
    namespace: str = ""
    """Namespace to look at; empty to find it from the alert."""
    prometheus: str = ""
    """Address of Prometheus."""
    alertmanager: str = ""
    """Address of Alertmanager."""
    time_limit: float = 120.0
    """Seconds that looking and reasoning may take."""
    verify_limit: float = 120.0
    """Seconds that a change may take to help."""
    timeout: float = 10.0
    """Seconds to wait for one answer."""
    policy: str = ""
    """Policy file; empty for `policy.yaml` in the config folder, or the built-in one."""
    autonomy: str = ""
    """At most this much runs by itself: observer, advisor, assistant, responder, autonomous."""
    halt_file: str = ""
    """A shared file that has to say `go`; anything else, or no such file, stops all changes."""
    audit_key: str = ""
    """Private Ed25519 key that signs checkpoints; empty for one made in the state folder."""
    audit_signer: str = ""
    """Program that signs standard input instead of a key file."""
    audit_anchor: str = ""
    """Where checkpoints are kept besides: file:PATH, command:LINE or s3://BUCKET/PREFIX."""
    aws_profile: str = ""
    """Profile of the AWS configuration; empty for its default."""
    aws_region: str = ""
    """Region of this run; empty for that of the profile."""
    aws_endpoint: str = ""
    """Address that stands in for AWS, for tests."""
    aws_role: str = ""
    """Role that is assumed in other accounts, where no profile names them; empty for none."""
    model: str = ""
    """Language model, as PROVIDER/MODEL; empty for the built-in rules alone."""
    model_small: str = ""
    """A cheaper one to observe, choose between ways and write; empty for `model`."""
    model_url: str = ""
    """Address of a server of your own that runs the model."""
    model_key_file: str = ""
    """File with its key; empty for `SRE_MODEL_KEY`, or what the provider asks for."""
    model_context: int = 0
    """Tokens that the model can read; 0 for what is known of it."""
    model_tools: str = ""
    """Whether the model can be given tools: yes, no; empty or auto for what is known of it."""
    token_limit: int = 100_000
    """Tokens that models may read and write for one incident."""
    usd_limit: float = 0.0
    """What models may cost for one incident, in US dollars; 0 for no limit."""
    turn_limit: int = 15
    """How often a model is asked what to do next."""
    traces: str = ""
    """Address of an OpenTelemetry collector that takes OTLP over HTTP; empty for no traces."""
    traces_content: str = ""
    """Whether traces carry what was said and read, redacted: yes; empty or no for names and
    numbers alone."""


def load(flags: Mapping[str, Any]) -> Settings:
    """Merge all layers; a flag that is None was not given.

    Raises:
        BadSettings: Names the file and line, or the variable or flag, and what is allowed.
    """
    merged: dict[str, Any] = {}
    for path, forbidden in ((_config_file(), frozenset[str]()), (Path("sre.yaml"), NOT_IN_FOLDER)):
        merged |= dict(_from_file(path, forbidden))
    merged |= dict(_from_environment())
    for name, value in flags.items():
        if value is not None:
            merged[name] = _checked(name, value, f"--{name.replace('_', '-')}")
    return Settings(**merged)


def state_folder() -> Path:
    """Where incidents are kept: `sreagent/` in the XDG state folder."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "sreagent"


def policy_file(settings: Settings) -> Path | None:
    """The policy file that holds; None for the built-in policy."""
    if settings.policy:
        return Path(settings.policy)
    usual = _config_file().with_name("policy.yaml")
    try:
        usual.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        # It may be there: whoever reads it says what is wrong.
        return usual
    return usual


def model_key(settings: Settings) -> str:
    """The key for the model; empty when the provider's own variable is to be used.

    Raises:
        BadSettings: The file with the key cannot be read, or is empty.
    """
    if not settings.model_key_file:
        return os.environ.get("SRE_MODEL_KEY", "").strip()
    path = Path(settings.model_key_file).expanduser()
    try:
        key = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", "") or "it is no text"
        msg = f"cannot read the file with the model's key {str(path)!r}: {why}"
        raise BadSettings(
            msg, hint="set model_key_file to a file that holds the key alone"
        ) from error
    if not key or len(key.split()) > 1:
        msg = f"the file with the model's key {str(path)!r} holds no key"
        raise BadSettings(msg, why="it has to hold the key alone, on one line")
    return key


def provider_keys() -> tuple[str, ...]:
    """The keys that the environment holds, for providers to read there: secrets of this process."""
    endings = ("_API_KEY", "_AUTH_TOKEN", "_API_TOKEN", "_ACCESS_KEY")
    return tuple(value for name, value in os.environ.items() if value and name.endswith(endings))


def terraform_variables() -> dict[str, str]:
    """What the environment tells Terraform and its backends: logins, workspace, data folder."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("TF_TOKEN_", "TF_HTTP_", "ARM_"))
        or name in ("TF_WORKSPACE", "TF_DATA_DIR", "TF_CLOUD_ORGANIZATION", "TF_CLOUD_HOSTNAME")
    }


def forge_token(gitlab: bool) -> str:
    """The token for the host of a repository, from the variables that its own tools read."""
    names = ("GITLAB_TOKEN", "GL_TOKEN") if gitlab else ("GH_TOKEN", "GITHUB_TOKEN")
    return next((os.environ[name] for name in names if os.environ.get(name)), "")


def halt_wish() -> str:
    """Why the environment stops all changes (`SRE_HALT`); empty when it does not."""
    return os.environ.get("SRE_HALT", "")


def editor() -> str:
    """The command line of the person's editor."""
    return os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"


def person() -> str:
    """Who is at the keyboard, for the record: by user id, not by a variable.

    Who became root with sudo stays who they are; root itself can be anybody.
    """
    uid = os.getuid()
    behind = os.environ.get("SUDO_UID", "")
    if uid == 0 and behind.isdecimal():
        uid = int(behind)
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _config_file() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "sreagent" / "sre.yaml"


def _from_environment() -> Iterator[tuple[str, Any]]:
    for name in (field.name for field in fields(Settings)):
        for variable in (OTHER_NAMES.get(name, ""), f"SRE_{name.upper()}"):
            if value := os.environ.get(variable, ""):
                yield name, _checked(name, value, variable)


def _from_file(path: Path, forbidden: frozenset[str]) -> Iterator[tuple[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot read the settings file {path}: {error}"
        raise BadSettings(msg, hint=f"mend or remove {path}") from error
    known = {field.name for field in fields(Settings)} - forbidden
    for name, value, line in _pairs(path, text):
        where = f"{path}, line {line}"
        if name not in known:
            msg = f"{where}: unknown setting {name!r}"
            if name in forbidden:
                msg = f"{where}: {name!r} is not taken from a file in the working folder"
            raise BadSettings(msg, why=f"known settings: {', '.join(sorted(known))}")
        yield name, _checked(name, value, where)


def _pairs(path: Path, text: str) -> Iterator[tuple[str, str, int]]:
    import yaml  # noqa: PLC0415 - only when there is a file

    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        msg = f"{path}{line}: not YAML: {getattr(error, 'problem', error)}"
        raise BadSettings(msg) from error
    if root is None:
        return
    if not isinstance(root, yaml.MappingNode):
        msg = f"{path}, line 1: a list of `name: value` lines is expected"
        raise BadSettings(msg)
    for key, value in root.value:
        line = key.start_mark.line + 1
        if not isinstance(value, yaml.ScalarNode):
            msg = f"{path}, line {line}: {key.value!r} takes one value, not a list or a map"
            raise BadSettings(msg)
        yield str(key.value), str(value.value), line


def _checked(name: str, value: object, where: str) -> object:
    if name in NUMBERS:
        return _number(name, value, where)
    text = str(value)
    if name in CHOICES and text and text not in CHOICES[name]:
        msg = f"{where}: {name} is {text!r}"
        raise BadSettings(msg, why=f"allowed: {', '.join(CHOICES[name])}")
    if name in URLS and text and not text.startswith(("http://", "https://")):
        msg = f"{where}: {name} is {text!r}, which is not an address"
        raise BadSettings(msg, why="an address begins with http:// or https://")
    return text.rstrip("/") if name in URLS else text


def _number(name: str, value: object, where: str) -> float:
    least, most = NUMBERS[name]
    try:
        number = float(str(value))
    except ValueError:
        number = float("nan")
    whole = name in WHOLE
    if not least <= number <= most or (whole and not number.is_integer()):
        msg = f"{where}: {name} is {value!r}"
        kind = f"{'whole ' if whole else ''}{UNITS.get(name, 'seconds')}"
        raise BadSettings(msg, why=f"allowed: {least:g} to {most:g} {kind}")
    return int(number) if whole else number
