"""The pages a person reads, and the command lines in them."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))

_FENCE = re.compile(r"^ *```.*?\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(sre(?: [^`]+)?)`")
_COMMAND = re.compile(r"(?:^(?:\$ )?|\| |\$\(|&& |; |\bif |! )sre(?: ([^|;&)]*))?(?=$|[|;&)])")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def links(page: Path) -> list[str]:
    """Where a page leads inside the repository."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    targets = _LINK.findall(re.sub(r"`[^`\n]+`", "", text))
    return [each for each in targets if "://" not in each and not each.startswith("mailto:")]


def headings(page: Path) -> set[str]:
    """The anchors of a page, as the usual Markdown sites make them."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    kept = (re.sub(r"[^\w\- ]", "", title.lower()) for title in titles)
    return {title.replace(" ", "-") for title in kept}


def command_lines(page: Path) -> Iterator[list[str]]:
    """The words after `sre` of each command line, in blocks and in running text."""
    text = page.read_text(encoding="utf-8")
    for block in _FENCE.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            for found in _COMMAND.findall(line.split(" #")[0].strip()):
                yield _words(found)
    for found in _INLINE.findall(_FENCE.sub("", text)):
        yield _words(found.removeprefix("sre"))


def _words(line: str) -> list[str]:
    """Words as a shell would split them, without redirections."""
    return [word for word in shlex.split(re.sub(r"2?[<>]\s*\S+", "", line)) if word != "2"]
