"""Which of the states that were read are made by the code of a folder."""

from pathlib import Path

import pytest

from sreagent.wiring.drift import states_of_code

S3 = 'backend "s3" {\n    bucket = "tf"\n    key = "a"\n  }'
KUBERNETES = 'backend "kubernetes" {\n    secret_suffix = "net"\n  }'
NAMED = 'cloud {\n    organization = "o"\n    workspaces {\n      name = "w"\n    }\n  }'
TAGGED = 'cloud {\n    organization = "o"\n    workspaces {\n      tags = ["t"]\n    }\n  }'
PREFIXED = TAGGED.replace("cloud {", 'backend "remote" {').replace(
    'tags = ["t"]', 'prefix = "app-"'
)


@pytest.mark.parametrize(
    ("code", "named", "read", "own"),
    [
        pytest.param(S3, (), ("x", "y"), {"x", "y"}, id="of-the-backend"),
        pytest.param(S3, ("./x",), ("x",), {"x"}, id="named-alone"),
        pytest.param(S3, ("-",), ("stdin",), {"stdin"}, id="handed-over"),
        pytest.param(S3, ("s3://tf/*",), ("s3://tf/b",), set(), id="a-pattern-that-gives-one"),
        pytest.param(S3, ("dir/",), ("dir/b",), set(), id="a-folder-that-gives-one"),
        pytest.param(S3, ("b", "c"), ("b",), set(), id="the-other-was-not-read"),
        pytest.param(S3, ("s3://tf/**",), ("s3://tf/a", "s3://tf/b"), {"s3://tf/a"}, id="s3"),
        pytest.param(
            'backend "local" {\n    path = "p/../a"\n  }',
            ("./b", "a"),
            ("b", "a"),
            {"a"},
            id="file",
        ),
        pytest.param(
            KUBERNETES,
            ("kubernetes://default/net", "b"),
            ("kubernetes://default/tfstate-default-net", "b"),
            {"kubernetes://default/tfstate-default-net"},
            id="kubernetes",
        ),
        pytest.param(NAMED, ("tfc://o/*",), ("tfc://o/w", "tfc://o/v"), {"tfc://o/w"}, id="cloud"),
        pytest.param(
            PREFIXED,
            ("tfc://o/*",),
            ("tfc://o/app-a", "tfc://o/app-b", "tfc://o/web"),
            {"tfc://o/app-a", "tfc://o/app-b"},
            id="workspaces-of-one-code",
        ),
        pytest.param(TAGGED, ("tfc://o/*",), ("tfc://o/w", "tfc://o/v"), set(), id="by-tags"),
        pytest.param("", ("a", "b"), ("a", "b"), set(), id="of-neither"),
        pytest.param(None, ("a", "b"), ("a", "b"), set(), id="no-code"),
    ],
)
def test_only_what_the_backend_means_is_taken_for_the_state_of_the_code(
    code: str | None, named: tuple[str, ...], read: tuple[str, ...], own: set[str]
) -> None:
    if code is not None:
        Path("main.tf").write_text(f"terraform {{\n  {code}\n}}\n", encoding="utf-8")
    assert states_of_code(Path(), named, read) == own
