"""Which programs read a queue or a topic, or as which group: as they are configured.

A broker counts what waits; who should fetch it is told only where the readers are configured.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sreagent.diagnose.objects.podspec import EMPTY, container_specs, env_values, spec_of
from sreagent.diagnose.view.calling import configured_calls
from sreagent.diagnose.view.scene import WORKLOADS, Scene, labels_of, once_per_scene
from sreagent.diagnose.view.targets import config_maps
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Obj, entity_of
from sreagent.domain.signal import Signal

GROUPS = ("consumergroup", "group", "consumer_group", "group_id", "consumer_name", "subscription")
QUEUES = ("queue", "queue_name")
TOPICS = ("topic", "stream_name")
"""Labels that name what waits, or who fetches it, most telling first."""
NOBODY_READS = "nobody_reads"
"""The fact of a finding that names a queue whose readers are not in view."""
_LARGEST = 65_536
"""Characters of one configuration that are read."""
_SETTING = re.compile(
    r"([A-Za-z_][\w.-]{0,80})[\"']?\s{0,3}[:=]\s{0,3}"
    r"(\[[^\]\n]{0,300}\]|\"[^\"\n]{0,200}\"|'[^'\n]{0,200}'|[^\s\"'{}\[\]#;]{1,200})"
)
_PARTS = re.compile(r"[\s,\[\]\"']+")
_READS = re.compile(r"queue|group|topic|stream|subscri|consum|listen|channel|subject|inbox", re.I)
_WRITES = re.compile(
    r"rout|exchange|publi|produc|output|outbox|dead|dl[qx]|reply|retry|park|error|fail|target|sink"
    r"|(?:^|[._-])(?:out|to)(?:[._-]|$)",
    re.I,
)
_FETCHES = re.compile(r"consum|subscri|listen|input|source|inbox|(?:^|[._-])in(?:[._-]|$)", re.I)
_TOLD = re.compile(r"[a-z0-9][._:/-][a-z0-9]", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A program that is configured to read something."""

    workload: Entity
    name: str
    """Of the queue, the topic or the group."""
    key: str
    where: str
    """`env QUEUE`, `args queue`, `ConfigMap settings key queue`."""


def label_of(signal: Signal) -> tuple[str, str]:
    """The label that tells whose backlog a series counts, and its value; empty without one."""
    for label in (*GROUPS, *QUEUES, *TOPICS):
        if value := signal.labels.get(label):
            return label, value
    return "", ""


def readers_of(scene: Scene, signal: Signal) -> tuple[Reader, ...]:
    """Programs that are configured to fetch what a series counts, or as the group it is about."""
    label, name = label_of(signal)
    if not name:
        return ()
    found = [one for one in readers(scene).get(name, ()) if _fits(label, one.key)]
    if label in GROUPS:
        found += _namesakes(scene, name)
    return tuple(at_broker(scene, signal.entity, found))


def at_broker(scene: Scene, broker: Entity, found: Iterable[Reader]) -> Iterator[Reader]:
    """Those that use this broker; where that is not known, those of a name that is no mere word."""
    ends = scene.keep(("ends", broker), _ends, scene, broker)
    for one in found:
        if one.workload == broker:
            continue
        called = {call.target.entity for call in configured_calls(scene).get(one.workload, ())}
        if called & ends or (_TOLD.search(one.name) and not _calls_another(called, broker)):
            yield one


@once_per_scene
def readers(scene: Scene) -> Mapping[str, tuple[Reader, ...]]:
    """Everything that workloads are configured to read, by its name."""
    found: dict[str, dict[Reader, None]] = defaultdict(dict)
    for kind in WORKLOADS:
        for item in scene.all(kind):
            for one in _configured(scene, entity_of(kind, item), spec_of(kind, item)):
                found[one.name][one] = None
    return {name: tuple(each) for name, each in found.items()}


def _configured(scene: Scene, workload: Entity, spec: Obj) -> Iterator[Reader]:
    for where, key, value in _settings(scene, workload.namespace, spec):
        if _READS.search(key) and not _WRITES.search(key):
            for name in filter(None, _PARTS.split(value)):
                yield Reader(workload=workload, name=name, key=key, where=where)


def _settings(scene: Scene, namespace: str, spec: Obj) -> Iterator[tuple[str, str, str]]:
    """Where a setting stands, its key, and its value."""
    for container in container_specs(spec):
        for key, value in env_values(container).items():
            yield f"env {key}", key, value
        words = [*(container.get("command") or ()), *(container.get("args") or ())]
        text = " ".join(map(str, words))[:_LARGEST]
        for key, value in _SETTING.findall(text):
            yield f"args {key}", key, value
    for name in sorted(config_maps(spec)):
        data = (scene.get("ConfigMap", namespace, name) or EMPTY).get("data") or {}
        for key, text in data.items():
            for inner, value in _of_text(key, str(text)[:_LARGEST]):
                yield f"ConfigMap {name} key {inner}", inner, value


def _of_text(key: str, text: str) -> Iterator[tuple[str, str]]:
    """Settings of a file; a value that is no file is a setting itself."""
    found = _SETTING.findall(text)
    yield from found if found else [(key, text.strip()[:200])]


def _fits(label: str, key: str) -> bool:
    """Whether a setting of this name tells of reading: who writes names the topic, too."""
    return label not in TOPICS or bool(_FETCHES.search(key))


def _namesakes(scene: Scene, group: str) -> Iterator[Reader]:
    for kind in WORKLOADS:
        for item in scene.all(kind):
            if item["metadata"]["name"] == group:
                entity = entity_of(kind, item)
                yield Reader(workload=entity, name=group, key="name", where="its name")


def _ends(scene: Scene, broker: Entity) -> set[Entity]:
    """The broker and its Services; of one that measures a broker, what it asks."""
    item = scene.inventory.find(broker) or {"metadata": {}}
    found = {broker}
    if broker.kind in WORKLOADS:
        template = (item.get("spec") or EMPTY).get("template") or {"metadata": {}}
        services = scene.services_of(labels_of(template), broker.namespace)
        found |= {entity_of("Service", one) for one in services}
    calls = configured_calls(scene).get(broker, ())
    return found | {call.target.entity for call in calls if call.target.entity}


def _calls_another(called: set[Entity | None], broker: Entity) -> bool:
    """Whether it uses a namesake of the broker elsewhere: another environment's."""
    return any(
        one is not None and one.name == broker.name and one.namespace != broker.namespace
        for one in called
    )
