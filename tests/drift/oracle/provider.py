"""A provider whose world is a file: `provider.py FILE SECONDS`, with a delay for each read.

The real terraform starts it as a program. The file holds, by the name of a thing, the attributes
that are not as Terraform left them, or null where the thing is gone.
"""

import json
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any

from tf.iface import Provider, Resource
from tf.runner import run_provider
from tf.schema import Attribute, Schema
from tf.types import Bool, List, Map, Number, Set, String, TfType

Attributes = dict[str, Any]


class Object(TfType):  # type: ignore[misc]
    """Blocks with members of their own types."""

    def __init__(self, **members: TfType) -> None:
        self.members = members

    def encode(self, value: Any) -> Any:
        return value

    def decode(self, value: Any) -> Any:
        return value

    def tf_type(self) -> bytes:
        members = {name: json.loads(each.tf_type()) for name, each in self.members.items()}
        return json.dumps(["object", members]).encode()


RULE = Object(port=Number(), protocol=String(), networks=List(String()), note=String())
ATTRIBUTES = {
    "size": String(),
    "amount": Number(),
    "enabled": Bool(),
    "status": String(),
    "note": String(),
    "policy": String(),
    "groups": Set(String()),
    "zones": List(String()),
    "labels": Map(String()),
    "tags": Map(String()),
    "rules": List(RULE),
    "peers": Set(RULE),
    "placement": Object(zone=String(), hosts=Map(String())),
}
SENSITIVE = ("token",)


@cache
def reality() -> Attributes:
    path = Path(sys.argv[1])
    read: Attributes = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return read


class Thing(Resource):  # type: ignore[misc]
    def __init__(self, _provider: object) -> None:
        pass

    @classmethod
    def get_name(cls) -> str:
        return "thing"

    @classmethod
    def get_schema(cls) -> Schema:
        return Schema(
            version=1,
            attributes=[
                Attribute("id", String(), computed=True),
                Attribute("name", String(), required=True),
                *(Attribute(name, String(), optional=True, sensitive=True) for name in SENSITIVE),
                *(Attribute(name, type_, optional=True) for name, type_ in ATTRIBUTES.items()),
            ],
        )

    def validate(self, _diagnostics: object, _type: str, _config: Attributes) -> None:
        pass

    def create(self, _context: object, planned: Attributes) -> Attributes:
        return {**planned, "id": f"t-{planned['name']}"}

    def read(self, _context: object, current: Attributes) -> Attributes | None:
        time.sleep(float(sys.argv[2]))
        now = reality().get(current["name"], {})
        return None if now is None else {**current, **now}

    def update(self, _context: object, _current: Attributes, planned: Attributes) -> Attributes:
        return planned

    def delete(self, _context: object, _current: Attributes) -> None:
        pass

    def plan(self, _context: object, _current: Attributes, planned: Attributes) -> Attributes:
        return planned

    def upgrade(self, _context: object, _version: int, old: Attributes) -> Attributes:
        return old


class Fake(Provider):  # type: ignore[misc]
    def get_model_prefix(self) -> str:
        return "fake_"

    def get_provider_schema(self, _diagnostics: object) -> Schema:
        return Schema()

    def full_name(self) -> str:
        return "example.com/x/fake"

    def validate_config(self, _diagnostics: object, _config: Attributes) -> None:
        pass

    def configure_provider(self, _diagnostics: object, _config: Attributes) -> None:
        pass

    def get_data_sources(self) -> list[type]:
        return []

    def get_resources(self) -> list[type]:
        return [Thing]


if __name__ == "__main__":
    run_provider(Fake(), sys.argv[:1])
