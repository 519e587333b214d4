"""`sre prompts …`: what models are told, as versions that can be compared and chosen."""

import difflib
import json as jsonlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sreagent.cli import options

if TYPE_CHECKING:
    from sreagent.investigate.model.prompts import Prompts
    from sreagent.investigate.model.versions import Kept, Versions

app = typer.Typer(help="What models are told: show, compare, choose.", no_args_is_help=True)

Page = Annotated[
    str | None, typer.Argument(metavar="[ROLE]", help="diagnostician, remediator, …; all if none.")
]
Version = Annotated[
    str | None, typer.Option("--version", help="The beginning of a version, or `built-in`.")
]


@app.command("show")
def show(role: Page = None, version: Version = None, json: options.Json = False) -> None:
    """Show what models are told, and the tools they have."""
    kept = _versions().find(version or _versions().choice.version)
    tools: dict[str, Any] = kept.unit.get("tools", {})
    names = [_known(role, kept)] if role else list(kept.prompts.pages)
    if json:
        pages = {name: kept.prompts.pages[name] for name in names}
        found = {name: tools[name] for name in names if name in tools}
        _print({"version": kept.version, "pages": pages, "tools": found})
        return
    print(f"version {kept.version}")
    for name in names:
        print(f"\n# {name}.md\n\n{_clean(kept.prompts.pages[name]).strip()}")
        for tool, (said, _) in tools.get(name, {}).items():
            print(f"  tool {tool}: {_clean(said)}")


@app.command("list")
def list_versions(json: options.Json = False) -> None:
    """List the versions, and which of them incidents begin with."""
    versions = _versions()
    shares = _shares(versions)
    rows = [
        {
            "version": kept.version,
            "built_in": kept.version == versions.built_in,
            "share": shares.get(kept.version, 0),
            "usable": kept.is_usable,
        }
        for kept in versions.all()
    ]
    if json:
        _print(rows)
        return
    for row in rows:
        facts = [
            "built-in" if row["built_in"] else "",
            f"{row['share']} % of incidents" if row["share"] else "",
            "" if row["usable"] else "for other tools than this sre has",
        ]
        print(f"{row['version']}  {', '.join(fact for fact in facts if fact)}".rstrip())


@app.command("diff")
def diff(
    version: Annotated[str, typer.Argument(help="The beginning of a version, or `built-in`.")],
    other: Annotated[
        str | None, typer.Argument(help="Another one; that which is in use if none.")
    ] = None,
) -> None:
    """Show what differs between two versions: pages, tools and limits."""
    versions = _versions()
    old, new = versions.find(version), versions.find(other or versions.choice.version)
    lines = list(_differences(old, new))
    print(_clean("\n".join(lines)) if lines else f"{old.version} and {new.version} are the same")


@app.command("use")
def use(
    version: Annotated[str, typer.Argument(help="The beginning of a version, or `built-in`.")],
    share: Annotated[
        int, typer.Option(min=1, max=100, help="Of 100 incidents, how many begin with it.")
    ] = 100,
) -> None:
    """Choose the version that incidents begin with; a resumed one keeps its own."""
    versions = _versions()
    versions.use(version, share)
    for name, part in _shares(versions).items():
        print(f"{part} % of incidents begin with {name}")


@app.command("add")
def add(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="With the pages that change, as ROLE.md.")
    ],
    base: Annotated[
        str | None, typer.Option("--base", help="Version of the other pages; that in use if none.")
    ] = None,
) -> None:
    """Make a version of changed pages."""
    from sreagent.investigate.model.versions import read_pages

    versions = _versions()
    before = versions.find(base or versions.choice.version)
    _keep(versions, read_pages(folder, before.prompts))


@app.command("edit")
def edit(
    role: Annotated[str, typer.Argument(metavar="[ROLE]", help="Which page.")] = "diagnostician",
    version: Version = None,
) -> None:
    """Change a page in your editor, and make a version of it."""
    from tempfile import TemporaryDirectory

    from sreagent.investigate.model.versions import read_pages

    versions = _versions()
    before = versions.find(version or versions.choice.version)
    name = _known(role, before)
    with TemporaryDirectory(prefix="sre-prompts-") as folder:
        path = Path(folder) / f"{name}.md"
        path.write_text(before.prompts.pages[name], encoding="utf-8")
        _open_editor(path)
        changed = read_pages(Path(folder), before.prompts)
    if changed.pages == before.prompts.pages:
        print("nothing was changed")
    else:
        _keep(versions, changed)


def _versions() -> "Versions":
    from sreagent.wiring import models

    return models.prompt_versions()


def _keep(versions: "Versions", prompts: "Prompts") -> None:
    path = versions.keep(prompts)
    print(f"version {prompts.version}, kept in {path}")
    print(f"  what it changes: sre prompts diff built-in {prompts.version}")
    print(f"  try it on a part: sre prompts use {prompts.version} --share 20")


def _known(role: str, kept: "Kept") -> str:
    from sreagent.domain.errors import BadInput

    name = role.removesuffix(".md")
    if name not in kept.prompts.pages:
        msg = f"there is no page {role!r}"
        raise BadInput(msg, why=f"pages: {', '.join(kept.prompts.pages)}")
    return name


def _shares(versions: "Versions") -> dict[str, int]:
    choice = versions.choice
    shares = {choice.version: choice.share}
    if choice.share < 100:
        shares[choice.rest or versions.built_in] = 100 - choice.share
    return shares


def _differences(old: "Kept", new: "Kept") -> Iterator[str]:
    before, after = dict(_texts(old)), dict(_texts(new))
    for name in dict.fromkeys([*before, *after]):
        lines = (before.get(name, "").splitlines(), after.get(name, "").splitlines())
        names = (f"{old.version}/{name}", f"{new.version}/{name}")
        yield from difflib.unified_diff(*lines, *names, lineterm="", n=2)


def _texts(kept: "Kept") -> Iterator[tuple[str, str]]:
    """All that a version stands for, as texts that can be compared line by line."""
    for name, page in kept.prompts.pages.items():
        yield f"{name}.md", page
    for part in ("tools", "guardrails"):
        for name, value in kept.unit.get(part, {}).items():
            yield f"{part}/{name}", jsonlib.dumps(value, indent=1, ensure_ascii=False)


def _open_editor(path: Path) -> None:
    """Wait until the page was changed and the editor closed.

    Raises:
        BadInput: There is no such editor, or it failed.
    """
    import shlex
    import subprocess

    from sreagent.domain.errors import BadInput
    from sreagent.settings import editor

    command = shlex.split(editor())
    try:
        ended = subprocess.run([*command, str(path)], check=False)  # noqa: S603 - the person's own
    except OSError as error:
        msg = f"cannot start the editor {command[0]!r}: {error.strerror}"
        raise BadInput(msg, hint="set EDITOR, or try: sre prompts add FOLDER") from error
    if ended.returncode:
        msg = f"the editor {command[0]!r} ended with {ended.returncode}"
        raise BadInput(msg, why="nothing was kept")


def _clean(text: str) -> str:
    from sreagent.domain.text import visible

    return visible(text)


def _print(found: object) -> None:
    print(jsonlib.dumps(found, indent=2, ensure_ascii=False))
