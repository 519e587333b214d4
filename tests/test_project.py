"""Promises the project makes about its own files."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "sreagent"
ROOMS_WITHOUT_A_NOUN = {"utils", "util", "common", "helpers", "core", "misc"}
LONGEST_FUNCTION = 60
USUAL_FUNCTION = 12

# Put together here, so that this file does not hold them either.
REGISTRIES = tuple(
    ".".join(labels)
    for labels in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("pypi", "python", "org"),
        ("anaconda", "org"),
        ("npmjs", "org"),
        ("yarnpkg", "com"),
        ("proxy", "golang", "org"),
        ("crates", "io"),
        ("rubygems", "org"),
    )
)


def committed_files() -> list[Path]:
    # The checkout may belong to another user than the one who runs the tests.
    command = ["git", "-c", "safe.directory=*", "-C", str(ROOT), "ls-files", "-z"]
    listed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def function_lengths() -> Iterator[tuple[str, int]]:
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", length


@pytest.mark.parametrize("host", REGISTRIES)
def test_no_file_names_the_host_of_a_package_registry(host: str) -> None:
    naming = [path for path in committed_files() if host.encode() in path.read_bytes()]
    assert naming == []


def test_versions_are_locked_in_one_place_for_pip_and_uv() -> None:
    assert not (ROOT / "uv.lock").exists()
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert pins.count("==") <= pins.count("--hash=sha256:")
    assert "://" not in pins


def test_every_declared_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    locked = {line.partition("==")[0] for line in pins}
    assert {re.split(r"[\[>]", requirement)[0].lower() for requirement in declared} <= locked


def test_no_function_is_longer_than_a_screen() -> None:
    assert [where for where, length in function_lengths() if length > LONGEST_FUNCTION] == []


def test_the_usual_function_is_short() -> None:
    assert median(length for _, length in function_lengths()) <= USUAL_FUNCTION


def test_every_module_is_named_after_what_it_does() -> None:
    nameless = [path for path in SOURCE.rglob("*") if path.stem in ROOMS_WITHOUT_A_NOUN]
    assert nameless == []


def test_the_changelog_has_a_place_for_what_comes_next() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in changelog
