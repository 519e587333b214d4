"""What the guides promise about rights and messages is so in the code."""

import re

import pytest
from tests.docs.pages import ROOT

from sreagent.tools.rights import Role, manifests

GUIDES = ROOT / "docs" / "guides"
SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
MESSAGES = re.findall(
    r"^\| `([^`]+)` \|", (GUIDES / "when-something-goes-wrong.md").read_text(encoding="utf-8"), re.M
)
LEAST = (GUIDES / "least-privilege.md").read_text(encoding="utf-8")


def is_said(text: str) -> bool:
    """Whether the program holds a text, whole or as two pieces that it puts together."""
    spaces = [place for place, letter in enumerate(text) if letter == " "]
    pieces = [(text[:place], text[place + 1 :]) for place in spaces]
    return text in SOURCE or any(one in SOURCE and two in SOURCE for one, two in pieces)


def test_each_role_is_explained() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", LEAST, re.M)) == {role.value for role in Role}


def test_the_names_that_the_guide_deletes_are_those_that_are_printed() -> None:
    named = set(re.findall(r"delete \w+binding (\S+)", LEAST))
    printed = {
        one["metadata"]["name"]
        for role in Role
        for one in manifests(role, account="sreagent")
        if "roleRef" in one
    }
    assert named
    assert named <= printed


@pytest.mark.parametrize("message", MESSAGES)
def test_an_explained_message_is_one_that_the_program_gives(message: str) -> None:
    parts = re.split(r"\b[A-Z][A-Z0-9]*\b|[,:;()]", message)
    assert [part for part in map(str.strip, parts) if len(part) > 10 and not is_said(part)] == []
