"""All types that can be read natively: every module of the folder `aws` registers its own."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from sreagent.drift.reality import aws
from sreagent.drift.reality.kinds import READERS, Kind, Reader

for _module in iter_modules(aws.__path__):
    import_module(f"{aws.__name__}.{_module.name}")


def readers() -> tuple[Reader, ...]:
    """Every reader there is."""
    return tuple(READERS)


@cache
def kinds() -> MappingProxyType[str, Kind]:
    """Every type that can be read natively, by its name and by its other names."""
    known = [kind for each in READERS for kind in each.kinds]
    named = {name: kind for kind in known for name in (kind.type, *kind.aliases)}
    return MappingProxyType(named)
