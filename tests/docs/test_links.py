"""What the pages name is there: files, headings, commands and their options."""

from pathlib import Path
from typing import Any

import pytest
import typer
from tests.docs.pages import PAGES, command_lines, headings, links, name

from sreagent.cli.app import app

LINKS = [
    pytest.param(page, link, id=f"{name(page)}-{link}") for page in PAGES for link in links(page)
]
COMMANDS = [
    pytest.param(words, id=f"{name(page)}-{number}-{'-'.join(words[:2])}")
    for page in PAGES
    if page.name != "cli.md"  # made from the same commands
    for number, words in enumerate(command_lines(page))
]


@pytest.mark.parametrize(("page", "link"), LINKS)
def test_a_link_leads_somewhere(page: Path, link: str) -> None:
    target, _, heading = link.partition("#")
    there = (page.parent / target).resolve() if target else page
    assert there.exists()
    assert not heading or heading in headings(there)


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_line_is_understood(words: list[str]) -> None:
    command: Any = typer.main.get_command(app)
    while words and hasattr(command, "commands") and not words[0].startswith("-"):
        assert words[0] in command.commands
        command, words = command.commands[words[0]], words[1:]
    options = {option for param in command.params for option in param.opts} | {"--help"}
    assert {word.partition("=")[0] for word in words if word.startswith("--")} <= options
    if words and not hasattr(command, "commands") and "--help" not in words:
        command.make_context(command.name, words)


def test_there_is_something_to_check() -> None:
    assert len(LINKS) > 30
    assert len(COMMANDS) > 60
