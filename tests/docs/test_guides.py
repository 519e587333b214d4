"""What the guides promise about rights and messages is so in the code."""

import re
from typing import Any

import pytest
import yaml
from tests.docs.pages import ROOT, yaml_blocks

from sreagent.domain.kinds import KINDS
from sreagent.tools.catalogue import TOOLS

GUIDES = ROOT / "docs" / "guides"
SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
MESSAGES = re.findall(
    r"^\| `([^`]+)` \|", (GUIDES / "when-something-goes-wrong.md").read_text(encoding="utf-8"), re.M
)
READ, CHANGE = map(yaml.safe_load, yaml_blocks(GUIDES / "read-only-access.md"))


def granted(role: dict[str, Any]) -> dict[tuple[str, str], set[str]]:
    """The verbs of a role by API group and resource."""
    return {
        (group, resource): set(rule["verbs"])
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }


def is_said(text: str) -> bool:
    """Whether the program holds a text, whole or as two pieces that it puts together."""
    spaces = [place for place, letter in enumerate(text) if letter == " "]
    pieces = [(text[:place], text[place + 1 :]) for place in spaces]
    return text in SOURCE or any(one in SOURCE and two in SOURCE for one, two in pieces)


def test_the_reading_role_lists_each_kind_that_is_read_and_no_other() -> None:
    listed = {what for what, verbs in granted(READ).items() if "list" in verbs}
    assert listed == {(kind.group, kind.plural) for kind in KINDS.values()}


def test_the_reading_role_reads_only() -> None:
    assert set().union(*granted(READ).values()) == {"get", "list"}


def test_the_changing_role_covers_each_kind_that_is_changed_and_no_other() -> None:
    changed = {KINDS[kind] for tool in TOOLS.values() for kind in tool.kinds}
    assert set(granted(CHANGE)) == {(kind.group, kind.plural) for kind in changed}


def test_only_pods_may_be_deleted() -> None:
    deleted = {what for what, verbs in granted(CHANGE).items() if "delete" in verbs}
    assert deleted == {("", "pods")}


@pytest.mark.parametrize("message", MESSAGES)
def test_an_explained_message_is_one_that_the_program_gives(message: str) -> None:
    parts = re.split(r"\b[A-Z][A-Z0-9]*\b|[,:;()]", message)
    assert [part for part in map(str.strip, parts) if len(part) > 10 and not is_said(part)] == []
