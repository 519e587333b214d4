"""Events: what the cluster says happened, counted when it happens again."""

from sreagent.simulator.clock import moment_of, stamp
from sreagent.simulator.kinds import EVENT
from sreagent.simulator.objects import Json, name_of, namespace_of, uid_of
from sreagent.simulator.store import Store

KEPT_SECONDS = 3600


class Recorder:
    """Writes events about objects on behalf of one component."""

    def __init__(self, store: Store, component: str) -> None:
        self.store = store
        self.component = component

    def normal(self, about: Json, reason: str, message: str, **where: str) -> None:
        """Record that something went as it should."""
        self._record(about, "Normal", reason, message, where)

    def warning(self, about: Json, reason: str, message: str, **where: str) -> None:
        """Record that something went wrong."""
        self._record(about, "Warning", reason, message, where)

    def _record(
        self, about: Json, type_: str, reason: str, message: str, where: dict[str, str]
    ) -> None:
        now = self.store.clock.now()
        namespace = namespace_of(about) or "default"
        known = self._same(namespace, about, reason, message)
        if known is not None:
            again = {**known, "metadata": dict(known["metadata"])}
            again.update(count=known["count"] + 1, lastTimestamp=stamp(now))
            self.store.put(EVENT, again)
            return
        self.store.put(EVENT, self._new(about, type_, reason, message, where))

    def _same(self, namespace: str, about: Json, reason: str, message: str) -> Json | None:
        for event in self.store.all(EVENT, namespace):
            if (
                event["reason"] == reason
                and event["involvedObject"].get("uid") == uid_of(about)
                and event["message"] == message
            ):
                return event
        return None

    def _new(
        self, about: Json, type_: str, reason: str, message: str, where: dict[str, str]
    ) -> Json:
        now = self.store.clock.now()
        involved = {
            "kind": about["kind"],
            "apiVersion": about["apiVersion"],
            "name": name_of(about),
            "uid": uid_of(about),
            "resourceVersion": about["metadata"].get("resourceVersion", ""),
        }
        if namespace_of(about):
            involved["namespace"] = namespace_of(about)
        if "field" in where:
            involved["fieldPath"] = where["field"]
        source = {"component": self.component}
        if "host" in where:
            source["host"] = where["host"]
        number = int(now * 1e9) + self.store.version
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {
                "name": f"{name_of(about)}.{number:x}",
                "namespace": namespace_of(about) or "default",
            },
            "involvedObject": involved,
            "type": type_,
            "reason": reason,
            "message": message,
            "source": source,
            "reportingComponent": self.component,
            "reportingInstance": where.get("host", ""),
            "firstTimestamp": stamp(now),
            "lastTimestamp": stamp(now),
            "eventTime": None,
            "count": 1,
        }


def forget_old_events(store: Store) -> None:
    """Drop events that a real cluster would no longer keep."""
    oldest = store.clock.now() - KEPT_SECONDS
    for event in store.all(EVENT):
        if moment_of(event["lastTimestamp"]) < oldest:
            store.remove(EVENT, event)


def as_new_event(event: Json) -> Json:
    """A core event in the shape of `events.k8s.io/v1`."""
    first = event["firstTimestamp"].replace("Z", ".000000Z")
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": event["metadata"],
        "regarding": event["involvedObject"],
        "type": event["type"],
        "reason": event["reason"],
        "note": event["message"],
        "action": event["reason"],
        "reportingController": event["reportingComponent"],
        "reportingInstance": event["reportingInstance"] or event["reportingComponent"],
        "eventTime": first,
        "deprecatedSource": event["source"],
        "deprecatedFirstTimestamp": event["firstTimestamp"],
        "deprecatedLastTimestamp": event["lastTimestamp"],
        "deprecatedCount": event["count"],
    }
