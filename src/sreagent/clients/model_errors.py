"""What litellm and the providers behind it say about a failure, in our words."""

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from sreagent.clients.model_stream import Silence
from sreagent.clients.model_table import OLLAMA, OWN_SERVER
from sreagent.clients.network import explain
from sreagent.domain.errors import (
    BadSettings,
    Forbidden,
    NotFound,
    Refused,
    SreError,
    TimedOut,
    TooLong,
    Unreachable,
)
from sreagent.domain.secrets import mask, owned
from sreagent.domain.text import one_line, visible

_WORDS = 200
"""Characters of a provider's own words that are shown."""
_BEFORE = re.compile(
    r"^\s*(?:litellm\.\w+:\s*|\w*(?:Exception|Error)\s*(?:-|:)\s*|Error code: \d{3}\s*-\s*)+"
)
_MESSAGE = re.compile(
    r"""["'](?:message|error|detail)["']\s*:\s*(?P<quote>["'])(?P<said>.{1,2000}?)(?P=quote)\s*[,}]""",
    re.DOTALL,
)
_PAGE = re.compile(r"<!doctype html|<html", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.{1,200}?)</title>", re.IGNORECASE | re.DOTALL)
_TOO_LONG = re.compile(
    r"context[ _]length|context[ _]window|maximum context|available context|input is too long"
    r"|prompt is too long|too many (?:input )?tokens|exceeds? the (?:model|maximum)[^.]{0,40}tokens"
    r"|reduce the length",
    re.IGNORECASE,
)
_TOOLLESS = re.compile(
    r"(?:not|n't|no) (?:currently )?(?:support(?:ed|s|ing)?|allow(?:ed)?|enabled?) .{0,40}?"
    r"(?:\btools?\b|function.?call|tool.?(?:call|choice|use))"
    r"|(?:\btools?\b|function.?calling|tool.?(?:choice|use|calling))[^.]{0,60}"
    r"(?:not (?:currently )?(?:support|allow|enabled)|unsupported|requires? --enable)",
    re.IGNORECASE,
)
_FILTER = re.compile(
    r"content[ _](?:filter|policy|management)|content_policy_violation|responsible ?ai",
    re.IGNORECASE,
)
_NO_LOGIN = re.compile(
    r"missing credentials|locate credentials|could not load credentials"
    r"|default credentials were not found"
    r"|api_key client option must be set|missing .{0,30}api key|no api key|api[_ ]key.{0,30}not set"
    r"|expiredtoken|security token .{0,30}(?:invalid|expired)",
    re.IGNORECASE,
)
_SPENT = re.compile(r"insufficient_quota|exceeded your current quota|credit balance", re.IGNORECASE)
_OTHER_LOGINS = frozenset({"azure", "azure_ai", "bedrock", "sagemaker", "vertex_ai", "watsonx"})
"""Providers that also let in who has no key, by the login of a cloud."""
_NO_PROVIDER = re.compile(r"LLM Provider NOT provided|Unmapped LLM provider", re.IGNORECASE)
_NO_PACKAGE = re.compile(r"No module named|pip install [\w\"'\[\]-]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why there is no whole answer, and what may be done about it."""

    error: SreError
    again: bool = False
    """The same may be asked once more."""
    wait: float | None = None
    """Seconds that the provider wants us to stay away."""
    filtered: bool = False
    """The provider would not say it: an answer of its kind."""
    toolless: bool = False
    """The model cannot be given tools."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked, and where; for messages and hints."""

    sdk: Any
    name: str
    provider: str
    url: str
    key: str
    timeout: float
    """Seconds that all tries together may take."""

    def __str__(self) -> str:
        """Render for messages."""
        return f"the model {self.name}" + (f" at {self.url}" if self.url else "")


def trouble(asked: Asked, error: Exception, now: datetime) -> Trouble:
    """Say what a failure means."""
    if isinstance(error, Silence):
        return _late(asked)
    cause = _inner(error)
    said = words(cause, asked.key)
    return _by_words(asked, cause, said) or _by_status(asked, cause, said, now)


def without_a_key(asked: Asked) -> Forbidden | None:
    """Why there is no use in asking: the provider wants a key, and there is none."""
    missing = [] if asked.key or asked.url else _missing(asked)
    keys_alone = all(name.endswith("_API_KEY") for name in missing)
    if not missing or not keys_alone or asked.provider in _OTHER_LOGINS:
        return None
    return Forbidden(f"no key for {asked}", hint=key_hint(asked, missing))


def no_answer(asked: Asked, came: str) -> Trouble:
    """Say that something came which no model says; `came` tells what."""
    return Trouble(error=Unreachable(f"{asked} gave no answer: {came}", hint=_address(asked)))


def broken_off(asked: Asked) -> Trouble:
    """Say that an answer has no end."""
    return Trouble(error=Unreachable(f"{asked} broke off in the middle of its answer"), again=True)


def words(error: BaseException, key: str) -> str:
    """The provider's own words, on one line and without our keys."""
    text = without_keys(visible(_raw(error)), key)
    if _PAGE.search(text):
        title = _TITLE.search(text)
        told = f" ({one_line(title[1], 80)!r})" if title else ""
        return f"a web page came{told}: a proxy or a login page seems to stand in between"
    text = _BEFORE.sub("", text)
    told = _in_json(text) or ((found := _MESSAGE.search(text)) and found["said"]) or text
    return one_line(told, _WORDS) or "it gave no reason"


def _in_json(text: str) -> str:
    """The message in an answer that is JSON, in one of the usual places."""
    start = text.find("{")
    try:
        body, _ = json.JSONDecoder().raw_decode(text, max(start, 0))
    except (ValueError, RecursionError):
        return ""
    for name in ("error", "message", "detail"):
        while isinstance(body, dict) and name in body:
            body = body[name]
    return body if isinstance(body, str) else ""


def without_login(address: str) -> str:
    """An address as it may be shown."""
    scheme, mark, rest = address.partition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}"


def without_keys(text: str, key: str) -> str:
    """The text without the secrets of this process."""
    if key:
        text = text.replace(key, mask(key))
    return owned().replaced(text, mask)


def _by_words(asked: Asked, cause: Exception, said: str) -> Trouble | None:
    """What the words tell better than the status, where providers do not agree on one."""
    seen = _Seen(raw=_raw(cause), status=_status(cause), kind=type(cause).__name__, said=said)
    looks = (_too_long, _filtered, _spent, _no_provider, _no_login, _no_package, _toolless)
    return next((found for look in looks if (found := look(asked, seen))), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    raw: str
    status: int | None
    kind: str
    """Name of the class of the failure."""
    said: str


def _too_long(asked: Asked, seen: _Seen) -> Trouble | None:
    named = seen.kind == "ContextWindowExceededError"
    if not named and not (seen.status in (None, 400, 413, 422, 500) and _TOO_LONG.search(seen.raw)):
        return None
    msg = f"the conversation is longer than {asked} can read: {seen.said}"
    return Trouble(error=TooLong(msg, hint="set what it can read: SRE_MODEL_CONTEXT=TOKENS"))


def _filtered(asked: Asked, seen: _Seen) -> Trouble | None:
    named = seen.kind == "ContentPolicyViolationError"
    if not named and not (seen.status == 400 and _FILTER.search(seen.raw)):
        return None
    return Trouble(error=Refused(f"{asked} would not say it: {seen.said}"), filtered=True)


def _spent(asked: Asked, seen: _Seen) -> Trouble | None:
    if seen.status != 402 and not _SPENT.search(seen.raw):
        return None
    msg = f"{asked} refused the request: {seen.said}"
    return Trouble(error=Refused(msg, hint="the account at the provider has nothing left"))


def _no_provider(asked: Asked, seen: _Seen) -> Trouble | None:
    if seen.kind != "LiteLLMUnknownProvider" and not _NO_PROVIDER.search(seen.raw):
        return None
    msg = f"no provider is known for the model {asked.name!r}"
    hint = _nearest(asked) or (
        "write it as PROVIDER/MODEL (anthropic/…, openai/…, ollama/…), "
        "or name your own server with model_url"
    )
    return Trouble(error=NotFound(msg, hint=hint))


def _no_login(asked: Asked, seen: _Seen) -> Trouble | None:
    found = _NO_LOGIN.search(seen.raw)
    return Trouble(error=_forbidden(asked, seen.said)) if found else None


def _no_package(asked: Asked, seen: _Seen) -> Trouble | None:
    if seen.status not in (None, 500) or not _NO_PACKAGE.search(seen.raw):
        return None
    msg = f"{asked} needs a package that is not installed: {seen.said}"
    return Trouble(error=BadSettings(msg))


def _toolless(asked: Asked, seen: _Seen) -> Trouble | None:
    if seen.status not in (400, 404, 422, 500, 501) or not _TOOLLESS.search(seen.raw):
        return None
    msg = f"{asked} cannot be given tools: {seen.said}"
    return Trouble(error=Refused(msg, hint="try: SRE_MODEL_TOOLS=no"), toolless=True)


def _by_status(asked: Asked, cause: Exception, said: str, now: datetime) -> Trouble:
    match _status(cause):
        case 429:
            return _busy(asked, cause, said, now)
        case 401 | 403:
            return Trouble(error=_forbidden(asked, said))
        case 404:
            return Trouble(error=_not_found(asked, said))
        case int(status) if 400 <= status < 500 and status != 408:
            return Trouble(error=Refused(f"{asked} refused the request: {said}"))
        case _:
            return _no_whole_answer(asked, cause, said, now)


def _busy(asked: Asked, cause: Exception, said: str, now: datetime) -> Trouble:
    wait = _retry_after(cause, now)
    asks = f", and asks to wait {wait:.0f} s" if wait else ""
    msg = f"{asked} is busy{asks}: {said}"
    return Trouble(error=Unreachable(msg), again=True, wait=wait)


def _no_whole_answer(asked: Asked, cause: Exception, said: str, now: datetime) -> Trouble:
    if type(cause).__name__ == "Timeout" or _status(cause) == 408:
        return _late(asked)
    known = explain(cause, timeout=asked.timeout)
    if known.timed_out:
        return _late(asked)
    told = said if known.text == one_line(str(cause)) else known.text
    error = Unreachable(f"no whole answer from {asked}: {told}", hint=_address(asked))
    return Trouble(error=error, again=True, wait=_retry_after(cause, now))


def _late(asked: Asked) -> Trouble:
    msg = f"{asked} did not answer within {asked.timeout:g} s"
    hint = "a model on a small machine may need a longer time_limit" if asked.url else ""
    return Trouble(error=TimedOut(msg, hint=hint), again=True)


def _forbidden(asked: Asked, said: str) -> Forbidden:
    msg = f"{asked} does not accept the key" if asked.key else f"no key for {asked}"
    missing = _missing(asked)
    if not asked.key and not missing:
        msg = f"{asked} does not accept the key of the environment"
    return Forbidden(msg, why=said, hint=key_hint(asked, missing))


def key_hint(asked: Asked, missing: Iterable[str]) -> str:
    """What to type so that the provider lets us in."""
    if asked.key:
        return "try: another key in SRE_MODEL_KEY, or in the file that model_key_file names"
    if asked.provider in ("bedrock", "bedrock_converse", "sagemaker"):
        return "try: aws sso login, or export AWS_PROFILE=NAME AWS_REGION=REGION"
    if asked.provider.startswith("vertex"):
        return "try: gcloud auth application-default login"
    if asked.url and asked.provider in ("openai", OWN_SERVER):
        return "try: export SRE_MODEL_KEY=..."
    names = list(missing) or [f"{asked.provider.upper()}_API_KEY"]
    # Three dots: redaction takes anything else behind such a name for a key.
    return f"try: export {' '.join(f'{name}=...' for name in names)}"


def _missing(asked: Asked) -> list[str]:
    found = asked.sdk.validate_environment(asked.name, api_base=asked.url or None)
    names = [str(name) for name in found.get("missing_keys") or ()]
    # Either of these two would do.
    return [name for name in names if name != "GOOGLE_API_KEY" or "GEMINI_API_KEY" not in names]


def _not_found(asked: Asked, said: str) -> NotFound:
    model = asked.name.partition("/")[2] or asked.name
    if asked.provider == OLLAMA:
        hint = f"try: ollama pull {model}"
    elif asked.url:
        hint = _address(asked, otherwise=f"see which it has: curl {asked.url.rstrip('/')}/models")
    else:
        hint = _nearest(asked)
    return NotFound(f"there is no model {asked.name}{_at(asked)}: {said}", hint=hint)


def _nearest(asked: Asked) -> str:
    near = difflib.get_close_matches(asked.name, asked.sdk.model_cost, n=3, cutoff=0.75)
    return f"near to it: {', '.join(near)}" if near else ""


def _address(asked: Asked, otherwise: str = "is it running?") -> str:
    if not asked.url:
        return ""
    if asked.provider == OLLAMA:
        return "is it running? try: ollama serve"
    ends = asked.url.rstrip("/").endswith(("/v1", "/v1beta", "/openai"))
    speaks_openai = asked.provider in ("openai", OWN_SERVER)
    return (
        f"try: SRE_MODEL_URL={asked.url.rstrip('/')}/v1"
        if speaks_openai and not ends
        else otherwise
    )


def _at(asked: Asked) -> str:
    return f" at {asked.url}" if asked.url else ""


def _inner(error: Exception) -> Exception:
    """The failure that litellm packed into one about falling back."""
    inner = getattr(error, "original_exception", None)
    return inner if isinstance(inner, Exception) else error


def _status(error: Exception) -> int | None:
    try:
        return int(getattr(error, "status_code", None) or 0) or None
    except (TypeError, ValueError):
        return None


def _raw(error: BaseException) -> str:
    return str(getattr(error, "message", "") or error)


def _retry_after(error: Any, now: datetime) -> float | None:  # noqa: ANN401 - of any provider
    for headers in (
        getattr(error, "litellm_response_headers", None),
        getattr(getattr(error, "response", None), "headers", None),
    ):
        if isinstance(headers, Mapping) and (wait := _seconds(headers, now)) is not None:
            return wait
    return None


def _seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = str(headers.get(name) or "").strip()
        try:
            return max(float(text) * scale, 0.0)
        except ValueError:
            pass
        try:
            return max((parsedate_to_datetime(text) - now).total_seconds(), 0.0)
        except (TypeError, ValueError):
            continue
    return None
