"""ResourceQuotas: how much of each is taken."""

from sreagent.simulator.admission import quota_used
from sreagent.simulator.kinds import QUOTA, Kind
from sreagent.simulator.objects import Json, lookup, namespace_of
from sreagent.simulator.quantities import written
from sreagent.simulator.store import Store
from sreagent.simulator.writing import write_status


class Quotas:
    """Counts what stands against every quota."""

    def __init__(self, store: Store) -> None:
        self.store = store

    @property
    def watches(self) -> tuple[Kind, ...]:
        """Everything that can be counted."""
        return self.store.kinds.stored() if self.store.all(QUOTA) else (QUOTA,)

    def next_due(self) -> float | None:
        """Never: only changes give it work."""
        return None

    def sync(self) -> None:
        """Bring the status of every quota up to date."""
        for quota in self.store.all(QUOTA):
            hard: Json = {
                key: str(each) for key, each in (lookup(quota, "spec.hard") or {}).items()
            }
            used = {
                key: written(key, found)
                for key in hard
                if (found := quota_used(self.store, namespace_of(quota), key)) is not None
            }
            write_status(self.store, QUOTA, quota, {"hard": hard, "used": used})
