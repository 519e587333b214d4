"""The real terraform, with its built-in provider: nothing is downloaded."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

TERRAFORM = shutil.which("terraform") or ""
WITHOUT = "terraform is not installed: no Debian package and no index of packages has it"
needs_terraform = pytest.mark.skipif(not TERRAFORM, reason=WITHOUT)
"""For tests that the real program has to agree with."""

CODE = """\
variable "word" {
  type      = string
  sensitive = true
}
variable "more" {
  default = ""
}
resource "terraform_data" "plain" {
  input = "x${var.more}"
}
resource "terraform_data" "counted" {
  count = 3
  input = { n = count.index, s = var.word, l = [1, "a"] }
}
resource "terraform_data" "each" {
  for_each = toset([
    "a", "z\\"q", "b.c[0]", "back\\\\slash", "line\\nfeed", "$${x} %%{y} $5", "π\\u200b",
  ])
  input    = each.key
}
module "m" {
  source   = "./m"
  for_each = toset(["k1", "k\\"2.]"])
}
output "word" {
  value     = var.word
  sensitive = true
}
"""
MODULE = """\
resource "terraform_data" "in" {
  input = "y"
}
resource "terraform_data" "dep" {
  input = terraform_data.in.output
  lifecycle {
    ignore_changes = [input]
  }
}
"""


class Terraform:
    """One folder of code and its local state."""

    def __init__(self, folder: Path) -> None:
        if not TERRAFORM:
            pytest.skip(WITHOUT)
        self.program = TERRAFORM
        self.folder = folder
        self.environment = {
            "PATH": os.defpath,
            "HOME": str(folder),
            "TF_CLI_CONFIG_FILE": os.devnull,
            "CHECKPOINT_DISABLE": "1",
            "TF_IN_AUTOMATION": "1",
        }

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [self.program, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [self.program, *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def shown(self, *arguments: str) -> Any:
        return json.loads(self.run("show", "-json", *arguments))

    @property
    def state(self) -> bytes:
        return (self.folder / "terraform.tfstate").read_bytes()
