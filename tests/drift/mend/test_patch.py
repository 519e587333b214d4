"""Patches apply, and the proof tells when they do not do what they say."""

import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.drift.mend.corpus import CASES, thing
from tests.drift.state.terraform import TERRAFORM, needs_terraform

from sreagent.drift.mend.code import Code
from sreagent.drift.mend.edit import Wish
from sreagent.drift.mend.patch import free_path, mended, unified


def lay(folder: Path, files: dict[str, bytes]) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text)


def lie(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


AWKWARD: dict[str, tuple[bytes | None, bytes | None]] = {
    "no-end.tf": (b"a = 1\nb = 2", b"a = 1\nb = 3"),
    "gets-an-end.tf": (b"a = 1", b"a = 1\n"),
    "crlf.tf": (b"a = 1\r\nb = 2\r\n", b"a = 1\r\nb = 3\r\n"),
    "odd\x0blines.tf": (b"a\x0b\x0c\r1\n2\n", b"a\x0b\x0c\r1\n3\n"),
    "with space.tf": (b"a\n", b"b\n"),
    "größe.tf": (b"a\n", b"b\n"),
    "-dash.tf": (b"a\n", b"b\n"),
    "deep/er/new.tf": (None, b"new\nfile\n"),
    "empty.tf": (b"", b"a\n"),
    "bytes.tf": (b"\xff\xfe\n", b"\xff\xfd\n"),
}


def apply(folder: Path, program: str, patch: bytes) -> None:
    command = {"git": ["git", "apply", "-"], "patch": ["patch", "-p1", "--binary", "-s"]}[program]
    # Git has to be there for anything here; patch is only one more program that must agree.
    if program == "patch" and not shutil.which(program):
        pytest.skip("patch is not installed")
    subprocess.run(command, input=patch, cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize("program", ["git", "patch"])
@pytest.mark.parametrize("name", list(AWKWARD))
def test_a_patch_applies_to_awkward_files(tmp_path: Path, name: str, program: str) -> None:
    old, new = AWKWARD[name]
    before = {name: old} if old is not None else {}
    after = {name: new} if new is not None else {}
    lay(tmp_path, before)
    apply(tmp_path, program, unified(before, after))
    assert lie(tmp_path) == after


@pytest.mark.parametrize("program", ["git", "patch"])
def test_the_edits_of_the_corpus_apply_as_one_patch(tmp_path: Path, program: str) -> None:
    before: dict[str, bytes] = {}
    after: dict[str, bytes] = {}
    for case in CASES:
        done = mended(Code(files=case.sources), [case.wish])
        assert done.proof.holds
        before |= {f"{case.name}/{path}": text for path, text in case.sources.items()}
        after |= {f"{case.name}/{path}": text for path, text in done.code.files.items()}
    lay(tmp_path, before)
    apply(tmp_path, program, unified(before, after))
    assert lie(tmp_path) == after


def test_one_patch_holds_edits_removals_and_new_files() -> None:
    files = {
        "main.tf": (thing('size = "a"') + '\nresource "aws_x" "gone" {\n  a = 1\n}\n').encode(),
        "drift.tf": b"# taken\n",
    }
    done = mended(
        Code(files=files),
        [Wish(address="aws_thing.main", path="size", before="a", after="b")],
        removed=["aws_x.gone"],
        new_files={"drift.tf": b"import {}\n"},
    )
    assert done.files == {
        "main.tf": thing('size = "b"').encode(),
        "drift_2.tf": b"import {}\n",
    }
    assert [each.address for each in done.edits] == ["aws_thing.main", "aws_x.gone"]
    assert done.proof.holds


@pytest.mark.parametrize(
    ("files", "edited"),
    [
        pytest.param(["main.tofu"], "main.tofu", id="alone"),
        pytest.param(["main.tf", "main.tofu"], "main.tofu", id="in-the-place-of-another"),
        pytest.param(["main.tofu", "other.tf"], None, id="beside-another"),
        pytest.param(["main.tf", "main_override.tofu"], None, id="laid-over-another"),
    ],
)
def test_code_of_opentofu_is_edited_where_opentofu_reads_it(
    files: list[str], edited: str | None
) -> None:
    code = Code(files={name: thing('size = "a"').encode() for name in files})
    wish = Wish(address="aws_thing.main", path="size", before="a", after="b")
    done = mended(code, [wish])
    assert list(done.files) == ([edited] if edited else [])
    assert done.proof.holds


def test_a_new_file_is_none_that_opentofu_would_not_read() -> None:
    code = Code(files={"imports.tofu": b"", "imports_2.tofu.json": b"{}"})
    assert free_path(code, "imports.tf") == "imports_2.tf"
    assert free_path(Code(files={}), "imports.tf") == "imports.tf"


def test_a_block_that_is_still_used_is_not_removed() -> None:
    files = {"main.tf": thing("a = aws_x.gone.id").encode() + b'resource "aws_x" "gone" {}\n'}
    done = mended(Code(files=files), [], removed=["aws_x.gone"])
    assert done.files == {}
    assert done.patch == b""
    assert "still used: main.tf:2" in done.suggestions[0].why


def test_the_same_patch_has_the_same_digest() -> None:
    wish = Wish(address="aws_thing.main", path="size", before="a", after="b")
    code = Code(files={"main.tf": thing('size = "a"').encode()})
    assert mended(code, [wish]).digest == mended(code, [wish]).digest
    other = Wish(address="aws_thing.main", path="size", before="a", after="c")
    assert mended(code, [wish]).digest != mended(code, [other]).digest


def test_wishes_of_one_resource_build_on_each_other() -> None:
    rules = [{"port": 1, "to": "a"}, {"port": 2, "to": "a"}, {"port": 3, "to": "a"}]
    text = thing(
        *(line for n in (3, 2, 1) for line in ("rule {", f"  port = {n}", '  to   = "a"', "}"))
    )
    paths = [("rule[0].port", 1, 9), ("rule[1]", rules[1], None), ("rule[0].to", "a", "b")]
    wishes = [
        Wish(
            address="aws_thing.main",
            path=path,
            before=before,
            after=after,
            said={"rule": rules},
            sets=frozenset({"rule"}),
        )
        for path, before, after in paths
    ]
    done = mended(Code(files={"main.tf": text.encode()}), wishes)
    assert not done.suggestions
    assert done.proof.holds
    expected = thing(
        "rule {", "  port = 3", '  to   = "a"', "}", "rule {", "  port = 9", '  to   = "b"', "}"
    )
    assert done.files["main.tf"].decode() == expected


@pytest.mark.parametrize("seed", range(12))
def test_a_patch_of_any_two_texts_applies(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - not for secrets
    old = [dice.choice(b"abc}\n") for _ in range(60)]
    new = [each for each in old if dice.random() > 0.1]
    for _ in range(6):
        new.insert(dice.randrange(len(new) + 1), dice.choice(b"abcd"))
    before, after = ({"x.tf": b"\n".join(bytes([c]) for c in text)} for text in (old, new))
    lay(tmp_path, before)
    apply(tmp_path, "git", unified(before, after))
    assert lie(tmp_path) == after


@pytest.mark.parametrize("seed", range(8))
def test_random_edits_touch_only_their_own_lines(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - not for secrets
    names = [f"name_{'x' * dice.randint(0, 9)}{n}" for n in range(40)]
    lines = [f'{name} = "{n}" # {name}' for n, name in enumerate(names)]
    text = thing(*lines).encode()
    chosen = dice.sample(range(40), 10)
    wishes = [
        Wish(address="aws_thing.main", path=names[n], before=str(n), after=f"é{n}${{x}}")
        for n in chosen
    ]
    done = mended(Code(files={"main.tf": text}), wishes)
    assert not done.suggestions
    old, new = text.split(b"\n"), done.files["main.tf"].split(b"\n")
    assert {n for n, (a, b) in enumerate(zip(old, new, strict=True)) if a != b} == {
        n + 1 for n in chosen
    }


@needs_terraform
def test_terraform_plans_what_the_edit_says(tmp_path: Path) -> None:
    value = 'a "b" ${c} %{d} \\ $${e} ü\n\u202e'
    code = Code(
        files={
            "main.tf": b'resource "terraform_data" "main" {\n  input = { "a.b" = ["x", "y"] }\n}\n'
        }
    )
    wish = Wish(
        address="terraform_data.main", path="input.a.b", before=["x", "y"], after=["y", value]
    )
    done = mended(code, [wish])
    lay(tmp_path, dict(done.code.files))
    for words in (["init"], ["validate"], ["fmt", "-check"], ["plan", "-out=p"]):
        terraform(tmp_path, *words)
    planned = json.loads(terraform(tmp_path, "show", "-json", "p"))["planned_values"][
        "root_module"
    ]["resources"][0]
    assert planned["values"]["input"] == {"a.b": ["y", value]}


def terraform(folder: Path, *words: str) -> str:
    settings = ["TF_CLI_CONFIG_FILE=/dev/null", "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1"]
    command = ["env", *settings, TERRAFORM, words[0], *words[1:]]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout
