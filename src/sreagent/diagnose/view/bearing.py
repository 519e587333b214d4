"""Settings of a configuration that bear on what is seen, where what was edited is not known."""

import re
from collections.abc import Iterator

from sreagent.domain.inventory import Obj
from sreagent.domain.secrets import names_secret
from sreagent.domain.text import one_line

SHOWN = 3
"""Settings that are told."""
_LARGEST = 100_000
"""Characters of a file that are read."""
_VALUE = r"-?\d[\w.%]{0,20}|true|false|on|off|yes|no"
"""A number, a duration, a size or a switch: no secret is one of them."""
_LINE = re.compile(
    r"^[ \t]{0,40}[\"']?([A-Za-z][\w.-]{0,80})[\"']?[ \t]{0,40}[=:][ \t]{0,40}"
    rf"[\"']?({_VALUE})[\"']?[ \t]{{0,40}}[,;]?[ \t]{{0,40}}$",
    re.MULTILINE,
)
_BEARS = tuple(
    (re.compile(seen, re.IGNORECASE), re.compile(named, re.IGNORECASE))
    for seen, named in (
        (r"\bcache|\bhit ratio|evict", r"ttl|expir|evict|max.?(?:entries|size|items|mem)"),
        (r"connection pool|\bpool\b|too many connections", r"pool|max.?conn|connections|idle"),
        (r"timeout|timed out|more slowly|latency", r"time.?out|deadline|retr(?:y|ies)"),
        (r"memory|\bheap\b|OOM", r"heap|\bmem|xmx|buffer|cache.?size|max.?(?:entries|size)"),
        (r"rate limit|\b429\b|limited", r"rate|limit|burst|quota|max.?req"),
        (r"queue|consumer|\blag\b|falls behind", r"concurren|worker|prefetch|batch|consumer|poll"),
    )
)
"""What is seen, and how the settings are called that bear on it."""


def bearing(config_map: Obj, seen: str) -> tuple[str, ...]:
    """Settings of a ConfigMap that bear on what a claim tells: `ttl = 20s`; few, and no secrets."""
    named = [names for said, names in _BEARS if said.search(seen)]
    found = (
        one_line(f"{key} = {value.strip(chr(34))}", 80)
        for key, value in _settings(config_map)
        if any(one.search(key) for one in named) and not names_secret(key)
    )
    return tuple(dict.fromkeys(found))[:SHOWN]


def _settings(config_map: Obj) -> Iterator[tuple[str, str]]:
    for key, text in (config_map.get("data") or {}).items():
        if re.fullmatch(_VALUE, str(text).strip()):
            yield str(key), str(text)
        for match in _LINE.finditer(str(text)[:_LARGEST]):
            yield match[1], match[2]
