"""The reference pages say what the code says."""

import pytest
from docs.generate import EXAMPLES, FOLDER, WHAT_TO_DO, documented, pages

from sreagent.domain.errors import Exit
from sreagent.settings import Settings
from sreagent.tools.catalogue import TOOLS


@pytest.mark.parametrize("name", pages())
def test_a_committed_page_is_what_the_code_makes(name: str) -> None:
    committed = (FOLDER / name).read_text(encoding="utf-8")
    assert committed == pages()[name], "stale: run `make docs` and commit what it writes"


def test_each_action_has_an_example() -> None:
    assert set(EXAMPLES) == set(TOOLS)


def test_each_exit_code_says_what_to_do() -> None:
    assert set(WHAT_TO_DO) == set(Exit)


def test_the_text_under_each_setting_is_found() -> None:
    assert set(documented(Settings)) == set(Settings.__slots__)
