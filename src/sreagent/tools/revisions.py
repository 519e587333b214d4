"""Earlier revisions of a workload: ReplicaSets of a Deployment, ControllerRevisions of the rest."""

from collections.abc import Iterator, Mapping
from typing import Any

from sreagent.domain.errors import TryAgain
from sreagent.domain.inventory import Listing, Obj, controller_ref
from sreagent.domain.ports import Cluster

REVISION = "deployment.kubernetes.io/revision"
HASH_LABEL = "pod-template-hash"


class ClusterRevisions:
    """Reads revisions from the cluster when they are asked for."""

    def __init__(self, cluster: Cluster) -> None:
        self.listed: list[Listing] = []
        """What was read for it."""
        self._cluster = cluster
        self._seen: dict[str, dict[int, Mapping[str, Any]]] = {}

    def template(self, workload: Obj, revision: int) -> Mapping[str, Any]:
        """The pod template as it was at a revision.

        Raises:
            TryAgain: There is no such revision; the message names those there are.
        """
        known = self.templates(workload)
        if revision not in known:
            there = ", ".join(str(number) for number in sorted(known)) or "none"
            name = workload["metadata"]["name"]
            msg = f"{name} has no revision {revision} any more; kept revisions: {there}"
            raise TryAgain(msg)
        return known[revision]

    def current(self, workload: Obj) -> int | None:
        """The revision whose template the workload has now."""
        if revision := (workload["metadata"].get("annotations") or {}).get(REVISION):
            return int(revision)
        known = self.templates(workload)
        return max(known, default=None)

    def templates(self, workload: Obj) -> Mapping[int, Mapping[str, Any]]:
        """All that are kept, by revision."""
        uid = workload["metadata"]["uid"]
        if uid not in self._seen:
            deployment = workload["kind"] == "Deployment"
            read = self._replica_sets if deployment else self._controller_revisions
            self._seen[uid] = dict(read(workload))
        return self._seen[uid]

    def _owned(self, kind: str, workload: Obj) -> Iterator[Obj]:
        meta = workload["metadata"]
        listing = self._cluster.list(kind, meta["namespace"])
        self.listed.append(listing)
        for item in listing.items:
            owner = controller_ref(item)
            if owner and owner["uid"] == meta["uid"]:
                yield item

    def _replica_sets(self, workload: Obj) -> Iterator[tuple[int, Mapping[str, Any]]]:
        for item in self._owned("ReplicaSet", workload):
            if revision := (item["metadata"].get("annotations") or {}).get(REVISION):
                yield int(revision), _without_hash(item["spec"]["template"])

    def _controller_revisions(self, workload: Obj) -> Iterator[tuple[int, Mapping[str, Any]]]:
        for item in self._owned("ControllerRevision", workload):
            template = dict(item["data"]["spec"]["template"])
            template.pop("$patch", None)
            yield int(item["revision"]), template


def _without_hash(template: Mapping[str, Any]) -> Mapping[str, Any]:
    meta = template.get("metadata") or {}
    labels = {key: value for key, value in (meta.get("labels") or {}).items() if key != HASH_LABEL}
    return {**template, "metadata": {**meta, "labels": labels}}
