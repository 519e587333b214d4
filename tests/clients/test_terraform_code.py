"""Code is read from its folders, and terraform says whether it is tidy."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tests.drift.state.terraform import needs_terraform
from tests.nobody import nobody

from sreagent.clients.terraform_code import LARGEST, read_code, unformatted
from sreagent.domain.errors import BadInput, Forbidden, NotFound


def lay(top: Path, *names: str) -> None:
    for name in names:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(b"a = 1\n")


def test_code_of_the_root_and_of_what_lies_beside_it_is_read(tmp_path: Path) -> None:
    lay(tmp_path, "prod/main.tf", "prod/x.auto.tfvars", "modules/m/main.tf", "prod/readme.md")
    lay(tmp_path, "prod/.terraform/modules/x/main.tf", ".git/x.tf")
    found = read_code(tmp_path / "prod", tmp_path)
    assert found.root == "prod"
    assert set(found.files) == {"prod/main.tf", "prod/x.auto.tfvars", "modules/m/main.tf"}
    assert set(read_code(tmp_path / "prod").files) == {"main.tf", "x.auto.tfvars"}


def test_a_link_out_of_the_folder_and_a_huge_file_are_skipped_and_said(tmp_path: Path) -> None:
    lay(tmp_path, "out.tf", "in/main.tf")
    (tmp_path / "in" / "link.tf").symlink_to(tmp_path / "out.tf")
    (tmp_path / "in" / "gone.tf").symlink_to(tmp_path / "in" / "nothing")
    with (tmp_path / "in" / "huge.tf").open("wb") as huge:
        huge.truncate(LARGEST + 1)
    found = read_code(tmp_path / "in")
    assert set(found.files) == {"main.tf"}
    assert found.skipped == (
        "gone.tf: no file",
        f"huge.tf: more than {LARGEST} bytes",
        "link.tf: a link that leads elsewhere",
    )


def test_a_folder_without_code_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="holds no"):
        read_code(tmp_path)
    lay(tmp_path, "prod/main.tf")
    (tmp_path / "other.tf").symlink_to("nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFound, match="holds no"):
        read_code(tmp_path / "empty", tmp_path)
    with pytest.raises(BadInput, match="no folder"):
        read_code(tmp_path / "x")


def test_a_folder_whose_code_cannot_be_read_is_not_one_without_code(tmp_path: Path) -> None:
    (tmp_path / "main.tf").symlink_to(tmp_path / "nothing")
    with pytest.raises(Forbidden, match="could be read"):
        read_code(tmp_path)


def test_a_folder_that_may_not_be_entered_is_said() -> None:
    with TemporaryDirectory() as name:
        top = Path(name)
        top.chmod(0o755)  # nobody may come here, too
        lay(top, "main.tf", "modules/m/main.tf")
        (top / "modules").chmod(0)
        with nobody():
            found = read_code(top)
    assert set(found.files) == {"main.tf"}
    assert found.skipped == ("modules: permission denied",)


def test_code_of_opentofu_is_code(tmp_path: Path) -> None:
    lay(tmp_path, "main.tofu", "x.tofu.json")
    assert set(read_code(tmp_path).files) == {"main.tofu", "x.tofu.json"}


@needs_terraform
def test_only_what_was_tidy_before_is_held_to_be_tidy() -> None:
    tidy, untidy = b"a = 1\n", b"a=1\n"
    before = {"a.tf": tidy, "b.tf": untidy, "c.tf": tidy}
    after = {"a.tf": untidy, "b.tf": untidy, "c.tf": b"a = 2\n", "new.tf": untidy, "x.txt": untidy}
    assert unformatted(before, after) == ("a.tf", "new.tf")


def test_terraform_that_does_not_answer_claims_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "terraform").write_text("#!/bin/sh\nexec sleep 60\n", encoding="utf-8")
    (tmp_path / "terraform").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr("sreagent.clients.terraform_code.SECONDS", 0.1)
    assert unformatted({"a.tf": b"a = 1\n"}, {"a.tf": b"a=1\n"}) is None


def test_without_terraform_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert unformatted({}, {"a.tf": b"a=1\n"}) is None
