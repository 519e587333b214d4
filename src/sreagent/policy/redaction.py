"""Secrets in text, replaced by tokens that tell what they were and which of them are the same.

A rule looks only at lines that hold one of its hints, so ordinary logs cost a substring search.
There is no rule for "looks random": it would take hashes, digests and trace ids. All patterns are
linear: their repetitions are bounded, or exclude what follows them.
"""

import hmac
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from sreagent.domain.secrets import names_secret, speaks_about_secret

_REDACTED = "[REDACTED:"
_PEM_LIMIT = 16384
_PASSES = 5


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a kind of secret looks like. The group `s` is the secret; without it, all of it is."""

    kind: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]


def _rule(kind: str, hints: str, pattern: str) -> _Rule:
    return _Rule(kind, tuple(hints.split()), re.compile(pattern))


_RULES = (
    _rule("jwt", "eyj", r"(?<![\w-])eyJ[\w-]{8,8000}\.[\w-]{8,8000}(?:\.[\w-]{0,8000})?"),
    _rule("aws", "akia asia", r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    _rule(
        "github",
        "ghp_ gho_ ghu_ ghs_ ghr_ _pat_",
        r"\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_\w{20,255})",
    ),
    _rule(
        "gitlab",
        "glpat- glrt- gldt-",
        r"(?<![\w-])gl(?:pat|rt|dt)-[\w.-]{16,255}",
    ),
    _rule(
        "slack",
        "xox",
        r"(?<![\w-])xox[abeprs]-[A-Za-z0-9-]{10,255}",
    ),
    _rule("slack", "xapp-", r"(?<![\w-])xapp-[A-Za-z0-9-]{10,255}"),
    _rule(
        "webhook",
        "hooks.slack webhook",
        r"(?:hooks\.slack\.com/(?:services|workflows)|/api/webhooks|/webhookb2)/"
        r"(?P<s>[\w./@-]{10,400})",
    ),
    _rule("stripe", "_live_ _test_", r"\b[sr]k_(?:live|test)_[A-Za-z0-9]{10,255}"),
    _rule("stripe", "whsec_", r"\bwhsec_[A-Za-z0-9+/=]{16,255}"),
    _rule("google", "aiza", r"(?<![\w-])AIza[\w-]{35}"),
    _rule("google", "ya29. gocspx-", r"(?<![\w-])(?:ya29\.|GOCSPX-)[\w-]{20,2000}"),
    _rule("llm", "sk-", r"(?<![\w-])sk-(?=[\w-]{0,250}[0-9])(?=[\w-]{0,250}[A-Z])[\w-]{20,255}"),
    _rule("llm", "hf_", r"\bhf_[A-Za-z]{30,60}\b"),
    _rule("npm", "npm_", r"\bnpm_[A-Za-z0-9]{30,60}"),
    _rule("pypi", "pypi-", r"(?<![\w-])pypi-[\w-]{50,500}"),
    _rule("vault", "hvs. hvb.", r"(?<![\w-])hv[sb]\.[\w-]{20,500}"),
    _rule("digitalocean", "_v1_", r"\bdo[opr]_v1_[a-f0-9]{64}"),
    _rule("docker", "_pat_", r"(?<![\w-])dckr_pat_[\w-]{20,100}"),
    _rule("grafana", "glsa_", r"\bglsa_\w{32,60}"),
    _rule("age", "secret", r"\bAGE-SECRET-KEY-1[A-Z0-9]{40,80}"),
    # Base64 of "-----BEGIN ", unless "CERT" follows: certificates are public.
    _rule("pem", "ls0tls1crudjtib", r"LS0tLS1CRUdJTiB(?!DRVJU)[A-Za-z0-9+/=]{20,20000}"),
    _rule("docker", '"auth', r"\"auth\\?\"\s{0,3}:\s{0,3}\\?\"(?P<s>[A-Za-z0-9+/=]{8,4000})"),
    _rule("url", "://", r"://[^\s:@/\"'<>]{0,100}:(?P<s>[^\s/\"'<>]{1,200})@"),
    _rule("url", "://", r"://(?P<s>[^\s:@/\"'<>]{20,200})@"),
    _rule("dsn", "@tcp( @unix(", r"[\w.-]:(?P<s>[^\s:@/]{1,100})@(?:tcp|unix)\("),
    _rule(
        "bearer",
        "bearer",
        r"(?i:bearer)\s{1,5}"
        r"(?P<s>(?=\S{0,200}[0-9A-Z._])[\w.~+/-]{8,8000}+={0,2}+)(?![\w=])",
    ),
    _rule(
        "basic", "basic", r"(?i:basic)\s{1,5}(?P<s>(?=\S{0,200}[0-9=])[A-Za-z0-9+/]{8,2000}={0,2})"
    ),
    _rule(
        "header",
        "authorization",
        r"(?i:authorization)\\?[\"']?\s{0,3}[:=]\s{0,3}\\?[\"']?"
        r"(?:[A-Za-z][A-Za-z0-9-]{1,20}\s{1,3})?(?P<s>(?=\S{0,200}[0-9])[^\s\"',;\\]{8,8000})",
    ),
    _rule(
        "cookie",
        "cookie",
        r"(?i:cookie)\\?[\"']?\s{0,3}:\s{0,3}\\?[\"']?(?P<s>[^\s=]{1,80}=[^\r\n\"]{4,8000})",
    ),
    _rule(
        "flag",
        "--",
        r"--(?:[a-z0-9]{1,20}-){0,4}(?:password|passwd|passphrase|token|secret|api-?key)\s{1,3}"
        r"[\"']?(?P<s>[^\s\"'-][^\s\"']{0,4000})",
    ),
    _rule(
        "flag",
        "curl",
        r"\bcurl\b[^\r\n]{0,100}?\s(?:-u|--user)[\s=]{1,3}[\"']?[^\s:\"']{1,64}:(?P<s>[^\s\"']{1,200})",
    ),
    _rule("flag", "pass", r"\bsshpass\s{1,3}-p\s{0,3}[\"']?(?P<s>[^\s\"']{1,200})"),
)
"""Ordered: what a secret is by itself comes before where it stands."""

_NAME_HINTS = (
    *("pass", "pwd", "secret", "token", "key", "cred", "dockerc", "signature", "x-amz-sig"),
    *("pw", "salt", "cookie", "jwt", "dsn", "private", "auth"),
)
_SIGN = (
    r"(?P<sign>\\{0,3}[\"']?\]?[ \t]{0,20}(?:=>|:=|[:=])[ \t]{0,20}"
    # Containers name their variables apart: {"name": "DB_PASSWORD", "value": "…"}.
    r"|\\{0,3}[\"']?[ \t]{0,4}(?:,|\r?\n)[ \t]{0,80}"
    r"\\{0,3}[\"']?value\\{0,3}[\"']?[ \t]{0,3}:[ \t]{0,5})"
)
_NAME = re.compile(
    r"(?i:(?P<word>passw(?:or)?d|passphrase|pwd|secret|token|credential|x-amz-signature"
    r"|(?:api|private|access|account|client|encryption|signing|master|auth)[_-]?key"
    r"|docker(?:configjson|cfg)))"
    # `tokenizer` is no token: only an s or another word of the name may follow.
    r"(?P<tail>(?:s|[A-Z0-9_.-][\w.-]{0,40})?)(?![a-z])"
    rf"{_SIGN}"
)
_VARIABLE = re.compile(rf"(?<![\w.-])(?P<name>[A-Z][A-Z0-9]*+(?:_[A-Z0-9]++){{0,20}}){_SIGN}")
_FLAG = re.compile(r"(?<![\w.-])(?P<name>--?[A-Za-z][\w.-]{0,80}+)(?P<sign>=|[ \t]{1,3}(?!-))")
_VALUE = re.compile(
    r"\\{1,3}[\"'](?P<escaped>[^\"'\\\r\n]{1,20000})"
    r"|\"(?P<double>(?:[^\"\\\r\n]|\\.){1,20000}+)"
    r"|'(?P<single>[^'\r\n]{1,20000})"
    r"|(?P<bare>[^\s\"',;&)}\]=>`][^\s\"',;&)}]{0,20000})"
)
_HARMLESS_PREFIX = ("pull", "image", "tls", "next", "page", "continue")
"""Names of Secrets in Kubernetes, and places in a list that is read page by page."""

_HOLLOW = re.compile(
    r"(?i)\[REDACTED:.*|[*x.•-]+|\$\{.*|\$\(.*|\$(?-i:[A-Z_]+)|%[sdv]|%\(.*|<[^<>]*>?|\{.*|\[.*|map\[.*"
    r"|&\{.*|\([a-z ]*\)?|null|none|nil|true|false|yes|no|undefined|n/a|hidden|redacted"
    r"|(?:~|\.{1,2})?/(?:(?:var|run|etc|usr|home|opt|tmp|mnt|app|srv|data|secrets?|vault)(?:/.*)?)?"
)
"""Values that hold no secret: placeholders, references, paths."""
_NUMBER = re.compile(r"[0-9][0-9.,_]*")
_OBJECT_NAME = re.compile(r"[a-z0-9]+(?:[./-][a-z0-9]+)+|[a-z]+[0-9]?|[a-z0-9]{1,7}")
_STRANGE = re.compile(r"[0-9!#$%^*+=_~]|[a-z][A-Z]")
"""What no word of a sentence has."""
_CODE = re.compile(r"self\.[\w.]+$|[A-Za-z_][\w.]*[(\[]")
"""The right side of an assignment in a stack trace."""
_LINE_LEAD = re.compile(r"[\s\-\"']*(?:export\s+)?[\w.\"'-]*")
_LINE_LIMIT = 200
_PROSE = frozenset(
    (
        *("a", "an", "and", "are", "be", "but", "cannot", "changed", "could", "denied", "differs"),
        *("does", "empty", "error", "exists", "expected", "expired", "failed", "flag", "for"),
        *("from", "had", "has", "have", "in", "incorrect", "instead", "invalid", "is", "it"),
        *("mismatch", "missing", "must", "needed", "new", "not", "of", "off", "ok", "on", "option"),
        *("or", "provided", "rejected", "removed", "added", "required", "rotated", "set", "should"),
        *("the", "this", "to", "too", "unauthorized", "unchanged", "unknown", "unset", "updated"),
        *("used", "value", "was", "were", "will", "with", "wrong"),
    )
)
"""Words that follow `password:` or `--token` in a sentence about them."""
_PEM_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----")
_PEM_BODY = re.compile(r"(?:(?:\\[nrt]|[\s\"',+])*+[A-Za-z0-9+/=]{16,}+)*+")
_PEM_END = re.compile(r"-----END [A-Z0-9 ]{0,60}-----")

_HINTS = tuple(dict.fromkeys((*_NAME_HINTS, *(hint for rule in _RULES for hint in rule.hints))))


@dataclass(slots=True)
class _Span:
    """Neighbouring lines, and the hints that were found in them."""

    start: int
    end: int
    hints: set[str]


def redact(text: str) -> str:
    """The text with each secret replaced by `[REDACTED:kind:xxxx]`.

    One secret has one `xxxx` as long as the program runs, so it can be followed through a log.
    Redacting twice changes nothing more.
    """
    if "-----BEGIN" in text:
        text = "".join(_without_private_keys(text))
    # Lower case must not change a length: one letter in all of Unicode would grow.
    lowered = text.replace("\u0130", "i").lower()
    hints = [hint for hint in _HINTS if hint in lowered]
    if not hints:
        return text
    parts, done = [], 0
    for span in _suspicious(lowered, hints):
        parts += [text[done : span.start], _redact_lines(text[span.start : span.end], span.hints)]
        done = span.end
    return "".join((*parts, text[done:]))


def _suspicious(lowered: str, hints: list[str]) -> list[_Span]:
    """The lines that hold a hint, in order, neighbours joined."""
    found = [(*lines, hint) for hint in hints for lines in _lines_with(hint, lowered)]
    spans: list[_Span] = []
    for start, end, hint in sorted(found):
        if spans and start <= spans[-1].end:
            spans[-1].end = max(end, spans[-1].end)
            spans[-1].hints.add(hint)
        else:
            spans.append(_Span(start, end, {hint}))
    return spans


def _lines_with(hint: str, lowered: str) -> Iterator[tuple[int, int]]:
    place = lowered.find(hint)
    while place >= 0:
        end = _line_end(lowered, place)
        start = lowered.rfind("\n", 0, place) + 1
        # In YAML the value of a variable stands on the line below its name.
        below = lowered[end + 1 : end + 100].lstrip(" \t\"'")
        yield (start, _line_end(lowered, end + 1) if below.startswith("value") else end)
        place = lowered.find(hint, end)


def _line_end(text: str, place: int) -> int:
    end = text.find("\n", place)
    return len(text) if end < 0 else end


def _redact_lines(text: str, hints: set[str]) -> str:
    """Secrets that touch hide each other, so it goes on until nothing is found."""
    for _ in range(_PASSES):
        before = text
        for rule in _RULES:
            if not hints.isdisjoint(rule.hints):
                text = rule.pattern.sub(_replacing(rule.kind), text)
        if not hints.isdisjoint(_NAME_HINTS):
            text = "".join(_without_named(text))
            text = "".join(_without_given(text, _VARIABLE))
            text = "".join(_without_given(text, _FLAG))
        if text == before:
            break
    return text


def _replacing(kind: str) -> Callable[[re.Match[str]], str]:
    def replace(match: re.Match[str]) -> str:
        group = "s" if "s" in match.re.groupindex else 0
        secret = match[group]
        if _HOLLOW.fullmatch(secret) or secret.lower() in _PROSE or _is_redacted(match, group):
            return match[0]
        start, end = match.start(group) - match.start(), match.end(group) - match.start()
        return match[0][:start] + _token(kind, secret) + match[0][end:]

    return replace


def _is_redacted(match: re.Match[str], group: str | int) -> bool:
    """It holds a token already, or is a part of one."""
    start = match.start(group)
    before = match.string[max(0, start - 40) : start].rpartition(_REDACTED)
    return _REDACTED in match[group] or bool(before[1] and "]" not in before[2])


def _without_named(text: str) -> Iterator[str]:
    """Values of names that speak of a secret: `DB_PASSWORD=…`, `"token": "…"`, `apiKey: …`."""
    done = place = 0
    while name := _NAME.search(text, place):
        place = name.end()
        value = _VALUE.match(text, place) if _is_telling(name) else None
        if value:
            place = value.end()
            group = value.lastgroup or "bare"
            if _is_secret(name, value, group):
                yield text[done : value.start(group)]
                yield _token("named", value[group])
                done = value.end(group)
    yield text[done:]


def _without_given(text: str, names: re.Pattern[str]) -> Iterator[str]:
    """Values of variables and flags whose whole name means a secret: `DB_PW=…`, `--db-pass …`."""
    done = place = 0
    while name := names.search(text, place):
        place = name.end()
        value = _VALUE.match(text, place) if names_secret(name["name"]) else None
        if value:
            group = value.lastgroup or "bare"
            if _is_given(name, value[group], value):
                yield text[done : value.start(group)]
                yield _token("named", value[group])
                done = place = value.end()
    yield text[done:]


def _is_given(name: re.Match[str], text: str, value: re.Match[str]) -> bool:
    is_flag, group = name["name"].startswith("-"), value.lastgroup or 0
    if _HOLLOW.fullmatch(text) or text.lower() in _PROSE or _is_redacted(value, group):
        return False
    if not is_flag and "_" not in name["name"] and len(text) < 5 and _NUMBER.fullmatch(text):
        return False
    if is_flag or name["sign"] == "=" or group != "bare":
        return True
    # `PASS: TestCharge` is the word of a test, `KEY: value` a heading.
    return "_" in name["name"] and _is_value(name, value)


def _is_telling(name: re.Match[str]) -> bool:
    about = speaks_about_secret(name["word"] + name["tail"])
    return not about and not _prefix(name).endswith(_HARMLESS_PREFIX)


def _is_secret(name: re.Match[str], value: re.Match[str], group: str) -> bool:
    word, tail, text = name["word"].lower(), name["tail"], value[group]
    if _HOLLOW.fullmatch(text) or (word == "pwd" and text.startswith("/")):
        return False
    if tail and len(text) < 5 and _NUMBER.fullmatch(text):
        return False
    if word == "token" and tail == "s" and _NUMBER.fullmatch(text):
        return False
    if (
        word == "secret"
        and tail in ("", "s")
        and not _prefix(name)
        and _OBJECT_NAME.fullmatch(text)
    ):
        return False
    spaced = " " in name["sign"] or "\t" in name["sign"]
    return group != "bare" or not spaced or _is_value(name, value)


def _prefix(name: re.Match[str]) -> str:
    """The part of the name before the telling word, in lower case."""
    lead = name.string[max(0, name.start() - 40) : name.start()]
    return re.split(r"[^\w.-]", lead)[-1].strip("_.-").lower()


def _is_value(name: re.Match[str], value: re.Match[str]) -> bool:
    """Whether what stands after `password: ` is a value, and no sentence about it."""
    word = value[0].rstrip(".!?")
    if word.lower() in _PROSE or _CODE.match(word):
        return False
    return bool(_STRANGE.search(word)) or _whole_line(name, value)


def _whole_line(name: re.Match[str], value: re.Match[str]) -> bool:
    """The line is nothing but this name and its value, as in YAML or an env file."""
    text = name.string
    lead = text[max(0, name.start() - _LINE_LIMIT) : name.start()].rpartition("\n")[2]
    rest = text[value.end() : value.end() + _LINE_LIMIT].partition("\n")[0]
    return bool(_LINE_LEAD.fullmatch(lead)) and not rest.strip()


def _without_private_keys(text: str) -> Iterator[str]:
    """Private keys with all their lines, also when the end is cut off."""
    done = 0
    while match := _PEM_BEGIN.search(text, done):
        yield text[done : match.start()]
        closing = _PEM_END.search(text, match.end(), match.end() + _PEM_LIMIT)
        body = closing or _PEM_BODY.match(text, match.end())
        done = body.end() if body else match.end()
        yield _token("pem", text[match.start() : done])
    yield text[done:]


def _token(kind: str, secret: str) -> str:
    mark = hmac.digest(_key(), secret.encode("utf-8", "surrogatepass"), "sha256").hex()[:4]
    return f"{_REDACTED}{kind}:{mark}]"


@cache
def _key() -> bytes:
    """Made anew in each process, so that a token tells nothing about the secret."""
    return secrets.token_bytes(32)
