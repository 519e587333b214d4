"""What hangs on a resource: the dependencies of the states, the other way round."""

from collections import defaultdict
from collections.abc import Iterable

from sreagent.drift.state.managed import Managed

Block = tuple[str, str]
"""The state and the address without keys."""


class Blast:
    """All resources of some states by what they depend on."""

    def __init__(self, resources: Iterable[Managed]) -> None:
        self._users: dict[Block, set[str]] = defaultdict(set)
        self._known: dict[Block, tuple[str, ...]] = {}
        for managed in resources:
            for address in managed.dependencies:
                self._users[managed.source, address].add(managed.block)

    def dependents(self, managed: Managed) -> tuple[str, ...]:
        """Addresses, without keys, of all that depends on it, also through others; sorted.

        Of the same state: states do not say what other states use of them.
        """
        start = managed.source, managed.block
        if start not in self._known:
            self._known[start] = self._reached(start)
        return self._known[start]

    def _reached(self, start: Block) -> tuple[str, ...]:
        source, origin = start
        found: set[str] = set()
        waiting = [origin]
        while waiting:
            new = self._users.get((source, waiting.pop()), set()) - found
            found |= new
            waiting += new
        return tuple(sorted(found - {origin}))
