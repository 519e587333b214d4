"""Values of names that speak of a secret: `DB_PASSWORD=…`, `"token": "…"`, `--db-pass …`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sreagent.domain.secrets import names_secret, speaks_about_secret
from sreagent.policy.redaction.tokens import HOLLOW, PROSE, is_redacted, token

NAME_HINTS = (
    *("pass", "pwd", "secret", "token", "key", "cred", "dockerc", "signature", "x-amz-sig"),
    *("pw", "salt", "cookie", "jwt", "dsn", "private", "auth"),
)
_SIGN = (
    r"(?P<sign>\\{0,3}[\"']?\]?[ \t]{0,20}(?:=>|:=|[:=])[ \t]{0,20}"
    # Containers name their variables apart: {"name": "DB_PASSWORD", "value": "…"}.
    r"|\\{0,3}[\"']?[ \t]{0,4}(?:,[ \t]{0,4}(?:\r?\n)?|\r?\n|(?<=[\"'])[ \t])[ \t]{0,80}"
    r"\\{0,3}[\"']?(?i:parameter)?(?i:value)\\{0,3}[\"']?[ \t]{0,3}[:=][ \t]{0,5})"
)
_KEYS = (
    *("api", "private", "access", "account", "client", "encryption", "signing", "master", "auth"),
    *("app", "application", "subscription", "functions", "storage", "shared", "sas", "license"),
    *("ingest", "ingestion", "write", "deploy", "hmac", "webhook", "session", "consumer"),
    *("instrumentation", "cipher", "certificate"),
)
_SHORT = ("pass", "pw", "jwt", "dsn", "salt", "creds", "cred")
"""They tell only as a part of a name: `db_pass`, `dbPass`; or as a whole one: `"pass":`."""
_WORDS = (
    *("passwd", "password", "passphrase", "pwd", "secret", "token", "credential"),
    *("x-amz-signature", "dockerconfigjson", "dockercfg"),
    *(f"{key}{joint}key" for key in _KEYS for joint in ("", "_", "-")),
    *_SHORT,
)
_WORD = re.compile("|".join(word for word in _WORDS if not word.endswith("key")) + "|key")
_KEYS_BEFORE = tuple(word.removesuffix("key") for word in _WORDS if word.endswith("key"))
_REST = re.compile(
    # `tokenizer` is no token: only an s or another word of the name may follow.
    rf"(?P<tail>(?:s|[A-Z0-9_.-][\w.-]{{0,40}})?)(?![a-z]){_SIGN}"
)
_GIVEN = r"[\\\"']*\]?[ \t]*(?:[:=,]|(?:\r?\n)?[ \t\"'\\]*(?i:parameter)?(?i:value))"
_ANY_HINT = "|".join(NAME_HINTS)
NAME_LEADS = (
    rf"(?i:{'|'.join(_WORDS)})[\w.-]*{_GIVEN}",
    rf"(?:{_ANY_HINT.upper()})[A-Z0-9_]*{_GIVEN}",
    rf"(?:^|[^\w.-])--?(?:[A-Za-z][\w.-]*)?(?i:{_ANY_HINT})[\w.-]*[ \t=]",
)
"""What stands before each value that is given to a telling name."""
_VARIABLE = re.compile(rf"(?P<name>[A-Z](?<![\w.-].)[A-Z0-9]*+(?:_[A-Z0-9]++){{0,20}}){_SIGN}")
_FLAG = re.compile(r"(?P<name>-(?<![\w.-].)-?[A-Za-z][\w.-]{0,80}+)(?P<sign>=|[ \t]{1,3}(?!-))")
_VALUE = re.compile(
    r"\\{1,3}[\"'](?P<escaped>[^\"'\\\r\n]{1,20000})"
    r"|\"(?P<double>(?:[^\"\\\r\n]|\\.){1,20000}+)"
    r"|'(?P<single>[^'\r\n]{1,20000})"
    r"|(?P<bare>[^\s\"',;&)}\]=>`][^\s\"',;&)}]{0,20000})"
)
_HARMLESS_PREFIX = (
    *("pull", "image", "tls", "next", "page", "continue", "existing", "external", "sealed"),
)
"""Names of Secrets in Kubernetes, and places in a list that is read page by page."""

_NUMBER = re.compile(r"[0-9][0-9.,_]*")
_OBJECT_NAME = re.compile(r"[a-z0-9]+(?:[./-][a-z0-9]+)+|[a-z]+[0-9]?|[a-z0-9]{1,7}")
_NAMING = re.compile(r"--(?:key|secret-id(?:-list)?)")
"""Flags of `aws` that name a secret or an object; in Vault such an id is a long secret."""
_LONG = 30
_STRANGE = re.compile(r"[0-9!#$%^*+=_~]|[a-z][A-Z]")
"""What no word of a sentence has."""
_CODE = re.compile(r"self\.[\w.]+$|[A-Za-z_][\w.]*[(\[]")
"""The right side of an assignment in a stack trace."""
_LINE_LEAD = re.compile(r"[\s\-\"']*(?:export\s+)?[\w.\"'-]*")
_LINE_LIMIT = 200
_PORT = re.compile(r"[0-9]{2,5}(?=[/?:]|$)")
_IN_URL = re.compile(r"://[\w.-]*$")
_BREAK = re.compile(r"[^\w.-]")
_JOINED = re.compile(r"\w[_.-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Name:
    """A telling name in a text, and the sign that gives it a value."""

    text: str
    start: int
    end: int
    word: str
    tail: str
    sign: str

    @property
    def prefix(self) -> str:
        """The part of the name before the telling word, in lower case."""
        lead = self.text[max(0, self.start - 40) : self.start]
        return _BREAK.split(lead)[-1].strip("_.-").lower()

    @property
    def is_whole_or_part(self) -> bool:
        """A short word is a name of its own in quotes or with a sign, or a part that is set off."""
        before, first = self.text[max(0, self.start - 2) : self.start], self.text[self.start]
        quoted = before[-1:] in ("'", '"')
        humped = before[-1:].islower() and first.isupper()
        given = self.sign == "=" and not before[-1:].isalnum()
        return quoted or humped or given or bool(_JOINED.fullmatch(before))


def without_named_values(text: str) -> str:
    """The text without the values of telling names, variables and flags."""
    text = "".join(_without_named(text))
    text = "".join(_without_given(text, _VARIABLE))
    return "".join(_without_given(text, _FLAG))


def _without_named(text: str) -> Iterator[str]:
    """Values of names that speak of a secret: `DB_PASSWORD=…`, `"token": "…"`, `apiKey: …`."""
    # Lower case must not change a length: one letter in all of Unicode would grow.
    lowered = text.replace("\u0130", "i").lower()
    done = place = 0
    while word := _WORD.search(lowered, place):
        name = _named(text, lowered, word)
        place = name.end if name else word.start() + 1
        value = _VALUE.match(text, place) if name and _is_telling(name) else None
        if name and value:
            place = value.end()
            group = value.lastgroup or "bare"
            if _is_secret(name, value, group):
                yield text[done : value.start(group)]
                yield token("named", value[group])
                done = value.end(group)
    yield text[done:]


def _named(text: str, lowered: str, word: re.Match[str]) -> _Name | None:
    start = word.start()
    if word[0] == "key":
        start -= _length_before_key(lowered[max(0, start - _LONG) : start])
        if start == word.start():
            return None
    rest = _REST.match(text, word.end())
    if rest is None:
        return None
    return _Name(
        text=text,
        start=start,
        end=rest.end(),
        word=lowered[start : word.end()],
        tail=rest["tail"],
        sign=rest["sign"],
    )


def _length_before_key(lead: str) -> int:
    """How many letters before `key` belong to it: those of `api_` in `my_api_key`."""
    if not lead.endswith(_KEYS_BEFORE):
        return 0
    return max(len(before) for before in _KEYS_BEFORE if lead.endswith(before))


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
                yield token("named", value[group])
                done = place = value.end()
    yield text[done:]


def _is_given(name: re.Match[str], text: str, value: re.Match[str]) -> bool:
    is_flag, group = name["name"].startswith("-"), value.lastgroup or 0
    if HOLLOW.fullmatch(text) or text.lower() in PROSE or is_redacted(value, group):
        return False
    if not is_flag and "_" not in name["name"] and len(text) < 5 and _NUMBER.fullmatch(text):
        return False
    if _NAMING.fullmatch(name["name"]) and len(text) < _LONG and _OBJECT_NAME.fullmatch(text):
        return False
    if is_flag or name["sign"] == "=" or group != "bare":
        return True
    # `PASS: TestCharge` is the word of a test, `KEY: value` a heading.
    return "_" in name["name"] and _is_value(name.string, name.start(), value)


def _is_telling(name: _Name) -> bool:
    if name.word in _SHORT and not name.is_whole_or_part:
        return False
    if name.text.endswith("checksum/", 0, name.start):
        return False
    return not speaks_about_secret(name.word + name.tail) and not name.prefix.endswith(
        _HARMLESS_PREFIX
    )


def _is_secret(name: _Name, value: re.Match[str], group: str) -> bool:
    text = value[group]
    if HOLLOW.fullmatch(text) or _is_port(name, text) or _is_ordinary(name, text, value.end()):
        return False
    spaced = " " in name.sign or "\t" in name.sign
    return group != "bare" or not spaced or _is_value(name.text, name.start, value)


def _is_port(name: _Name, text: str) -> bool:
    """Whether the name is a host: `https://token-vault:8443/v1`, `token-vault.prod.svc:8443: …`."""
    if name.sign != ":" or not _PORT.match(text):
        return False
    lead = name.text[max(0, name.start - 80) : name.start]
    return bool(_IN_URL.search(lead)) or ".svc" in name.tail


def _is_ordinary(name: _Name, text: str, end: int) -> bool:
    """A folder, a number, the name of an object: what such names hold beside secrets."""
    if name.word == "pwd":
        return text.startswith("/")
    if _NUMBER.fullmatch(text):
        counted = name.word == "token" and name.tail == "s"
        sized = name.text.startswith(" bytes", end)
        return counted or sized or (len(text) < 5 and bool(name.tail or name.word in _SHORT))
    if name.word != "secret" or name.tail not in ("", "s"):
        return False
    in_arn = name.text[name.start - 1 : name.start] == ":" and name.sign == ":"
    return in_arn or (not name.prefix and bool(_OBJECT_NAME.fullmatch(text)))


def _is_value(text: str, start: int, value: re.Match[str]) -> bool:
    """Whether what stands after `password: ` is a value, and no sentence about it."""
    word = value[0].rstrip(".!?")
    if word.lower() in PROSE or _CODE.match(word):
        return False
    return bool(_STRANGE.search(word)) or _is_whole_line(text, start, value)


def _is_whole_line(text: str, start: int, value: re.Match[str]) -> bool:
    """The line is nothing but this name and its value, as in YAML or an env file."""
    lead = text[max(0, start - _LINE_LIMIT) : start].rpartition("\n")[2]
    rest = text[value.end() : value.end() + _LINE_LIMIT].partition("\n")[0]
    return bool(_LINE_LEAD.fullmatch(lead)) and not rest.strip()
