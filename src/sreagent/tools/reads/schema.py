"""`explain`: what the server's own schema says about a field."""

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sreagent.domain.errors import TryAgain, Unreachable
from sreagent.tools.reads.asking import Asking, Told
from sreagent.tools.reads.resources import Resource

DEEPEST = 6
"""Levels that --recursive goes down; some schemas contain themselves."""

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Schemas:
    """The schemas of one document, by name."""

    named: Mapping[str, Schema]

    def of(self, resource: Resource) -> Schema | None:
        """The schema of a kind."""
        wanted = (resource.group, resource.version, resource.kind)
        for schema in self.named.values():
            for told in schema.get("x-kubernetes-group-version-kind") or ():
                if (told.get("group"), told.get("version"), told.get("kind")) == wanted:
                    return schema
        return None

    def whole(self, schema: Schema) -> Schema:
        """The schema with its reference followed; its own description stays."""
        for part in schema.get("allOf") or ():
            schema = {**part, **schema}
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        return {**self.named.get(name, {}), **schema} if name else schema

    def inner(self, schema: Schema) -> Schema:
        """What a list or a map holds; anything else itself."""
        schema = self.whole(schema)
        for part in ("items", "additionalProperties"):
            if isinstance(schema.get(part), Mapping):
                return self.inner(schema[part])
        return schema

    def type(self, schema: Schema) -> str:
        """`string`, `[]Container`, `map[string]string`, as kubectl writes types."""
        schema = self.whole(schema)
        if isinstance(items := schema.get("items"), Mapping):
            return f"[]{self.type(items)}"
        if isinstance(more := schema.get("additionalProperties"), Mapping):
            return f"map[string]{self.type(more)}"
        if reference := str(schema.get("$ref", "")):
            return reference.rpartition("/")[2].rpartition(".")[2]
        return "Object" if "properties" in schema else str(schema.get("type") or "Object")


def explain(asking: Asking) -> Told:
    """A field, its type, its description and the fields below."""
    words = str(asking.read.options.get("topic") or "").split(".")
    resource = _resource(asking, words[0])
    schemas = _schemas(asking, resource)
    schema = schemas.of(resource)
    head = [f"{'GROUP:':12}{resource.group}"] if resource.group else []
    head += [f"{'KIND:':12}{resource.kind}", f"{'VERSION:':12}{resource.version}", ""]
    if schema is None:
        return Told(text="\n".join((*head, "The server gives no description of it.")), missed=True)
    field = _walk(schemas, schema, words)
    if len(words) > 1:
        head += [f"FIELD: {words[-1]} <{schemas.type(field)}>", ""]
    return Told(text="\n".join((*head, *_described(schemas, field, asking.option("recursive")))))


def _resource(asking: Asking, word: str) -> Resource:
    catalogue, version = asking.catalogue, str(asking.read.options.get("api_version") or "")
    resource = catalogue.resolve(word)
    if not version:
        return resource
    group, _, number = version.rpartition("/")
    for one in catalogue.resources:
        if (one.group, one.version) == (group, number) and resource.kind == one.kind:
            return one
    msg = f"{resource.kind} is not served in {version}; it is in {resource.api_version}"
    raise TryAgain(msg)


def _schemas(asking: Asking, resource: Resource) -> Schemas:
    place = f"apis/{resource.api_version}" if resource.group else f"api/{resource.version}"
    try:
        answer = asking.api.fetch(f"/openapi/v3/{place}", {})
    except Unreachable:
        # Before Kubernetes 1.24 there is one document for everything.
        return Schemas(asking.api.fetch("/openapi/v2", {}).get("definitions") or {})
    return Schemas((answer.get("components") or {}).get("schemas") or {})


def _walk(schemas: Schemas, schema: Schema, words: list[str]) -> Schema:
    for depth, word in enumerate(words[1:], start=1):
        fields = schemas.inner(schema).get("properties") or {}
        known = {name.lower(): name for name in fields}
        if word.lower() not in known:
            there = ", ".join(sorted(fields)) or "none"
            msg = f"{'.'.join(words[:depth])} has no field {word!r}: its fields are {there}"
            raise TryAgain(msg)
        schema = fields[known[word.lower()]]
    return schema


def _described(schemas: Schemas, field: Schema, recursive: bool) -> Iterator[str]:
    inner = schemas.inner(field)
    texts = dict.fromkeys((field.get("description"), inner.get("description")))
    yield "DESCRIPTION:"
    for text in filter(None, texts):
        yield from (*_folded(str(text), "    "), "")
    if allowed := inner.get("enum"):
        yield from ("ENUM:", *(f"    {value}" for value in allowed), "")
    if inner.get("properties"):
        yield "FIELDS:"
        yield from _names(schemas, inner, 1) if recursive else _fields(schemas, inner)


def _fields(schemas: Schemas, schema: Schema) -> Iterator[str]:
    needed = schema.get("required") or ()
    for name, field in sorted(schema["properties"].items()):
        mark = " -required-" if name in needed else ""
        yield f"  {name}\t<{schemas.type(field)}>{mark}"
        whole = schemas.whole(field)
        yield from (*_folded(str(whole.get("description") or "<no description>"), "    "), "")


def _names(schemas: Schemas, schema: Schema, depth: int) -> Iterator[str]:
    for name, field in sorted((schema.get("properties") or {}).items()):
        yield f"{'  ' * depth}{name}\t<{schemas.type(field)}>"
        if depth < DEEPEST:
            yield from _names(schemas, schemas.inner(field), depth + 1)


def _folded(text: str, indent: str) -> list[str]:
    lines = (
        textwrap.wrap(line, 78, initial_indent=indent, subsequent_indent=indent)
        for line in text.split("\n")
    )
    return [part for line in lines for part in line]
