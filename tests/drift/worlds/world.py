"""Pieces of a pretend account, each with the state that Terraform would have written for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

ACCOUNT = "123456789012"
REGION = "eu-central-1"


class Aws:
    """Clients for the pretend account, which speak to it as any program would."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service: str, region: str = REGION) -> Any:
        key = service, region
        if key not in self._clients:
            self._clients[key] = boto3.client(
                service,
                region_name=region,
                endpoint_url=self.url,
                aws_access_key_id="pretend",
                aws_secret_access_key="pretend",  # noqa: S106 - of a pretend account
                config=Config(retries={"total_max_attempts": 2}),
            )
        return self._clients[key]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One resource of a state, whole: as the AWS provider writes it after an apply."""

    type: str
    name: str
    attributes: Mapping[str, Any]
    key: str | int | None = None
    dependencies: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        plain = f"{self.type}.{self.name}"
        if self.key is None:
            return plain
        return f"{plain}[{self.key}]" if isinstance(self.key, int) else f'{plain}["{self.key}"]'


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """Something that somebody does past Terraform, and exactly what has to be told of it."""

    title: str
    do: Callable[[], object]
    reports: frozenset[tuple[str, str]]
    """Address and path; an empty path: the resource is missing."""
    controlled: bool = False
    """It is told as owned by a controller, not as drift."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Things that belong together, and what can happen to them."""

    things: tuple[Thing, ...]
    mutations: tuple[Mutation, ...] = ()
    strangers: tuple[tuple[str, str], ...] = ()
    """Type and id of what is there besides, unmanaged and not folded."""


Build = Callable[[Aws, str], World]
BUILDERS: dict[str, Build] = {}


def world(name: str) -> Callable[[Build], Build]:
    """Register a builder. It is given the account and a word that makes its names unique."""

    def register(build: Build) -> Build:
        BUILDERS[name] = build
        return build

    return register


def builders() -> dict[str, Build]:
    """All of them: every module of this folder registers its own."""
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.stem not in ("world", "__init__"):
            import_module(f"tests.drift.worlds.{path.stem}")
    return BUILDERS


def arn(service: str, rest: str, region: str = REGION) -> str:
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{rest}"


def reports(*found: tuple[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset(found)
