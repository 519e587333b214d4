"""Remarks on how workloads and their configuration are written; none of them is a cause."""

from collections.abc import Iterator, Mapping
from typing import Any

from sreagent.diagnose.conditions.registry import Role, condition
from sreagent.diagnose.objects.pod_security import violations
from sreagent.diagnose.objects.podspec import EMPTY, container_specs, spec_of
from sreagent.diagnose.objects.quantities import amount
from sreagent.diagnose.view.scene import WORKLOADS, Scene, labels_of, once_per_scene
from sreagent.domain.entity import Entity
from sreagent.domain.evidence import Health
from sreagent.domain.finding import Category, Finding, Severity
from sreagent.domain.inventory import Obj, controller_ref, entity_of

LARGE = 900_000
"""Bytes of a ConfigMap; the API server takes at most 1 MiB."""
SMALL = 2.0**30
"""Bytes of storage that are little for a volume."""
_TEMPLATES = (*WORKLOADS, "CronJob", "Job")
_READ_BY_OTHERS = frozenset(
    {
        *("grafana_dashboard", "grafana_datasource", "prometheus_rule", "fluentd_config"),
        *("helm.toolkit.fluxcd.io/name", "owner", "k8s-app", "olm.managed"),
    }
)
"""Labels of ConfigMaps that programs find by label."""
_LOCK = "control-plane.alpha.kubernetes.io/leader"
_ROOT_CA = ("kube-root-ca.crt", "openshift-service-ca.crt")
_RISKY = frozenset({"ALL", "SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE", "SYS_MODULE", "DAC_OVERRIDE"})
_HOST = ("hostPID", "hostIPC", "hostNetwork")
_ENFORCED = "pod-security.kubernetes.io/enforce"


@condition("config_map.unused", "ConfigMap", role=Role.REMARK, if_named=True)
def unused(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """No pod and no template refers to a ConfigMap, as far as was looked."""
    labels = labels_of(item)
    known = _READ_BY_OTHERS & labels.keys() or entity.name in _ROOT_CA or controller_ref(item)
    if known or _LOCK in (item["metadata"].get("annotations") or {}):
        return
    if not all(scene.inventory.looked(kind, entity.namespace) for kind in ("Pod", *_TEMPLATES)):
        return
    if (entity.namespace, entity.name) not in _used_maps(scene):
        yield _remark("config_map.unused", entity, item, f"{entity} is referred to by no pod and "
                      "no template", path="metadata.name")  # fmt: skip


@condition("config_map.empty", "ConfigMap", role=Role.REMARK, if_named=True)
def empty(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A ConfigMap that somebody refers to holds nothing."""
    used = (entity.namespace, entity.name) in _used_maps(scene)
    if used and not item.get("data") and not item.get("binaryData"):
        yield _remark("config_map.empty", entity, item, f"{entity} is empty", path="data")


@condition("config_map.large", "ConfigMap", role=Role.REMARK, if_named=True)
def large(_scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A ConfigMap is near the size that the API server refuses."""
    size = sum(
        len(str(value))
        for part in ("data", "binaryData")
        for value in (item.get(part) or {}).values()
    )
    if size > LARGE:
        yield _remark("config_map.large", entity, item, f"{entity} holds {size} bytes; at most "
                      "1048576 are taken", path="data")  # fmt: skip


@once_per_scene
def _used_maps(scene: Scene) -> frozenset[tuple[str, str]]:
    """Namespace and name of every ConfigMap that a pod or a template mentions."""
    found: set[tuple[str, str]] = set()
    for kind in ("Pod", *_TEMPLATES):
        for item in scene.all(kind):
            space = item["metadata"].get("namespace", "")
            found |= {(space, name) for name in _maps(spec_of(kind, item))}
    return frozenset(found)


def _maps(spec: Obj) -> Iterator[str]:
    """Names of ConfigMaps in a pod spec, optional ones and those of ephemeral containers too."""
    for one in (*container_specs(spec), *(spec.get("ephemeralContainers") or ())):
        for source in one.get("envFrom") or ():
            yield (source.get("configMapRef") or EMPTY).get("name") or ""
        for env in one.get("env") or ():
            yield ((env.get("valueFrom") or EMPTY).get("configMapKeyRef") or EMPTY).get(
                "name"
            ) or ""
    for volume in spec.get("volumes") or ():
        for source in (volume, *((volume.get("projected") or EMPTY).get("sources") or ())):
            yield (source.get("configMap") or EMPTY).get("name") or ""


@condition("workload.privileged", *_TEMPLATES, role=Role.REMARK, if_named=True)
def privileged(_scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A template asks for rights on its node: privileged, host namespaces, paths, capabilities."""
    spec = spec_of(entity.kind, item)
    said = [word for word in _HOST if spec.get(word)]
    said += [f"hostPath {one['hostPath'].get('path')}" for one in spec.get("volumes") or ()
             if one.get("hostPath")]  # fmt: skip
    for one in container_specs(spec):
        rights = one.get("securityContext") or EMPTY
        added = _RISKY & set((rights.get("capabilities") or EMPTY).get("add") or ())
        said += [f"{one['name']} is privileged"] if rights.get("privileged") else []
        said += [f"{one['name']} adds {', '.join(sorted(added))}"] if added else []
    if said:
        yield _remark("workload.privileged", entity, item, f"{entity} has rights on its node: "
                      f"{', '.join(said[:4])}", category=Category.SECURITY)  # fmt: skip


@condition("workload.no_security_context", *_TEMPLATES, role=Role.REMARK, if_named=True)
def no_security_context(_scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A template says nothing of the rights that its containers run with."""
    spec = spec_of(entity.kind, item)
    own = [one for one in container_specs(spec) if one.get("securityContext")]
    if container_specs(spec) and not own and not spec.get("securityContext"):
        yield _remark("workload.no_security_context", entity, item, f"{entity} says nothing of "
                      "rights (no securityContext)", category=Category.SECURITY)  # fmt: skip


@condition("workload.pod_security", *_TEMPLATES, role=Role.REMARK, if_named=True)
def pod_security(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """The next pod of a template will be refused by the pod security of its namespace."""
    space = scene.get("Namespace", "", entity.namespace)
    level = labels_of(space).get(_ENFORCED, "") if space else ""
    broken = violations(spec_of(entity.kind, item), level)
    if broken:
        yield _remark("workload.pod_security", entity, item, f"{entity} breaks pod security "
                      f"{level!r} of its namespace, so its next pod is refused: "
                      f"{', '.join(broken[:4])}", category=Category.SECURITY)  # fmt: skip


@condition("workload.single_replica", "Deployment", "StatefulSet", role=Role.REMARK, if_named=True)
def single_replica(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A workload behind a Service has one pod only: each restart is an outage."""
    template = (item.get("spec") or EMPTY).get("template") or {"metadata": {}}
    alone = (item.get("spec") or EMPTY).get("replicas", 1) == 1
    if alone and scene.services_of(labels_of(template), entity.namespace):
        yield _remark("workload.single_replica", entity, item, f"{entity} serves with a single "
                      "pod", path="spec.replicas")  # fmt: skip


@condition("workload.no_limits", *WORKLOADS, role=Role.REMARK, if_named=True)
def no_limits(_scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A container may use all the memory of its node."""
    free = [
        one["name"]
        for one in spec_of(entity.kind, item).get("containers") or ()
        if "memory" not in ((one.get("resources") or EMPTY).get("limits") or {})
    ]
    if free:
        yield _remark("workload.no_limits", entity, item, f"{entity} sets no memory limit for "
                      f"container {', '.join(free)}", category=Category.RESOURCE)  # fmt: skip


@condition("workload.probe_port", *WORKLOADS, role=Role.REMARK, if_named=True)
def probe_port(_scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A probe asks a port that its container does not declare."""
    for one in spec_of(entity.kind, item).get("containers") or ():
        ports = {str(port.get(key)) for port in one.get("ports") or ()
                 for key in ("name", "containerPort")}  # fmt: skip
        for name in ("livenessProbe", "readinessProbe", "startupProbe"):
            asked = _asked(one.get(name) or EMPTY)
            if ports and asked and asked not in ports:
                yield _remark("workload.probe_port", entity, item, f"{entity} probes port {asked} "
                              f"of container {one['name']}, which declares "
                              f"{', '.join(sorted(ports - {'None'}))} ({name})")  # fmt: skip


def _asked(probe: Mapping[str, Any]) -> str:
    ways = (probe.get(way) or EMPTY for way in ("httpGet", "tcpSocket", "grpc"))
    return next((str(way["port"]) for way in ways if way.get("port")), "")


@condition("workload.pull_secret_missing", *_TEMPLATES, role=Role.REMARK, if_named=True)
def pull_secret_missing(scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A template names a Secret for pulling images that does not exist."""
    account = spec_of(entity.kind, item).get("serviceAccountName") or "default"
    known = scene.get("ServiceAccount", entity.namespace, account) or EMPTY
    named = (*(spec_of(entity.kind, item).get("imagePullSecrets") or ()),
             *(known.get("imagePullSecrets") or ()))  # fmt: skip
    for name in sorted({one["name"] for one in named}):
        secret = Entity(kind="Secret", namespace=entity.namespace, name=name)
        if scene.is_missing(secret):
            yield _remark("workload.pull_secret_missing", entity, item, f"{entity} pulls images "
                          f"with {secret}, which does not exist")  # fmt: skip


@condition("volume.small", "PersistentVolume", "PersistentVolumeClaim", role=Role.REMARK)
def small(_scene: Scene, entity: Entity, item: Obj) -> Iterator[Finding]:
    """A volume holds less than a gibibyte."""
    spec = item.get("spec") or EMPTY
    asked = ((spec.get("resources") or EMPTY).get("requests") or EMPTY).get("storage")
    size = (spec.get("capacity") or EMPTY).get("storage") or asked
    if size and amount(size) < SMALL:
        yield _remark("volume.small", entity, item, f"{entity} holds {size}",
                      category=Category.STORAGE)  # fmt: skip


def _remark(
    name: str,
    entity: Entity,
    item: Obj,
    claim: str,
    *,
    path: str = "spec",
    category: Category = Category.CONFIGURATION,
) -> Finding:
    return Finding(
        condition=name,
        entity=entity,
        claim=claim,
        category=category,
        severity=Severity.INFO,
        verdict=Health.HEALTHY,
        uid=item["metadata"].get("uid", ""),
        path=path,
        command=entity_of(entity.kind, item).get,
    )
