"""Asks AWS once how it says that a cluster of EKS is: the cluster, its node groups, its add-ons."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from sreagent.domain.errors import NotFound, SreError, Unreachable
from sreagent.domain.inventory import Listing, Obj
from sreagent.domain.ports import Clock
from sreagent.domain.text import one_line
from sreagent.tools.cloud_reads import CloudReader
from sreagent.tools.looks import Beside
from sreagent.tools.together import together

CLUSTER, GROUP, ADDON = "AWS::EKS::Cluster", "AWS::EKS::Nodegroup", "AWS::EKS::Addon"
MOST = 40
"""Node groups, add-ons or clusters that are asked about."""
LONGEST = 20.0
"""Seconds that all descriptions of a kind may take."""
_KEPT = ("status", "health", "version", "addonVersion", "scalingConfig", "updateConfig")
"""What is kept of a description; tags and settings may hold anything."""


@dataclass(slots=True, kw_only=True)
class EksHealth:
    """One cluster of EKS."""

    name: str
    """Empty where only its address is known."""
    region: str
    host: str
    """Of its API server, where that is one of EKS: no other cluster of this name may answer."""
    connect: Callable[[], CloudReader]
    """Loads what speaks to AWS, when it is needed."""
    clock: Clock
    _cloud: CloudReader | None = None
    _naming: Lock = field(default_factory=Lock)
    _connecting: Lock = field(default_factory=Lock)

    def sources(self) -> tuple[Beside, ...]:
        """What can be asked, each once."""
        name = self.name or "NAME"
        return (
            Beside(
                kind=CLUSTER,
                source="aws",
                command=self._line("describe-cluster", "--name", name),
                ask=self._cluster,
            ),
            Beside(
                kind=GROUP,
                source="aws",
                command=self._line("list-nodegroups", "--cluster-name", name),
                ask=partial(self._parts, GROUP, "Nodegroup", "nodegroups"),
            ),
            Beside(
                kind=ADDON,
                source="aws",
                command=self._line("list-addons", "--cluster-name", name),
                ask=partial(self._parts, ADDON, "Addon", "addons"),
            ),
        )

    def _line(self, *words: str) -> str:
        place = ("--region", self.region) if self.region else ()
        return " ".join(("aws", "eks", *words, *place))

    def _cluster(self) -> Listing:
        began = self.clock.monotonic()
        described = self._describe(self._known_name())
        host = _host(described)
        if self.host and host and host != self.host:
            msg = (
                f"AWS knows another cluster of the name {self._known_name()} (at {one_line(host)})"
            )
            raise SreError(msg, hint="set SRE_AWS_PROFILE to the account of the context's cluster")
        return self._listing(CLUSTER, [_item(CLUSTER, "", self.name, described)], began)

    def _parts(self, kind: str, noun: str, key: str) -> Listing:
        """Node groups or add-ons: their names, then each of them."""
        began, cluster = self.clock.monotonic(), self._known_name()
        answer = self._ask(f"List{noun}s", {"clusterName": cluster}, every=True)
        names = _texts(answer.get(key))
        if len(names) > MOST:
            msg = f"the cluster has {len(names)} {key}, more than are asked about"
            raise Unreachable(msg)
        own = noun[0].lower() + noun[1:]
        jobs = {
            name: partial(
                self._ask, f"Describe{noun}", {"clusterName": cluster, f"{own}Name": name}
            )
            for name in names
        }
        items = []
        for name, described in together(jobs, LONGEST):
            if isinstance(described, NotFound):
                continue
            if isinstance(described, Exception):
                raise described
            items.append(_item(kind, cluster, name, _map(described.get(own))))
        return self._listing(kind, sorted(items, key=lambda one: one["metadata"]["name"]), began)

    def _known_name(self) -> str:
        with self._naming:
            if not self.name:
                self.name = self._name_by_address()
            return self.name

    def _name_by_address(self) -> str:
        """The cluster of the region whose API server is at the address of the context."""
        if not self.host:
            msg = "the context does not tell what EKS calls its cluster"
            raise Unreachable(msg, hint="name it with: aws eks update-kubeconfig --name NAME")
        names = _texts(self._ask("ListClusters", {}, every=True).get("clusters"))
        for name in names[:MOST]:
            if _host(self._describe(name)) == self.host:
                return name
        msg = f"none of the {len(names)} clusters of the account in this region is at {self.host}"
        raise Unreachable(msg, hint="set SRE_AWS_PROFILE to the account of the context's cluster")

    def _describe(self, name: str) -> Mapping[str, Any]:
        return _map(self._ask("DescribeCluster", {"name": name}).get("cluster"))

    def _ask(
        self, operation: str, parameters: Mapping[str, Any], *, every: bool = False
    ) -> Mapping[str, Any]:
        cloud = self._connected()
        if every:
            return cloud.collect("eks", operation, parameters, region=self.region)
        return cloud.call("eks", operation, parameters, region=self.region)

    def _connected(self) -> CloudReader:
        with self._connecting:
            if self._cloud is None:
                self._cloud = self.connect()
            return self._cloud

    def _listing(self, kind: str, items: Sequence[Obj], began: float) -> Listing:
        return Listing(
            kind=kind,
            namespace="",
            items=tuple(items),
            seen_at=self.clock.now(),
            command=next(one.command for one in self.sources() if one.kind == kind),
            seconds=self.clock.monotonic() - began,
        )


def _item(kind: str, cluster: str, name: str, described: Mapping[str, Any]) -> Obj:
    place = {"namespace": cluster} if cluster else {}
    kept = {key: described[key] for key in _KEPT if key in described}
    return {"kind": kind, "metadata": {"name": one_line(name, 120), **place}, **kept}


def _host(described: Mapping[str, Any]) -> str:
    return urlsplit(str(described.get("endpoint") or "")).hostname or ""


def _map(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
