"""Pieces of Terraform code, what is to change in each, and the lines that may."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sreagent.drift.mend.edit import Wish


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One edit."""

    name: str
    code: str
    path: str
    before: Any
    after: Any
    gone: tuple[str, ...] = ()
    """Lines that must go, in their order."""
    new: tuple[str, ...] = ()
    """Lines that must come."""
    address: str = "aws_thing.main"
    said: Mapping[str, Any] = field(default_factory=dict)
    sets: frozenset[str] = frozenset()
    files: Mapping[str, str] = field(default_factory=dict)
    """Other files."""
    edited: str = "main.tf"
    is_tidy: bool = True
    """As `terraform fmt` has it."""

    @property
    def wish(self) -> Wish:
        return Wish(
            address=self.address,
            path=self.path,
            before=self.before,
            after=self.after,
            said=self.said,
            sets=self.sets,
        )

    @property
    def sources(self) -> dict[str, bytes]:
        texts = {"main.tf": self.code, **self.files}
        return {path: text.encode() for path, text in texts.items()}


def thing(*lines: str) -> str:
    """One resource with some lines in it."""
    inside = "".join(f"  {line}\n" if line else "\n" for line in lines)
    return f'resource "aws_thing" "main" {{\n{inside}}}\n'


def policy(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


READ = {"Sid": "read", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}
SEND = {"Effect": "Allow", "Action": ["sqs:Send"], "Resource": "arn:aws:sqs:::a"}
RULES = [
    {"from_port": 443, "to_port": 443, "cidr_blocks": ["10.0.0.0/8"]},
    {"from_port": 80, "to_port": 80, "cidr_blocks": ["10.0.0.0/8"]},
]
WITH_RULES = thing(
    'name = "sg"',
    "",
    "ingress {",
    "  from_port   = 80",
    "  to_port     = 80",
    '  cidr_blocks = ["10.0.0.0/8"]',
    "}",
    "",
    "# for the office",
    "ingress {",
    "  from_port   = 443",
    "  to_port     = 443",
    '  cidr_blocks = ["10.0.0.0/8"]',
    "}",
)
IN_RULES: dict[str, Any] = {
    "code": WITH_RULES,
    "said": {"ingress": RULES},
    "sets": frozenset({"ingress", "ingress.cidr_blocks"}),
}

CASES = [
    Case(
        name="a-text",
        code=thing('size = "small"', "other = 1"),
        path="size",
        before="small",
        after="large",
        gone=('  size = "small"',),
        new=('  size = "large"',),
        is_tidy=False,
    ),
    Case(
        name="a-text-with-a-comment",
        code=thing('size  = "small" # by jo', 'other = "x"     # too'),
        path="size",
        before="small",
        after="larger",
        gone=('  size  = "small" # by jo', '  other = "x"     # too'),
        new=('  size  = "larger" # by jo', '  other = "x"      # too'),
    ),
    Case(
        name="what-looks-like-an-expression",
        code=thing('size = "a"'),
        path="size",
        before="a",
        after='${x} %{y} "z" \\ $${w}',
        gone=('  size = "a"',),
        new=(r'  size = "$${x} %%{y} \"z\" \\ \u0024$${w}"',),
    ),
    Case(
        name="what-nobody-sees",
        code=thing('size = "a"'),
        path="size",
        before="a",
        after="x\u202ey\n\tz",
        gone=('  size = "a"',),
        new=(r'  size = "x\u202ey\n\tz"',),
    ),
    Case(
        name="a-number-written-as-text",
        code=thing('port = "80"'),
        path="port",
        before=80,
        after=81,
        gone=('  port = "80"',),
        new=('  port = "81"',),
    ),
    Case(
        name="a-negative-number",
        code=thing("port = -1"),
        path="port",
        before=-1,
        after=0.5,
        gone=("  port = -1",),
        new=("  port = 0.5",),
    ),
    Case(
        name="a-truth",
        code=thing("on = true"),
        path="on",
        before=True,
        after=False,
        gone=("  on = true",),
        new=("  on = false",),
    ),
    Case(
        name="in-parentheses",
        code=thing("on = (3)"),
        path="on",
        before=3,
        after=4,
        gone=("  on = (3)",),
        new=("  on = 4",),
    ),
    Case(
        name="one-key-of-a-map",
        code=thing("tags = {", '  Name = "a" # the name', '  team = "shop"', "}"),
        path="tags.Name",
        before="a",
        after="b",
        gone=('    Name = "a" # the name',),
        new=('    Name = "b" # the name',),
    ),
    Case(
        name="a-new-key-of-a-map",
        code=thing("tags = {", '  Name = "a"', '  team = "shop"', "}"),
        path="tags.kubernetes.io/x",
        before=None,
        after="1",
        gone=('    Name = "a"', '    team = "shop"'),
        new=(
            '    Name              = "a"',
            '    team              = "shop"',
            '    "kubernetes.io/x" = "1"',
        ),
    ),
    Case(
        name="a-key-that-went",
        code=thing("tags = {", '  Name     = "a"', '  longname = "b" # gone', "}"),
        path="tags.longname",
        before="b",
        after=None,
        gone=('    Name     = "a"', '    longname = "b" # gone'),
        new=('    Name = "a"',),
    ),
    Case(
        name="a-key-in-a-map-on-one-line",
        code=thing('tags = { Name = "a", team = "b" }'),
        path="tags.Name",
        before="a",
        after=None,
        gone=('  tags = { Name = "a", team = "b" }',),
        new=('  tags = { team = "b" }',),
    ),
    Case(
        name="a-key-with-a-dot",
        code=thing("tags = {", '  "a.b" = "1"', '  "a"   = "2"', "}"),
        path="tags.a.b",
        before="1",
        after="3",
        gone=('    "a.b" = "1"',),
        new=('    "a.b" = "3"',),
    ),
    Case(
        name="tags-where-there-were-none",
        code=thing('size = "a"', "", "inner {", "  a = 1", "}"),
        path="tags.Name",
        before=None,
        after="x",
        new=("  tags = {", '    Name = "x"', "  }"),
    ),
    Case(
        name="a-new-attribute-is-aligned",
        code=thing('size    = "a"', 'another = "b"', "", "inner {", "  a = 1", "}"),
        path="on",
        before=False,
        after=True,
        new=("  on      = true",),
    ),
    Case(
        name="a-new-attribute-with-a-long-name",
        code=thing('size = "a"', "inner {", "  a = 1", "}"),
        path="much_longer",
        before=False,
        after=True,
        gone=('  size = "a"',),
        new=('  size        = "a"', "  much_longer = true"),
    ),
    Case(
        name="an-attribute-that-went",
        code=thing('size        = "a"', "much_longer = true # x"),
        path="much_longer",
        before=True,
        after=None,
        gone=('  size        = "a"', "  much_longer = true # x"),
        new=('  size = "a"',),
    ),
    Case(
        name="the-only-attribute-of-a-block-on-one-line",
        code=thing("inner { a = 1 }"),
        path="inner[0].a",
        before=1,
        after=2,
        gone=("  inner { a = 1 }",),
        new=("  inner { a = 2 }",),
    ),
    Case(
        name="a-second-attribute-in-a-block-on-one-line",
        code=thing("inner { a = 1 }"),
        path="inner[0].bc",
        before=0,
        after=2,
        gone=("  inner { a = 1 }",),
        new=("  inner {", "    a  = 1", "    bc = 2", "  }"),
    ),
    Case(
        name="one-more-in-a-list",
        code=thing("names = [", '  "a", # first', '  "b"', "]"),
        path="names",
        before=["a", "b"],
        after=["a", "b", "c"],
        gone=('    "b"',),
        new=('    "b",', '    "c",'),
    ),
    Case(
        name="one-less-in-a-list",
        code=thing("names = [", '  "a", # first', "  # about b", '  "b", # second', "]"),
        path="names",
        before=["a", "b"],
        after=["a"],
        gone=('    "b", # second',),
    ),
    Case(
        name="a-list-on-one-line",
        code=thing('names = ["a", "b"]'),
        path="names",
        before=["a", "b"],
        after=["b", "c"],
        gone=('  names = ["a", "b"]',),
        new=('  names = ["b", "c"]',),
    ),
    Case(
        name="a-list-that-becomes-empty",
        code=thing('names = ["a"]'),
        path="names",
        before=["a"],
        after=[],
        gone=('  names = ["a"]',),
        new=("  names = []",),
    ),
    Case(
        name="a-set-keeps-its-order",
        code=thing('names = ["b", "a"]'),
        path="names",
        before=["a", "b"],
        after=["a", "b", "c"],
        sets=frozenset({"names"}),
        gone=('  names = ["b", "a"]',),
        new=('  names = ["b", "a", "c"]',),
    ),
    Case(
        name="the-block-is-found-by-what-it-says",
        path="ingress[0].cidr_blocks",
        before=["10.0.0.0/8"],
        after=["10.0.0.0/8", "1.2.3.4/32"],
        gone=('    cidr_blocks = ["10.0.0.0/8"]',),
        new=('    cidr_blocks = ["10.0.0.0/8", "1.2.3.4/32"]',),
        **IN_RULES,
    ),
    Case(
        name="a-block-that-went",
        path="ingress[1]",
        before=RULES[1],
        after=None,
        gone=(
            "",
            "  ingress {",
            "    from_port   = 80",
            "    to_port     = 80",
            '    cidr_blocks = ["10.0.0.0/8"]',
            "  }",
        ),
        **IN_RULES,
    ),
    Case(
        name="a-new-block",
        path="ingress[2]",
        before=None,
        after={"from_port": 22, "to_port": 22, "cidr_blocks": ["1.1.1.1/32"], "self": None},
        new=(
            "",
            "  ingress {",
            "    from_port   = 22",
            "    to_port     = 22",
            '    cidr_blocks = ["1.1.1.1/32"]',
            "  }",
        ),
        **IN_RULES,
    ),
    Case(
        name="a-leaf-of-an-encoded-policy",
        code=thing(
            "policy = jsonencode({",
            '  Version = "2012-10-17"',
            "  Statement = [",
            '    { Sid = "read", Effect = "Allow", Action = "s3:Get*", Resource = "*" },',
            "    {",
            '      Effect   = "Allow" # let it',
            '      Action   = ["sqs:Send"]',
            '      Resource = "arn:aws:sqs:::a"',
            "    },",
            "  ]",
            "})",
        ),
        path="policy",
        before=policy(SEND, {**READ, "Action": ["s3:Get*"]}),
        after=policy({**SEND, "Action": ["sqs:Send", "sqs:Receive"]}, READ),
        gone=('        Action   = ["sqs:Send"]',),
        new=('        Action   = ["sqs:Send", "sqs:Receive"]',),
    ),
    Case(
        name="a-leaf-of-a-policy-in-a-heredoc",
        code=thing(
            "policy = <<-EOT",
            "  {",
            '    "Version": "2012-10-17",',
            '    "Statement": [{',
            '      "Sid": "read", "Effect": "Allow", "Action": "s3:Get*",',
            '      "Resource": "*"',
            "    }]",
            "  }",
            "EOT",
        ),
        path="policy",
        before=policy(READ),
        after=policy({**READ, "Resource": ["arn:x"], "Condition": {"Bool": {"a:${b}": "true"}}}),
        gone=('        "Resource": "*"',),
        new=(
            '        "Resource": "arn:x",',
            '        "Condition": {',
            '          "Bool": {',
            '            "a:$${b}": "true"',
            "          }",
            "        }",
        ),
    ),
    Case(
        name="lines-of-a-heredoc",
        code=thing("text  = <<-EOT", "  one $${a}", "    two", "EOT", "after = 1"),
        path="text",
        before="one ${a}\n  two\n",
        after="one ${a}\n  2\n  three\n",
        gone=("      two",),
        new=("      2", "      three"),
    ),
    Case(
        name="line-ends-of-windows",
        code=thing('size = "a"', "inner {", "  a = 1", "}").replace("\n", "\r\n"),
        path="longer",
        before=None,
        after="x",
        gone=('  size = "a"\r',),
        new=('  size   = "a"\r', '  longer = "x"\r'),
        is_tidy=False,
    ),
    Case(
        name="tabs",
        code=thing('size = "a"').replace("  ", "\t"),
        path="on",
        before=None,
        after=True,
        new=("\ton   = true",),
        is_tidy=False,
    ),
    Case(
        name="a-mark-of-byte-order-and-letters-of-many-bytes",
        code="\ufeff# größe 尺寸 😀\n" + thing('größe = "尺寸"', 'size  = "😀" # 😀'),
        path="size",
        before="😀",
        after="é",
        gone=('  size  = "😀" # 😀',),
        new=('  size  = "é" # 😀',),
        is_tidy=False,
    ),
    Case(
        name="a-variable-by-its-default",
        code=thing("size = var.size"),
        files={"variables.tf": 'variable "size" {\n  type    = string\n  default = "a" # x\n}\n'},
        path="size",
        before="a",
        after="b",
        gone=('  default = "a" # x',),
        new=('  default = "b" # x',),
        edited="variables.tf",
    ),
    Case(
        name="a-variable-by-the-one-file-that-sets-it",
        code=thing("size = var.size") + 'variable "size" {\n  default = "z"\n}\n',
        files={"prod.auto.tfvars": 'size = "a"\n'},
        path="size",
        before="a",
        after="b",
        gone=('size = "a"',),
        new=('size = "b"',),
        edited="prod.auto.tfvars",
    ),
    Case(
        name="a-key-in-a-local",
        code=thing("tags = local.tags") + 'locals {\n  tags = {\n    Name = "a"\n  }\n}\n',
        path="tags.Name",
        before="a",
        after="b",
        gone=('    Name = "a"',),
        new=('    Name = "b"',),
    ),
    Case(
        name="a-resource-in-nested-modules",
        code='module "a" {\n  source = "./a"\n}\n',
        files={
            "a/main.tf": 'module "b" {\n  source = "../b"\n}\n',
            "b/main.tf": thing('size = "a"'),
        },
        address="module.a.module.b.aws_thing.main",
        path="size",
        before="a",
        after="b",
        gone=('  size = "a"',),
        new=('  size = "b"',),
        edited="b/main.tf",
    ),
    Case(
        name="beside-a-block-with-an-error",
        code='resource "aws_thing" "bad" {\n  a = \n  b = 2\n}\n' + thing('size = "a"'),
        path="size",
        before="a",
        after="b",
        gone=('  size = "a"',),
        new=('  size = "b"',),
        is_tidy=False,
    ),
]
