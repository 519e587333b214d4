"""What the values in a kubectl line may look like."""

import re
from dataclasses import dataclass

from sreagent.domain.secrets import names_secret
from sreagent.tools.lines.kubectl_flags import Call
from sreagent.tools.lines.objection import Objection, Rule

_LABEL = r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?"
_KEY = (
    r"(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
)
_VALUE = r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?"
_SET = rf" (?:in|notin) ?\( ?{_VALUE}(?: ?, ?{_VALUE})* ?\)"
_REQUIREMENT = rf" ?(?:! ?{_KEY}|{_KEY}(?: ?(?:==|=|!=) ?{_VALUE}|{_SET})?)"

NAMESPACE = re.compile(_LABEL)
CONTEXT = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9@:_./]{0,251}[A-Za-z0-9])?")
"""Names in the configuration: `arn:aws:eks:eu-west-1:1:cluster/prod`, `admin@prod`."""
NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?")
RIGHTS_NAME = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9.:_]{0,251}[A-Za-z0-9])?")
"""Names of roles and their bindings: `system:controller:job-controller`."""
LABEL_KEY = re.compile(_KEY)
LABEL_VALUE = re.compile(_VALUE)
SELECTOR = re.compile(rf"{_REQUIREMENT}(?:,{_REQUIREMENT})* ?")
_FIELD = r"[A-Za-z][-A-Za-z0-9._/\[\]]{0,252}(?:==|=|!=)[-A-Za-z0-9._:/@+]{0,253}"
FIELD_SELECTOR = re.compile(rf"{_FIELD}(?:,{_FIELD})*")
SORT_BY = re.compile(r"\{?\.?[A-Za-z0-9_][-A-Za-z0-9_./\\\[\]*]{0,252}\}?")
COUNT = re.compile(r"0|[1-9][0-9]{0,8}")
DURATION = re.compile(r"(?:[0-9]{1,9}(?:\.[0-9]{1,9})?(?:ns|us|ms|s|m|h))+")
_AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ns|us|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
LONGEST_REQUEST = 600.0
LOUDEST = 7
"""From 8 on, kubectl writes the answers of the server to the screen."""

_OBJECTS = ("name", "json", "yaml")
_COLUMNS = ("wide", "custom-columns")
"""Only `get` prints them."""
_TEMPLATES = ("jsonpath", "jsonpath-as-json", "go-template", "template")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_FIELDS = frozenset(
    {"imagePullSecrets", "key", "keys", "secret", "secrets", "serviceAccountToken", "topologyKey"}
)
"""Fields of Kubernetes objects that sound like a secret and hold a name or a switch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """How the answer is shown."""

    form: str
    """`table`, `wide`, `name`, `json` or `yaml`."""
    template: str = ""
    """The text of an inline template, which is not run."""


def check_everywhere(call: Call) -> None:
    """Check the flags that each command has.

    Raises:
        Objection: A value is not one that is taken.
    """
    for level in call.given.get("v", ()):
        if not COUNT.fullmatch(level) or int(level) > LOUDEST:
            raise Objection(
                Rule.FLAG, f"-v={level} is not taken: at most -v={LOUDEST}, or leave it away"
            )
    for text in call.given.get("request-timeout", ()):
        if not COUNT.fullmatch(text) and not DURATION.fullmatch(text):
            raise Objection(Rule.FLAG, f"--request-timeout={text!r} is no duration: write 30s")
        if (float(text) if text.isdigit() else seconds(text)) > LONGEST_REQUEST:
            raise Objection(Rule.FLAG, "--request-timeout is at most 10m; leave it away")


def namespace(call: Call) -> str:
    """The namespace that is named, or "".

    Raises:
        Objection: It is not written as Kubernetes writes namespaces.
    """
    if "namespace" not in call.given:
        return ""
    text = call.last("namespace")
    if not NAMESPACE.fullmatch(text):
        raise Objection(Rule.NAME, f"{text!r} is not the name of a namespace (a-z, 0-9 and -)")
    return text


def name(text: str, resource: str = "") -> str:
    """The name of an object.

    Raises:
        Objection: No object can have it.
    """
    pattern = RIGHTS_NAME if "role" in resource else NAME
    if pattern.fullmatch(text):
        return text
    reason = f"{text!r} is not the name of an object (a-z, 0-9, - and .): write the real name"
    raise Objection(Rule.NAME, reason)


def selector(call: Call) -> str:
    """The label selector, or "".

    Raises:
        Objection: It is not written as label selectors are.
    """
    text = call.last("selector")
    if text and not SELECTOR.fullmatch(text):
        raise Objection(Rule.SELECTOR, f"{text!r} is no label selector: write app=web,tier!=cache")
    if "selector" in call.given and not text:
        raise Objection(
            Rule.SELECTOR, "the label selector is empty: write app=web, or leave -l away"
        )
    return text


def field_selector(call: Call) -> str:
    """The field selector, or "".

    Raises:
        Objection: It is not written as field selectors are.
    """
    text = call.last("field-selector")
    if "field-selector" in call.given and not FIELD_SELECTOR.fullmatch(text):
        raise Objection(
            Rule.SELECTOR, f"{text!r} is no field selector: write status.phase!=Running"
        )
    return text


def sort_by(call: Call) -> str:
    """The path that is sorted by, or "".

    Raises:
        Objection: It is no plain path.
    """
    text = call.last("sort-by")
    if "sort-by" in call.given and not SORT_BY.fullmatch(text):
        raise Objection(Rule.FLAG, f"--sort-by={text!r}: write a path, .metadata.creationTimestamp")
    return text


def count(call: Call, flag: str) -> int | None:
    """A number of things.

    Raises:
        Objection: It is not written as 0, 1, 2, …
    """
    if flag not in call.given:
        return None
    text = call.last(flag)
    if not COUNT.fullmatch(text):
        raise Objection(Rule.FLAG, f"--{flag}={text!r} is no plain number: write --{flag}=3")
    return int(text)


def duration(call: Call, flag: str) -> float | None:
    """Seconds of a duration such as `1h30m`.

    Raises:
        Objection: It is none.
    """
    if flag not in call.given:
        return None
    text = call.last(flag)
    if text != "0" and not DURATION.fullmatch(text):
        raise Objection(Rule.FLAG, f"--{flag}={text!r} is no duration: write --{flag}=15m")
    return seconds(text)


def seconds(text: str) -> float:
    """Seconds of a checked Go duration."""
    return sum(float(amount) * _SECONDS[unit] for amount, unit in _AMOUNT.findall(text))


def choices(call: Call, flag: str, pattern: re.Pattern[str]) -> tuple[str, ...]:
    """A list that may be written with commas or by repeating the flag.

    Raises:
        Objection: One of them does not match.
    """
    found = tuple(part for text in call.given.get(flag, ()) for part in text.split(","))
    for part in found:
        if not pattern.fullmatch(part):
            raise Objection(Rule.FLAG, f"--{flag}: {part!r} is not taken")
    return found


def output(call: Call, *, columns: bool = False) -> Output:
    """How the answer is to be shown; a template becomes the redacted objects as JSON.

    Args:
        call: The line.
        columns: The command also prints `wide` and `custom-columns`.

    Raises:
        Objection: It is unknown, reads a file, or asks for a secret.
    """
    text, apart = call.last("output"), call.last("template")
    form, equals, inline = text.partition("=")
    if form.endswith("file") or ("template" in call.given and "{" not in apart):
        reason = "templates are not read from files: write it into the line, or -o json"
        raise Objection(Rule.FILE, reason)
    if "output" not in call.given:
        return _as_objects(apart) if apart else Output(form="table")
    if not equals and (form in _OBJECTS or (columns and form == "wide")):
        return Output(form=form)
    if form in _TEMPLATES and (inline or apart):
        return _as_objects(inline or apart, braces="template" in form)
    if columns and form == "custom-columns" and ":" in inline:
        return _as_objects(inline)
    known = ", ".join((*_COLUMNS[:1], *_OBJECTS) if columns else _OBJECTS)
    raise Objection(Rule.OUTPUT, f"-o {text!r} is not taken here: write one of {known}")


def _as_objects(template: str, *, braces: bool = False) -> Output:
    check_asked(template)
    if template.count("{") != template.count("}") or (braces and "{{" not in template):
        raise Objection(Rule.OUTPUT, "the template is not whole: each { needs its }")
    return Output(form="json", template=template)


def check_asked(template: str) -> None:
    """Check that a template does not ask for something that is redacted anyway.

    Raises:
        Objection: It names a password, a token or the like.
    """
    for word in _WORD.findall(template):
        if word not in _FIELDS and word.lower() not in _FIELDS and names_secret(word):
            reason = f"{word} would be redacted: ask for the names, or where it comes from"
            raise Objection(Rule.SECRET, reason)
