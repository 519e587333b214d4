"""Versions of the prompts: kept as files, chosen for all incidents or for a share of them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from string import Template
from typing import Any

from sreagent.domain.errors import BadInput, BadSettings, NotFound
from sreagent.investigate.model.prompts import PAGES, Prompts, built_in
from sreagent.investigate.model.roles import Role

BUILT_IN = "built-in"
"""How the version that comes with the program can be called besides."""
OF_ROLES = frozenset({"frame", "namespace", "version", "prometheus", "confident"})
PLACEHOLDERS: Mapping[str, frozenset[str]] = {
    **{role.value: OF_ROLES for role in Role},
    "without_tools": frozenset({"tools"}),
    "repair": frozenset({"error", "tools"}),
}
"""What is filled in on each page; anything else is a mistake."""
LARGEST = 100_000
"""Bytes of a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which version incidents begin with."""

    version: str
    share: int = 100
    """Of 100 incidents, how many begin with it."""
    rest: str = ""
    """The version of the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A version with all that it stands for."""

    version: str
    unit: Mapping[str, Any]

    @property
    def prompts(self) -> Prompts:
        """Its pages, as models are given them."""
        return Prompts(dict(self.unit["pages"]))

    @property
    def is_usable(self) -> bool:
        """Whether its tools and limits are those of this program."""
        return self.prompts.version == self.version


class Versions:
    """The versions of a folder, and the one that comes with the program."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._built_in = built_in()

    @property
    def built_in(self) -> str:
        """The version that comes with the program."""
        return self._built_in.version

    def all(self) -> tuple[Kept, ...]:
        """The built-in one first, then those of the folder by name.

        Raises:
            BadSettings: A file of the folder cannot be read.
        """
        own = Kept(version=self.built_in, unit=self._built_in.unit)
        paths = sorted(self._folder.glob("[0-9a-f]*.json"))
        others = (_kept(path) for path in paths if path.stem != self.built_in)
        return (own, *others)

    def find(self, text: str) -> Kept:
        """The version that begins so, or `built-in`.

        Raises:
            NotFound: There is none, or several.
            BadSettings: A file of the folder cannot be read.
        """
        known = self.all()
        found = [one for one in known if one.version.startswith(text)] if text else []
        if text == BUILT_IN:
            return known[0]
        if len(found) != 1:
            what = f"several versions begin with {text!r}" if found else f"no version {text!r}"
            named = ", ".join(one.version for one in found or known)
            raise NotFound(what, why=f"there are: {named}", hint="see: sre prompts list")
        return found[0]

    def keep(self, prompts: Prompts) -> Path:
        """Keep a version as a file, with its tools and limits; where.

        Raises:
            BadSettings: The folder cannot be written.
        """
        path = self._folder / f"{prompts.version}.json"
        if not path.exists():
            _write(path, prompts.unit)
        return path

    @property
    def choice(self) -> Choice:
        """Which version incidents begin with now.

        Raises:
            BadSettings: The file that says so cannot be read.
        """
        path = self._chosen_in
        if not path.exists():
            return Choice(version=self.built_in)
        return _choice(path)

    def use(self, version: str, share: int = 100) -> Choice:
        """Let incidents begin with a version; with a share below 100, the others as until now.

        Raises:
            NotFound: There is no such version.
            BadInput: It was made for other tools than this program has.
            BadSettings: The folder cannot be read or written.
        """
        kept = self.find(version)
        if not kept.is_usable:
            msg = f"version {kept.version} was made for other tools than this sre has"
            hint = "make a version of its pages: sre prompts add FOLDER"
            raise BadInput(msg, hint=hint)
        before = self.choice
        rest = before.version if before.version != kept.version else before.rest
        if rest in (kept.version, self.built_in):
            # The next release brings its own.
            rest = ""
        choice = Choice(version=kept.version, share=share, rest=rest if share < 100 else "")
        if choice == Choice(version=self.built_in):
            self._chosen_in.unlink(missing_ok=True)
        else:
            _write(self._chosen_in, asdict(choice))
        return choice

    def prompts_for(self, incident: str, began_with: str = "") -> Prompts:
        """The prompts of an incident: those it began with, or those that are its share now.

        Raises:
            BadSettings: A file of the folder cannot be read or written.
            NotFound: The version that is to be used is gone.
        """
        for version in filter(None, (began_with, self._drawn(incident))):
            found = [one for one in self.all() if one.version == version and one.is_usable]
            if found:
                self.keep(found[0].prompts)
                return found[0].prompts
        self.keep(self._built_in)
        return self._built_in

    def _drawn(self, incident: str) -> str:
        choice = self.choice
        drawn = int(sha256(incident.encode()).hexdigest()[:8], 16) % 100 < choice.share
        return choice.version if drawn else choice.rest or self.built_in

    @property
    def _chosen_in(self) -> Path:
        return self._folder / "use.json"


def read_pages(folder: Path, base: Prompts) -> Prompts:
    """Prompts with the pages that a folder changes; the others as they are in `base`.

    Raises:
        BadInput: A page is none that is known, cannot be read, or has a placeholder that nothing
            is filled into.
    """
    paths = sorted(folder.glob("*.md")) if folder.is_dir() else []
    if not paths:
        named = ", ".join(f"{name}.md" for name in PAGES)
        msg = f"no pages in {str(folder)!r}"
        raise BadInput(msg, why=f"a folder with one or several of: {named}")
    changed = {path.stem: _page(path) for path in paths}
    return Prompts({**base.pages, **changed})


def _page(path: Path) -> str:
    if path.stem not in PAGES:
        msg = f"{path} is no page of the prompts"
        raise BadInput(msg, why=f"pages: {', '.join(PAGES)}")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot read {path}: {error}"
        raise BadInput(msg) from error
    for mistake in mistakes(path.stem, text):
        msg = f"{path}: {mistake}"
        raise BadInput(msg)
    return text


def mistakes(page: str, text: str) -> Iterator[str]:
    """What is wrong with a page, worst first."""
    known = PLACEHOLDERS[page]
    template = Template(text)
    named = ", ".join(f"${name}" for name in sorted(known))
    if len(text.encode()) > LARGEST:
        yield f"it is larger than {LARGEST} bytes"
    if not text.strip():
        yield "it is empty"
    if not template.is_valid():
        yield f"a lone `$`: write `$$` for a dollar sign; placeholders are {named}"
        return
    for name in template.get_identifiers():
        if name not in known:
            yield f"unknown placeholder ${name}; there are {named}"
    original = Template(built_in().pages[page]).get_identifiers()
    for name in ("frame", "tools", "error"):
        if name in original and name not in template.get_identifiers():
            yield f"the placeholder ${name} is missing"


def _kept(path: Path) -> Kept:
    unit = _read(path)
    pages = unit.get("pages")
    if not isinstance(pages, dict) or set(pages) != set(PAGES):
        raise _unreadable(path, "it holds other pages than this sre knows")
    return Kept(version=path.stem, unit=unit)


def _choice(path: Path) -> Choice:
    found = _read(path)
    version, share, rest = (found.get(name) for name in ("version", "share", "rest"))
    if not (isinstance(version, str) and isinstance(rest, str) and isinstance(share, int)):
        raise _unreadable(path, "version, share and rest are expected")
    return Choice(version=version, share=share, rest=rest)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _unreadable(path, str(error)) from error
    if not isinstance(found, dict):
        raise _unreadable(path, "it is no JSON object")
    return found


def _unreadable(path: Path, why: str) -> BadSettings:
    msg = f"cannot use {path}: {why}"
    return BadSettings(msg, hint=f"move it away: mv {path} {path}.broken")


def _write(path: Path, found: Mapping[str, Any]) -> None:
    """The whole of it, or nothing."""
    fresh = path.with_suffix(f".{token_hex(4)}.new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        msg = f"cannot write {path}: {error.strerror}"
        raise BadSettings(msg) from error
