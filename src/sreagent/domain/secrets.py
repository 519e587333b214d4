"""Which names mean that their value is a secret: one rule for every place that shows values."""

import base64
import hmac
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from urllib.parse import quote, quote_plus

_PARTS = re.compile(r"[A-Z]+s?(?![a-z])|[A-Z]?[a-z]+")
_TELLING = frozenset(
    (
        *("pass", "pw", "pwd", "jwt", "dsn", "salt", "cookie", "cookies", "cred", "creds"),
        *("private", "signature"),
    )
)
_INSIDE = re.compile(
    r"passw(?:or)?d|passphrase|secret|credential|token(?!i)"
    r"|(?:api|private|access|account|client|encryption|signing|master|auth)keys?$"
    r"|(?<!by)(?<!com)(?<!tres)pass$|pw$"
)
"""Words that tell also when they are written together with another: `PGPASSWORD`, `dbpass`."""
_ABOUT = frozenset(
    (
        *("age", "alg", "algorithm", "arn", "arns", "audience", "budget", "checksum", "class"),
        *("count", "digest", "dir", "domain", "enabled", "endpoint", "expiration", "expires"),
        *("expiry", "field", "file", "files", "fingerprint", "header", "helper", "host", "id"),
        *("ids", "interval", "issuer", "kind", "length", "lifetime", "limit", "manager", "method"),
        *("mode", "mount", "mounts", "name", "names", "path", "paths", "policy", "port"),
        *("provider", "ref", "refs", "request", "required", "review", "rotation", "rounds"),
        *("seconds", "size", "stdin", "store", "template", "timeout", "ttl", "type", "types"),
        *("uri", "url", "usage", "used", "version"),
    )
)
"""Last words of names that speak about a secret and hold none: `secretName`, `TOKEN_URL`."""
_COUNTED = frozenset({"max", "min", "prompt", "completion", "automount", "public"})
"""Words of such names anywhere: `MAX_TOKENS`, `automountServiceAccountToken`, `PUBLIC_KEY`."""
_NAME = re.compile(
    r"(?<![\w.-])(?P<name>-{0,2}[A-Za-z_][\w.-]{0,80}+)(?P<sign>=| {1,4}(?!-)|['\"], ?(?=['\"]))"
)
_VALUE = re.compile(r"\"(?P<double>[^\"]+)\"|'(?P<single>[^']+)'|(?P<bare>[^\s'\",\]]+)")
_IN_ADDRESS = re.compile(r"(://[^\s/:@]{0,80}:)([^\s/@]{1,200})(?=@)")
_FLAG = re.compile(r"--?[A-Za-z][\w.-]{0,80}")
_HOLLOW = re.compile(
    r"[\"']?(?:\(hidden|\[REDACTED:|\$\([\w.-]+\)|\$\{[\w.-]+\}|true\b|false\b"
    r"|/(?:var|run|etc|usr|home|opt|tmp|mnt|app|srv|data|secrets?|vault)/)"
)
"""Values that hold no secret: what is hidden already, references and paths."""


def mask(value: str) -> str:
    """Stands for a hidden value: the same for the same value, so that a change still shows.

    The mark is made with a key of this process and too short to guess the value from.
    """
    mark = hmac.digest(_key(), value.encode("utf-8", "surrogatepass"), "sha256").hex()[:4]
    return f"(hidden {mark})"


@cache
def _key() -> bytes:
    return os.urandom(16)


@lru_cache(4096)
def names_secret(name: str) -> bool:
    """Whether a variable, field or flag of this name holds a secret.

    `DB_PASSWORD`, `apiKey` and `--auth-token` do; `KEYSPACE` and `PARTITION_KEY_COUNT` do not.
    """
    parts = [part.lower() for part in _PARTS.findall(name)]
    if len(parts) > 1 and parts[-1] in ("v", "old", "new", "prev", "previous", "current"):
        parts.pop()
    if not parts or _speaks_about(parts):
        return False
    return parts[-1] in ("key", "keys", "auth", "authorization") or any(
        part in _TELLING or _INSIDE.search(part) for part in parts
    )


def speaks_about_secret(name: str) -> bool:
    """Whether a name tells about a secret without holding it: `secretName`, `TOKEN_URL`."""
    return _speaks_about([part.lower() for part in _PARTS.findall(name)])


def _speaks_about(parts: list[str]) -> bool:
    # The `secret_id` of Vault is as good as a password.
    if parts[-2:] == ["secret", "id"]:
        return False
    return not _COUNTED.isdisjoint(parts) or (bool(parts) and parts[-1] in _ABOUT)


def hide(text: str) -> str:
    """The same text without passwords in addresses and without the values of telling names.

    Those are `--db-pass X`, `--token=X` and `DB_PW=X`.
    """
    if "-" not in text and "=" not in text and "://" not in text:
        return text
    return "".join(_without_values(_IN_ADDRESS.sub(_hidden_in_address, text)))


def hide_words(words: Sequence[object]) -> str:
    """A command line as one text; what follows a telling flag is hidden, spaces and all."""
    return " ".join(_safe_words([str(word) for word in words]))


def _safe_words(words: list[str]) -> Iterator[str]:
    before = ""
    for word in words:
        follows = bool(_FLAG.fullmatch(before)) and names_secret(before)
        if follows and not _FLAG.match(word) and not _HOLLOW.match(word):
            yield mask(word)
        elif (name := word.partition("=")[0]) != word and _holds(name, word):
            yield f"{name}={mask(word[len(name) + 1 :])}"
        else:
            yield hide(word)
        before = word


def _holds(name: str, word: str) -> bool:
    """Whether a whole word is a telling name and its value, which may have spaces in it."""
    plain = bool(re.fullmatch(r"-{0,2}[\w.-]{1,80}", name))
    return plain and names_secret(name) and not _HOLLOW.match(word, len(name) + 1)


def _hidden_in_address(found: re.Match[str]) -> str:
    return found[0] if _HOLLOW.match(found[2]) else found[1] + mask(found[2])


def _without_values(text: str) -> Iterator[str]:
    done = place = 0
    while name := _NAME.search(text, place):
        place = name.end()
        value = _VALUE.match(text, place) if _is_given(name) else None
        if value and not _HOLLOW.match(value[0]):
            part = value.lastgroup or "bare"
            yield text[done : value.start(part)] + mask(value[part])
            done = value.end(part)
            place = value.end()
    yield text[done:]


def _is_given(name: re.Match[str]) -> bool:
    """A value follows `--flag ` and `NAME=`; after any other word comes only the next one."""
    return (name["sign"] == "=" or name["name"].startswith("-")) and names_secret(name["name"])


OWN_MINIMUM = 8
"""Characters of a secret below which replacing it would take ordinary text."""
_WORD = re.compile(r"[a-z]{1,15}|[A-Z]{1,15}|[0-9]{1,12}")
"""As literals these would take ordinary text, whatever they protect."""


@dataclass(frozen=True, slots=True)
class Owned:
    """The secrets that this process holds, in each form in which they may turn up."""

    forms: tuple[tuple[str, str], ...] = ()
    """Form and the secret it stands for; long forms first, for one may hold another."""
    literals: tuple[bytes, ...] = ()
    """The forms in UTF-8."""

    def replaced(self, text: str, stand_in: Callable[[str], str]) -> str:
        """The text with each form replaced by what stands in for its secret."""
        for form, secret in self.forms:
            if form in text:
                text = text.replace(form, stand_in(secret))
        return text


_own: set[str] = set()


def own(value: str) -> None:
    """Remember a secret that this process holds, so that redaction finds it anywhere.

    A value of several lines counts line by line. Values too short to be told from ordinary text,
    and single words, are left out.
    """
    for line in value.splitlines():
        secret = line.strip()
        if len(secret) < OWN_MINIMUM or _WORD.fullmatch(secret) or secret.startswith("-----"):
            continue
        _own.add(secret)
    _owned.cache_clear()


def disown() -> None:
    """Forget all secrets of this process."""
    _own.clear()
    _owned.cache_clear()


def owned() -> Owned:
    """The secrets that were remembered."""
    return _owned()


@cache
def _owned() -> Owned:
    found = {form: secret for secret in sorted(_own) for form in forms(secret)}
    ordered = sorted(found.items(), key=lambda pair: (-len(pair[0]), pair[0]))
    return Owned(tuple(ordered), tuple(form.encode() for form, _ in ordered))


def forms(secret: str) -> Iterator[str]:
    """The ways in which a secret may be written: plain, in addresses, in JSON, in base64."""
    yield secret
    yield from {quote(secret, safe=""), quote(secret), quote_plus(secret)} - {secret}
    yield from {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]} - {secret}
    for shift in range(3):
        yield from set(_inside_base64(secret.encode("utf-8", "replace"), shift))


def _inside_base64(secret: bytes, shift: int) -> Iterator[str]:
    """The letters that depend on the secret alone, when `shift` bytes stand before it."""
    first = (shift * 8 + 5) // 6
    last = (shift + len(secret)) * 8 // 6
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(b"\0" * shift + secret).decode()[first:last]
