"""What a person types to name a place of Terraform states, as a spec."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

from sreagent.domain.errors import BadInput
from sreagent.domain.terraform import StateSpec
from sreagent.domain.text import one_line

SCHEMES: Mapping[str, str] = {
    "s3": "s3://BUCKET/KEY",
    "http": "http://HOST/PATH",
    "https": "https://HOST/PATH",
    "gs": "gs://BUCKET/PREFIX/default.tfstate",
    "azurerm": "azurerm://ACCOUNT/CONTAINER/KEY",
    "tfc": "tfc://ORGANIZATION/WORKSPACE",
    "kubernetes": "kubernetes://NAMESPACE/SUFFIX",
}
"""How each is written."""
_OTHER_NAMES = {
    "gcs": "gs",
    "tfe": "tfc",
    "tfcloud": "tfc",
    "remote": "tfc",
    "azure": "azurerm",
    "k8s": "kubernetes",
    "tfstate": "file",
}
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9.+-]*)://(?P<rest>.*)", re.DOTALL)
_OPTIONS = re.compile(r"\?(?P<options>[a-z_]+=[^&]*(?:&[a-z_]+=[^&]*)*)$")
_WEB = ("http", "https")


def spec_of(text: str) -> StateSpec:
    """Read `-`, a path, or `s3://bucket/key?region=eu-west-1`.

    Patterns may stand in the part behind the bucket: `*`, `**`, `?`, `[ab]`, `{a,b}`.

    Raises:
        BadInput: It is empty, or names a place that is not known.
    """
    if text == "-":
        return StateSpec(scheme="stdin", address="stdin")
    if not text.strip() or "\0" in text:
        msg = "a place of Terraform states is empty"
        raise BadInput(msg, hint="try: sre drift --state terraform.tfstate")
    found = _SCHEME.fullmatch(text)
    if not found:
        return StateSpec(scheme="file", address=text)
    # `tfstate+s3://` is how driftctl writes it.
    name = found["scheme"].lower().removeprefix("tfstate+")
    scheme = _OTHER_NAMES.get(name, name)
    if scheme == "file":
        return StateSpec(scheme="file", address=unquote(found["rest"]))
    if scheme not in SCHEMES:
        near = get_close_matches(scheme, SCHEMES, 1)
        usual = near[0] if near else "s3"
        msg = f"{one_line(name)}:// is no place of Terraform states that is known"
        raise BadInput(
            msg,
            why=f"known: {', '.join(f'{one}://' for one in SCHEMES)}, paths, and - for stdin",
            hint=f"try: {SCHEMES[usual]}; or terraform state pull | sre drift --state -",
        )
    if scheme in _WEB:
        return _web(scheme, found["rest"])
    rest, options = _with_options(found["rest"])
    return StateSpec(scheme=scheme, address=f"{scheme}://{rest}", options=options)


def parts(spec: StateSpec) -> tuple[str, ...]:
    """What stands between the slashes; the last part keeps those that are left.

    `azurerm://account/container/a/b` is account, container, `a/b`.

    Raises:
        BadInput: A part that its place needs is not there.
    """
    pattern = SCHEMES[spec.scheme]
    count = pattern.partition("://")[2].count("/") + 1
    if spec.scheme in ("s3", "gs"):
        count = 2
    found = spec.address.partition("://")[2].split("/", count - 1)
    needed = count if spec.scheme in ("tfc", "kubernetes") else count - 1
    if len(found) < needed or not all(found[:needed]):
        msg = f"{one_line(spec.address)} names no state"
        raise BadInput(msg, why=f"it is written as {pattern}", hint=f"try: {pattern}")
    return (*found, *[""] * (count - len(found)))


def _with_options(rest: str) -> tuple[str, dict[str, str]]:
    """A question mark is also a pattern: only `?name=value` at the end is options."""
    if not (found := _OPTIONS.search(rest)):
        return rest, {}
    return rest[: found.start()], dict(parse_qsl(found["options"], keep_blank_values=True))


def _web(scheme: str, rest: str) -> StateSpec:
    """The login of an address goes to the options, so that it is never shown."""
    try:
        split = urlsplit(f"{scheme}://{rest}")
        host = split.hostname or ""
        port = f":{split.port}" if split.port else ""
    except ValueError:
        host = port = ""
        split = urlsplit("")
    if not host:
        msg = f"this is no {scheme} address of a Terraform state"
        raise BadInput(msg, hint=f"try: {SCHEMES[scheme]}")
    if ":" in host:
        host = f"[{host}]"
    login = {
        name: unquote(value)
        for name, value in (("username", split.username), ("password", split.password))
        if value
    }
    address = urlunsplit((scheme, f"{host}{port}", split.path, split.query, ""))
    return StateSpec(scheme=scheme, address=address, options=login)
