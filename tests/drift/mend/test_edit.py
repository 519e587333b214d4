"""Edits of code change the lines they mean, and no other."""

import difflib
import subprocess
from typing import Any

import pytest
from tests.drift.mend.corpus import CASES, IN_RULES, Case, thing
from tests.drift.state.terraform import TERRAFORM, needs_terraform

from sreagent.drift.mend.code import Code
from sreagent.drift.mend.edit import Agreed, Edited, Suggestion, Wish, after_wish, edited, value_at
from sreagent.drift.mend.likeness import alike


def changed_lines(before: bytes, after: bytes) -> tuple[list[str], list[str]]:
    old, new = before.decode().split("\n"), after.decode().split("\n")
    rows = list(difflib.ndiff(old, new))
    return (
        [row[2:] for row in rows if row.startswith("- ")],
        [row[2:] for row in rows if row.startswith("+ ")],
    )


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_only_the_lines_meant_change(case: Case) -> None:
    code, outcome = edited(Code(files=case.sources), case.wish)
    assert isinstance(outcome, Edited), outcome
    gone, new = changed_lines(case.sources[case.edited], code.files[case.edited])
    assert (tuple(gone), tuple(new)) == (case.gone, case.new)
    others = set(case.sources) - {case.edited}
    assert all(code.files[path] == case.sources[path] for path in others)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_what_was_edited_is_read_back_as_what_is_there(case: Case) -> None:
    code, _ = edited(Code(files=case.sources), case.wish)
    found = value_at(Code(files=code.files), after_wish(case.wish))
    if not isinstance(case.after, dict):
        assert alike(found, case.after, ordered=case.wish.ordered)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_an_edit_that_was_made_is_not_made_again(case: Case) -> None:
    code, _ = edited(Code(files=case.sources), case.wish)
    again, outcome = edited(code, case.wish)
    if not isinstance(case.after, dict):
        assert isinstance(outcome, Agreed | Suggestion)
        assert again.files == code.files


@needs_terraform
@pytest.mark.parametrize(
    "case", [pytest.param(case, id=case.name) for case in CASES if case.is_tidy]
)
def test_terraform_would_format_nothing(case: Case) -> None:
    code, _ = edited(Code(files=case.sources), case.wish)
    for path in (case.edited,):
        assert formatted(case.sources[path]) == case.sources[path].decode(), "the case is untidy"
        assert formatted(code.files[path]) == code.files[path].decode()


def formatted(text: bytes) -> str:
    done = subprocess.run(
        ["env", "TF_CLI_CONFIG_FILE=/dev/null", "CHECKPOINT_DISABLE=1", TERRAFORM, "fmt", "-"],
        input=text,
        capture_output=True,
        check=True,
    )
    return done.stdout.decode()


TWO_CALLS = 'module "a" {\n  source = "./m"\n}\n\nmodule "b" {\n  source = "./m"\n}\n'
SIZE: dict[str, Any] = {"path": "size", "before": "a", "after": "b"}


@pytest.mark.parametrize(
    ("files", "wish", "why", "spot"),
    [
        pytest.param(
            {"main.tf": thing("size = lower(var.x)")},
            SIZE,
            "a call of lower()",
            "main.tf:2",
            id="function",
        ),
        pytest.param(
            {"main.tf": thing('size = "${var.x}-a"')},
            SIZE,
            "a text with",
            "main.tf:2",
            id="template",
        ),
        pytest.param(
            {"main.tf": thing('size = var.x ? "a" : "b"')},
            SIZE,
            "a condition",
            "main.tf:2",
            id="if",
        ),
        pytest.param(
            {"main.tf": thing("count = 2", 'size = "a"')},
            {**SIZE, "address": "aws_thing.main[0]"},
            "several resources (count)",
            "main.tf:1",
            id="count",
        ),
        pytest.param(
            {"main.tf": thing("for_each = var.all", 'size = "a"')},
            {**SIZE, "address": 'aws_thing.main["k.[1]"]'},
            "several resources (for_each)",
            "main.tf:1",
            id="for-each",
        ),
        pytest.param(
            {"main.tf": TWO_CALLS, "m/main.tf": thing('size = "a"')},
            {**SIZE, "address": "module.a.aws_thing.main"},
            "used more than once",
            "m/main.tf:1",
            id="a-module-that-is-called-twice",
        ),
        pytest.param(
            {
                "main.tf": 'module "a" {\n  for_each = var.x\n  source = "./m"\n}\n',
                "m/main.tf": thing('size = "a"'),
            },
            {**SIZE, "address": 'module.a["x"].aws_thing.main'},
            "made several times (for_each)",
            "m/main.tf:1",
            id="a-module-for-each",
        ),
        pytest.param(
            {"main.tf": 'module "a" {\n  source = "org/net/aws"\n}\n'},
            {**SIZE, "address": "module.a.aws_thing.main"},
            "not in a folder here",
            "main.tf:1",
            id="a-module-from-elsewhere",
        ),
        pytest.param(
            {
                "main.tf": 'module "a" {\n  source = "./m"\n  size   = "a"\n}\n',
                "m/main.tf": thing("size = var.size") + 'variable "size" {}\n',
            },
            {**SIZE, "address": "module.a.aws_thing.main"},
            "an input of the module",
            "main.tf:3",
            id="an-input-of-a-module",
        ),
        pytest.param(
            {"main.tf": thing('dynamic "inner" {', "  for_each = var.x", "  content {}", "}")},
            {"path": "inner[0].a", "before": 1, "after": 2},
            "a dynamic block",
            "main.tf:2",
            id="a-dynamic-block",
        ),
        pytest.param(
            {
                "main.tf": thing("size = var.size")
                + 'variable "size" {\n  default = "a"\n}\noutput "x" {\n  value = var.size\n}\n'
            },
            SIZE,
            "var.size is used 2 times",
            "main.tf:2",
            id="a-variable-that-is-used-elsewhere",
        ),
        pytest.param(
            {
                "main.tf": thing("size = var.size") + 'variable "size" {}\n',
                "eu.tfvars": 'size = "a"\n',
                "us.tfvars": 'size = "c"\n',
            },
            SIZE,
            "set 2 times: eu.tfvars:1, us.tfvars:1",
            "main.tf:2",
            id="a-variable-that-two-files-set",
        ),
        pytest.param(
            {
                "main.tf": thing("size = var.size") + 'variable "size" {}\n',
                "terraform.tfvars.json": '{"size": "a"}',
            },
            SIZE,
            "in JSON",
            "terraform.tfvars.json:1",
            id="a-variable-that-json-sets",
        ),
        pytest.param(
            {"main.tf": thing("size = var.size") + 'variable "size" {}\n'},
            SIZE,
            "no default",
            "main.tf:4",
            id="a-variable-that-nothing-sets",
        ),
        pytest.param(
            {"main.tf": thing('size = "c"')},
            SIZE,
            "neither what the state says",
            "main.tf:2",
            id="code-that-was-not-applied",
        ),
        pytest.param(
            {"main.tf": thing("tags = {}")},
            {"path": "tags.Name", "before": "a", "after": "b"},
            "the provider does",
            "main.tf:2",
            id="a-tag-of-the-provider",
        ),
        pytest.param(
            {"main.tf": thing('tags = merge(local.t, { Name = "a" })')},
            {"path": "tags.Name", "before": "a", "after": "b"},
            "a call of merge()",
            "main.tf:2",
            id="merged-tags",
        ),
        pytest.param(
            {"main.tf": thing("tags = {", '  (var.k) = "a"', "}")},
            {"path": "tags.Name", "before": "a", "after": "b"},
            "computed key",
            "main.tf:2",
            id="a-computed-key",
        ),
        pytest.param(
            {"main.tf": 'resource "aws_thing" "main" {\n  size = \n  other = 1\n}\n'},
            SIZE,
            "error of syntax",
            "main.tf:1",
            id="an-error-in-the-block",
        ),
        pytest.param(
            {"main.tf": thing('size = "a"'), "x_override.tf": thing('size = "a"')},
            SIZE,
            "more than one block",
            "main.tf:1",
            id="an-override",
        ),
        pytest.param(
            {"main.tf.json": "{}"}, SIZE, "JSON is not edited", "main.tf.json:1", id="json"
        ),
        pytest.param({"main.tf": ""}, SIZE, "no block", "None", id="no-block"),
        pytest.param(
            {"main.tf": thing("text = <<EOT", "one", "EOT")},
            {"path": "text", "before": "  one\n", "after": "two"},
            "a heredoc",
            "main.tf:2",
            id="a-heredoc-that-ends-within-a-line",
        ),
        pytest.param(
            {"main.tf": thing("rule { size = 1 }", "rule { size = 1 }")},
            {
                "path": "rule[0].size",
                "before": 1,
                "after": 2,
                "said": {"rule": [{"size": 1}, {"size": 1}]},
                "sets": frozenset({"rule"}),
            },
            "which of the blocks",
            "main.tf:2",
            id="two-blocks-that-are-the-same",
        ),
    ],
)
def test_nothing_is_guessed(
    files: dict[str, str], wish: dict[str, Any], why: str, spot: str
) -> None:
    code = Code(files={path: text.encode() for path, text in files.items()})
    wanted = Wish(**{"address": "aws_thing.main", **wish})
    after, outcome = edited(code, wanted)
    assert isinstance(outcome, Suggestion), outcome
    assert why in outcome.why
    assert str(outcome.spot) == spot
    assert after.files == code.files


def test_a_suggestion_says_what_stands_there_and_what_should() -> None:
    code = Code(files={"main.tf": thing("size = lower(var.x)").encode()})
    _, outcome = edited(code, Wish(address="aws_thing.main", path="size", before="a", after="b"))
    assert isinstance(outcome, Suggestion)
    assert (outcome.stands, outcome.should) == ("lower(var.x)", '"b"')


@pytest.mark.parametrize(
    ("path", "before", "after", "sensitive"),
    [
        pytest.param("size", "a", "b", ("size",), id="marked"),
        pytest.param("inner[0].a", "a", "b", ("inner",), id="in-what-is-marked"),
        pytest.param("db_password", "a", "b", (), id="by-its-name"),
        pytest.param("environment.variables.API_KEY", "a", "b", (), id="by-the-name-of-a-key"),
        pytest.param("size", "(hidden a1b2)", "(hidden c3d4)", (), id="masked"),
        pytest.param("env", {"x": "(hidden a1b2)"}, {"x": "b"}, (), id="masked-within"),
        pytest.param("env", {}, {"DB_PASSWORD": "b"}, (), id="a-name-within"),
    ],
)
def test_a_secret_is_never_written(
    path: str, before: Any, after: Any, sensitive: tuple[str, ...]
) -> None:
    code = Code(files={"main.tf": thing('size = "a"', 'db_password = "a"').encode()})
    wish = Wish(
        address="aws_thing.main", path=path, before=before, after=after, sensitive=sensitive
    )
    same, outcome = edited(code, wish)
    assert isinstance(outcome, Suggestion)
    assert outcome.should == "(hidden)"
    assert same.files == code.files


def test_a_variable_marked_sensitive_is_not_written() -> None:
    code = Code(
        files={
            "main.tf": (
                thing("size = var.s") + 'variable "s" {\n  default = "a"\n  sensitive = true\n}\n'
            ).encode()
        }
    )
    wish = Wish(address="aws_thing.main", path="size", before="a", after="b")
    same, outcome = edited(code, wish)
    assert isinstance(outcome, Suggestion)
    assert "default" not in outcome.stands
    assert same.files == code.files


def test_a_text_that_is_no_unicode_is_not_written() -> None:
    code = Code(files={"main.tf": thing('size = "a"').encode()})
    wish = Wish(address="aws_thing.main", path="size", before="a", after="\ud800")
    same, outcome = edited(code, wish)
    assert isinstance(outcome, Suggestion)
    assert same.files == code.files


def test_several_edits_of_one_block_find_it_each_time() -> None:
    said: dict[str, Any] = IN_RULES["said"]
    code = Code(files={"main.tf": IN_RULES["code"].encode()})
    for name in ("from_port", "to_port"):
        wish = Wish(
            address="aws_thing.main",
            path=f"ingress[0].{name}",
            before=443,
            after=8443,
            said=said,
            sets=IN_RULES["sets"],
        )
        code, outcome = edited(code, wish)
        assert isinstance(outcome, Edited)
        said = dict(after_wish(wish).said)
    assert code.files["main.tf"].count(b"8443") == 2
