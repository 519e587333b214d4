"""Secrets of several lines: private keys, and the data of Kubernetes Secrets as YAML or JSON."""

import re
from collections.abc import Iterator
from itertools import pairwise

from sreagent.policy.redaction.tokens import TOKEN, token

KEY_LIMIT = 16384
"""Characters of a private key that are looked at."""

BLOCK_HINTS = ("-----BEGIN", "-----END", "Private-Lines:", "Secret")
BLOCK_LEAD = r"-----BEGIN|-----END|Private-Lines:|(?:^|\W)kind[\\\"']*[ \t]*:[ \t]*[\\\"']*Secret"
"""What each such block holds."""
_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----")
_BODY = re.compile(r"(?:(?:\\{1,3}[nrt]|[\s\"',+])*+[A-Za-z0-9+/=]{16,}+)*+")
_END = re.compile(r"-----END [A-Z0-9 ]{0,60}-----")
_PRIVATE_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----")
_BODY_BACKWARDS = re.compile(
    r"(?:[nrt]?\\{1,3}|[\s\"',+])*+[A-Za-z0-9+/=]{2,}+"
    r"(?:(?:[nrt]?\\{1,3}|[\s\"',+])*+[A-Za-z0-9+/=]{16,}+)*+"
)
_PUTTY = re.compile(
    r"(?P<head>Private-Lines: [0-9]{1,4}\r?\n)(?P<s>(?:[A-Za-z0-9+/=]{1,100}\r?\n?){1,200})"
)

_YAML_KIND = re.compile(
    r"(?m)^(?P<lead>(?:[ \t]*-[ \t]+)?[ \t]*)kind:[ \t]*[\"']?Secret[\"']?[ \t]*\r?$"
)
_YAML_DATA = re.compile(r"(?:data|stringData):[ \t]*(?:#.*)?$")
_YAML_PAIR = re.compile(r"(?P<name>[ \t]*(?:[\w./-]+|\"[^\"]+\"|'[^']+'):[ \t]+)(?P<value>\S.*)")
_BLOCK_SCALAR = re.compile(r"[|>][+-]?[0-9]?[ \t]*(?:#.*)?")

_JSON_KIND = re.compile(r"\\{0,3}\"kind\\{0,3}\"\s{0,4}:\s{0,4}\\{0,3}\"Secret\\{0,3}\"")
_JSON_STEP = re.compile(
    r"(?P<kind>\\{0,3}\"kind\\{0,3}\"\s{0,4}:\s{0,4}\\{0,3}\"Secret\\{0,3}\")"
    r"|(?P<data>\\{0,3}\"(?:data|stringData)\\{0,3}\"\s{0,4}:\s{0,4}\{)"
    r"|(?P<open>\{)|(?P<close>\})"
)
_JSON_PAIR = re.compile(
    r"(?P<name>(?P<quote>\\{0,3}\")[\w./-]{1,253}\\{0,3}\"\s{0,4}:\s{0,4}\\{0,3}\")"
    r"(?P<value>[^\"\\]*(?:(?!(?P=quote))\\{1,3}[\"\\/bfnrtu][^\"\\]*)*)"
)


def without_blocks(text: str) -> str:
    """The text with each private key, and each value in a Secret, replaced by a token."""
    if "-----BEGIN" in text:
        text = "".join(_without_private_keys(text))
    if "-----END" in text:
        text = "".join(_without_tails(text))
    if "Private-Lines:" in text:
        text = _PUTTY.sub(lambda found: found["head"] + token("pem", found["s"]), text)
    if "Secret" not in text:
        return text
    if _YAML_KIND.search(text):
        text = "\n".join(_without_yaml_data(text.split("\n")))
    if _JSON_KIND.search(text):
        text = _without_json_data(text)
    return text


def _without_private_keys(text: str) -> Iterator[str]:
    """Private keys with all their lines, also when the end is cut off."""
    done = 0
    while match := _BEGIN.search(text, done):
        yield text[done : match.start()]
        closing = _END.search(text, match.end(), match.end() + KEY_LIMIT)
        body = closing or _BODY.match(text, match.end())
        done = body.end() if body else match.end()
        yield token("pem", text[match.start() : done])
    yield text[done:]


def _without_tails(text: str) -> Iterator[str]:
    """Private keys whose beginning is cut off."""
    done = 0
    while match := _PRIVATE_END.search(text, done):
        backwards = text[max(done, match.start() - KEY_LIMIT) : match.start()][::-1]
        body = _BODY_BACKWARDS.match(backwards)
        begin = match.start() - (body.end() if body else 0)
        yield text[done:begin]
        yield token("pem", text[begin : match.end()])
        done = match.end()
    yield text[done:]


def _without_yaml_data(lines: list[str]) -> list[str]:
    for at, line in enumerate(lines):
        if kind := _YAML_KIND.match(line.rstrip("\r")):
            depth = len(kind["lead"])
            for begin in _data_of(lines, at, depth):
                _hide_pairs(lines, begin + 1, depth)
    return lines


def _data_of(lines: list[str], at: int, depth: int) -> Iterator[int]:
    """The lines `data:` and `stringData:` beside the `kind:` that stands at this depth."""
    for steps in (range(at - 1, -1, -1), range(at + 1, len(lines))):
        for place in steps:
            line = lines[place]
            # The first field of a list's item stands behind its dash.
            field = re.sub(r"^([ \t]*)-([ \t]+)", r"\1 \2", line)
            indent = len(field) - len(field.lstrip())
            if field.strip() and (indent < depth or line.startswith("---")):
                break
            if indent == depth and _YAML_DATA.fullmatch(field.strip()):
                yield place
            # Beyond its first field, or another kind, stands another object.
            if indent == depth and (field != line or field.startswith("kind:", indent)):
                break


def _hide_pairs(lines: list[str], begin: int, depth: int) -> None:
    """Replace the values below `data:`, block scalars and continued lines included."""
    inside = ""
    for place in range(begin, len(lines)):
        line = lines[place]
        indent = len(line) - len(line.lstrip())
        if line.strip() and (indent <= depth or line.lstrip().startswith("- ")):
            break
        pair = _YAML_PAIR.fullmatch(line.rstrip("\r"))
        if pair and (not inside or indent <= len(inside)):
            inside = line[:indent]
            if not _BLOCK_SCALAR.fullmatch(pair["value"]):
                lines[place] = pair["name"] + _hidden(pair["value"])
        elif line.strip() and indent > len(inside):
            lines[place] = line[:indent] + _hidden(line.strip())


def _without_json_data(text: str) -> str:
    """Values of `data` in the same object as `"kind":"Secret"`, in one walk over the braces."""
    objects: list[tuple[bool, list[int]]] = [(False, [])]
    found: list[int] = []
    for step in _JSON_STEP.finditer(text):
        secret, data = objects[-1]
        if step["kind"]:
            objects[-1] = (True, data)
        elif step["close"]:
            found += data if secret else ()
            objects.pop()
            if not objects:
                objects.append((False, []))
        else:
            if step["data"]:
                data.append(step.end())
            objects.append((False, []))
    # What is cut off in the middle counts as a Secret too.
    found += [place for secret, data in objects if secret for place in data]
    return "".join(_with_pairs_hidden(text, sorted(found)))


def _with_pairs_hidden(text: str, places: list[int]) -> Iterator[str]:
    done = 0
    for place, following in pairwise((*places, len(text))):
        end = text.find("}", place, following)
        end = following if end < 0 else end
        yield text[done:place]
        yield _JSON_PAIR.sub(lambda pair: pair["name"] + _hidden(pair["value"]), text[place:end])
        done = end
    yield text[done:]


def _hidden(value: str) -> str:
    return value if not value or TOKEN.fullmatch(value) else token("secret", value)
