"""What is no Terraform state, told by what it is instead, and what to do then."""

import re
from collections.abc import Mapping
from typing import Any

from sreagent.domain.errors import BadInput
from sreagent.domain.text import one_line

PULL = "try: terraform state pull | sre drift --state -"
SHOW = "try: terraform show -json | sre drift --state -"
_TOFU = "try: tofu state pull | sre drift --state -"
_LOG_IN = "give a login, or try: terraform state pull | sre drift --state -"

_STARTS: tuple[tuple[re.Pattern[bytes], str, str], ...] = tuple(
    (re.compile(start, re.IGNORECASE), what, hint)
    for start, what, hint in (
        (
            rb"PK\x03\x04",
            "this is a plan file (or another zip), which only its own Terraform can read",
            "try: terraform show -json PLANFILE | sre drift --state -",
        ),
        (rb"\x1f\x8b", "the state is compressed", "try: gunzip -c FILE | sre drift --state -"),
        (
            rb"\s*(?:<!doctype html|<html)",
            "this is a web page: a login or a proxy answered",
            _LOG_IN,
        ),
        (rb"\s*<\?xml", "this is XML: a storage service refused, or the file is another", PULL),
        (rb"<<<<<<< ", "this holds the marks of a merge that was not finished", PULL),
        (rb"version https://git-lfs", "this stands for a file in Git LFS", "try: git lfs pull"),
        (rb"\x00GITCRYPT\x00", "this is encrypted by git-crypt", "try: git-crypt unlock"),
        (rb"age-encryption\.org|-----BEGIN (?:PGP|AGE)", "this is encrypted", PULL),
        (
            rb'\s*\{"@level"',
            "these are the messages of terraform plan -json, which hold no values",
            "try: terraform plan -out FILE; terraform show -json FILE | sre drift --state -",
        ),
        (
            rb"\s*#\s*(?:module\.|data\.|[a-z0-9_]+\.)[^\n]*:",
            "this is what terraform show prints for people",
            SHOW,
        ),
        (rb"\s*(?:terraform|resource|provider|module|variable)\s[^\n]*\{", "this is code", SHOW),
    )
)


def refuse(source: str, what: str, *, why: str = "", hint: str = PULL) -> BadInput:
    """Build the error for something that cannot be read as a state."""
    return BadInput(f"{one_line(source)}: {what}", why=why, hint=hint)


def no_json(source: str, body: bytes, error: Exception) -> BadInput:
    """Say what bytes are that are no JSON."""
    if not body.strip():
        what = "the file is empty" if not body else "there is nothing but spaces in it"
        return refuse(source, what, why="a state that was never written, or was cut to nothing")
    for start, found, hint in _STARTS:
        if start.match(body[:400]):
            return refuse(source, found, hint=hint)
    if body.lstrip()[:1] == b"{" and _is_cut(body, error):
        return refuse(
            source,
            "the state is cut off",
            why=f"it ends after {len(body)} bytes in the middle of a value",
            hint="it may be just being written: try again; or terraform state pull | sre drift "
            "--state -",
        )
    return refuse(source, "this is no Terraform state", why=f"it is no JSON: {_said(error)}")


def no_state(source: str, document: Mapping[str, Any]) -> BadInput:
    """Say what a JSON object is that is no state of a version that can be read."""
    version = document.get("version")
    if "encrypted_data" in document:
        return refuse(
            source,
            "the state is encrypted by OpenTofu",
            why="only tofu has its key",
            hint=_TOFU,
        )
    if "backend" in document:
        kind = document["backend"].get("type") if isinstance(document["backend"], dict) else ""
        return refuse(
            source,
            "this only says where the state is kept",
            why=f"terraform init wrote it, for the backend {one_line(str(kind), 40)!r}",
            hint="try: sre drift, in the folder of the code",
        )
    if "sops" in document:
        return refuse(
            source, "this is encrypted by sops", hint="try: sops -d FILE | sre drift --state -"
        )
    if version in (1, 2):
        return refuse(
            source,
            f"the state has version {version}, of before Terraform 0.9",
            hint="Terraform 0.11 brings it up to date: terraform refresh",
        )
    if isinstance(version, int) and not isinstance(version, bool) and version > 4:
        return refuse(
            source,
            f"the state has version {version}",
            why="versions 3 and 4 are known",
            hint=SHOW,
        )
    names = ", ".join(list(map(str, document))[:5])
    return refuse(
        source,
        "this is no Terraform state",
        why=f"it is JSON with {one_line(names, 80)}" if names else "it is an empty object",
    )


def _is_cut(body: bytes, error: Exception) -> bool:
    """Whether the text ends where JSON goes on."""
    place = getattr(error, "pos", None)
    if not isinstance(place, int):
        return False
    told = str(error)
    rest = body[-200:].decode("utf-8", errors="replace").rstrip()
    at_end = place >= len(body.decode("utf-8", errors="replace").rstrip()) - 1
    return at_end or told.startswith("Unterminated string") or not rest.endswith(("}", "]"))


def _said(error: Exception) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else one_line(str(error))
