"""Code for the pretend provider, applied by the real terraform; then reality drifts."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.drift.oracle import provider
from tests.drift.oracle.dice import Attributes, drift, thing
from tests.drift.state.terraform import Terraform

from sreagent.domain.terraform import StateText
from sreagent.drift.state.managed import State
from sreagent.drift.state.reading import read

PLAIN, KEYED, COUNTED = 24, ("a", 'quo"te', "b.c[0]", "${x}", "π"), 4
SOURCE = {"fake": {"source": "example.com/x/fake"}}


def with_provider(terraform: Terraform, reality: Path, delay: float = 0) -> None:
    """Let terraform start the pretend provider, out of its folder: there is no registry."""
    folder = terraform.folder / "provider"
    folder.mkdir()
    program = folder / "terraform-provider-fake"
    command = f'exec "{sys.executable}" "{provider.__file__}" "{reality}" {delay}'
    program.write_text(f"#!/bin/sh\n{command}\n", encoding="utf-8")
    program.chmod(0o755)
    terraform.write(
        "terraformrc",
        "provider_installation {\n"
        f'  dev_overrides {{ "{SOURCE["fake"]["source"]}" = "{folder}" }}\n'
        "  direct {}\n}\n",
    )
    terraform.environment["TF_CLI_CONFIG_FILE"] = str(terraform.folder / "terraformrc")


@dataclass(slots=True)
class World:
    """Things in a state, what became of them, and what terraform says of that."""

    terraform: Terraform
    dice: Random
    things: dict[str, Attributes] = field(default_factory=dict)
    """By name, as they were applied."""
    reality: dict[str, Attributes | None] = field(default_factory=dict)
    before: bytes = b""
    """The state."""
    plan: bytes = b""
    """`terraform show -json` of a plan."""

    def build(self) -> None:
        """Apply, drift, plan; one thing moves, whatever became of it."""
        folder = self.terraform.folder
        with_provider(self.terraform, folder / "reality.json")
        self._write(moved=False)
        self.terraform.run("get")
        self.terraform.run("apply", "-auto-approve")
        self._leave_over()
        self.before = self.terraform.state
        self.reality = {name: drift(self.dice, said) for name, said in self.things.items()}
        self.reality["r0"], self.reality["r1"] = {}, {"size": "other"}
        self.terraform.write("reality.json", json.dumps({**self.reality, "left1": None}))
        self._write(moved=True)
        self.plan = self.planned("-refresh-only")

    def _leave_over(self) -> None:
        """Two objects of things that were replaced; one of them is gone by now."""
        state = json.loads(self.terraform.state)
        of_plain = [each for each in state["resources"] if each["name"] in ("r2", "r3")]
        for number, resource in enumerate(of_plain):
            (current,) = resource["instances"]
            values = {**current["attributes"], "name": f"left{number}", "id": f"t-left{number}"}
            left = {**current, "deposed": f"{number:08x}", "attributes": values}
            resource["instances"].append(left)
        self.terraform.write("terraform.tfstate", json.dumps(state))

    def planned(self, *arguments: str) -> bytes:
        self.terraform.run("plan", *arguments, "-out", "plan.bin")
        return self.terraform.run("show", "-json", "plan.bin").encode()

    def _write(self, *, moved: bool) -> None:
        """One thing after the other, keyed and counted ones, and a module of both."""
        plain = {f"r{number}": self._thing(f"r{number}") for number in range(PLAIN)}
        code: dict[str, Any] = {
            "terraform": {"required_providers": SOURCE},
            "module": {"m": {"source": "./m", "for_each": '${toset(["k1", "k\\"2.]"])}'}},
        }
        if moved:
            plain = {f"moved_{name}" if name in ("r0", "r1") else name: said
                     for name, said in plain.items()}  # fmt: skip
            code["moved"] = [
                {"from": f"fake_thing.{name}", "to": f"fake_thing.moved_{name}"}
                for name in ("r0", "r1")
            ]
        things = {key: self._thing(f"k{place}") for place, key in enumerate(KEYED)}
        code["locals"] = {"things": _literal(things)}
        code["resource"] = {
            "fake_thing": {**plain, "keyed": {"for_each": "${local.things}", **_EACH}}
        }
        self.terraform.write("main.tf.json", json.dumps(code))
        self.terraform.write("m/main.tf.json", json.dumps(self._module()))

    def _module(self) -> dict[str, Any]:
        counted = [self._thing(f"c{number}") for number in range(COUNTED)]
        values = {name: f"${{local.things[count.index].{name}}}" for name in counted[0]}
        return {
            "terraform": {"required_providers": SOURCE},
            "locals": {"things": _literal(counted)},
            "resource": {"fake_thing": {"counted": {"count": COUNTED, **values}}},
        }

    def _thing(self, name: str) -> Any:
        if name not in self.things:
            self.things[name] = thing(self.dice, name)
        return _literal(self.things[name])


_NAMES = ("name", *provider.SENSITIVE, *provider.ATTRIBUTES)
_EACH = {name: f"${{each.value.{name}}}" for name in _NAMES}


def _literal(value: Any) -> Any:
    """A value as JSON code has it: a template begins nowhere in its texts."""
    if isinstance(value, str):
        return value.replace("${", "$${").replace("%{", "%%{")
    if isinstance(value, dict):
        return {_literal(name): _literal(each) for name, each in value.items()}
    return [_literal(each) for each in value] if isinstance(value, list) else value


def read_of(body: bytes) -> State:
    state = read(StateText(source="it", body=body))
    assert state.problems == ()
    return state


def secrets_of(world: World) -> Iterator[str]:
    """Those of the state, and those that came later."""
    yield from (said["token"] for said in world.things.values())
    yield from (now["token"] for now in world.reality.values() if now and "token" in now)
