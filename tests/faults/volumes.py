"""Faults of storage."""

from typing import Any

from tests.diagnose.build import (
    DAY,
    SPACE,
    Json,
    alert,
    app,
    container,
    crashing,
    event,
    lines,
    log,
    make,
    named,
    node,
    pod,
    running,
    seen,
    service,
    unschedulable,
    waiting,
)
from tests.diagnose.signals import climb, level, signal
from tests.diagnose.signals import named as entity
from tests.faults.neighbours import caller, refused, serves, web_says
from tests.faults.scenes import fault

from sreagent.domain.inventory import Inventory
from sreagent.domain.signal import Measure, Unit

UNREADY: Json = {"name": "app", "ready": False, "restartCount": 0, "state": {}}
USES: Json = {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}
MOUNTS: Json = {"volumeMounts": [{"name": "data", "mountPath": "/var/lib/data"}]}


def claim(name: str = "data", phase: str = "Bound", **fields: Any) -> Json:
    """A claim, with the volume of its own name when bound."""
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": "standard", **fields}
    if phase == "Bound":
        spec.setdefault("volumeName", f"pv-{name}")
    size = {"storage": "100Mi"}
    spec["resources"] = {"requests": size}
    status = {"phase": phase, "capacity": size if phase == "Bound" else {}}
    age = 30 * DAY if phase == "Bound" else 900
    return make("PersistentVolumeClaim", name, age=age, spec=spec, status=status)


def volume(name: str = "data", phase: str = "Bound", **fields: Any) -> Json:
    """A volume that was bound to a claim."""
    ref = {"namespace": SPACE, "name": name, "uid": f"PersistentVolumeClaim-{SPACE}-{name}"}
    spec = {"claimRef": ref, "storageClassName": "standard", **fields}
    spec["capacity"] = {"storage": "100Mi"}
    return make("PersistentVolume", f"pv-{name}", age=30 * DAY, spec=spec, status={"phase": phase})


def storage_class(mode: str = "Immediate") -> Json:
    """The class that there is."""
    return make(
        "StorageClass",
        "standard",
        age=90 * DAY,
        provisioner="disk.csi.example.com",
        volumeBindingMode=mode,
    )


def stuck(words: str, **spec: Any) -> list[Json]:
    """`app`, whose only pod no node takes."""
    objects = app(
        revisions=[(900, container(**MOUNTS))], pods=[], replicas=1, spec={**USES, **spec}
    )
    late = pod(
        "app-1-0",
        labels={"app": "app"},
        owner=named(objects, "ReplicaSet"),
        spec={"containers": [container(**MOUNTS)], **USES, **spec},
        status=UNREADY,
        phase="Pending",
        node="",
        age=880,
        conditions=[unschedulable(words)],
    )
    return [*objects, late, event(late, "FailedScheduling", words), service(), *caller()]


@fault(
    "pvc-disk-full",
    "PersistentVolumeClaim/shop/data",
    says="space used",
    alert=alert("KubePersistentVolumeFillingUp", namespace="shop", persistentvolumeclaim="data"),
)
def disk_full() -> Inventory:
    objects = [
        *app(
            "db",
            revisions=[(20 * DAY, container("postgres", **MOUNTS))],
            pods=[crashing("postgres", 1)],
            spec=USES,
        ),
        claim(),
        volume(),
        storage_class(),
        serves("db", 5432),
        *caller("db", 5432),
        node(),
    ]
    objects[0]["spec"]["template"]["spec"]["containers"][0]["ports"] = [{"containerPort": 5432}]
    named(objects, "Pod")["spec"]["containers"][0]["ports"] = [{"containerPort": 5432}]
    words = (
        'PANIC:  could not write to file "pg_wal/xlogtemp.29": No space left on device\n'
        "LOG:  startup process (PID 29) was terminated by signal 6: Aborted\n"
    )
    found = seen(
        *objects,
        logs=[
            log(named(objects, "Pod"), words, container="postgres", previous=True),
            web_says(objects, refused("db", 5432)),
        ],
    )
    full = level((10_800, 0.999), stray=0.0005)
    found.signals.append(
        signal(Measure.VOLUME, full, Unit.SHARE, entity("data", "PersistentVolumeClaim"))
    )
    return found


@fault(
    "storage-filled-by-sidecar",
    "PersistentVolumeClaim/shop/data",
    says="space used",
    alert=alert("KubePersistentVolumeFillingUp", namespace="shop", persistentvolumeclaim="data"),
)
def filled_by_sidecar() -> Inventory:
    writer = container("writer", command=["sh", "-c", "dd if=/dev/zero of=/data/f bs=1M count=90"])
    objects = [
        *app(
            "db",
            revisions=[(20 * DAY, container(**MOUNTS))],
            pods=[running(since=3000)],
            spec=USES,
        ),
        claim(),
        volume(),
        storage_class(),
        node(),
    ]
    for one in objects:
        if one["kind"] == "Pod":
            one["spec"]["containers"] = [container(**MOUNTS), {**writer, **MOUNTS}]
    found = seen(*objects)
    full = climb(0.3, 0.97)
    found.signals.append(
        signal(Measure.VOLUME, full, Unit.SHARE, entity("data", "PersistentVolumeClaim"))
    )
    return found


@fault("pvc-storageclass-missing", "PersistentVolumeClaim/shop/data", says="fast-ssd")
def class_missing() -> Inventory:
    words = "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."
    waits = claim(phase="Pending", storageClassName="fast-ssd")
    objects = [
        *stuck(words),
        waits,
        event(waits, "ProvisioningFailed", 'storageclass.storage.k8s.io "fast-ssd" not found'),
        storage_class(),
        node(),
    ]
    return seen(*objects, logs=[web_says(objects, refused())])


@fault("pvc-claim-mismatch", "Deployment/shop/app", says="data-broken")
def claim_mismatch() -> Inventory:
    words = '0/1 nodes are available: persistentvolumeclaim "data-broken" not found.'
    wrong = {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data-broken"}}]}
    objects = [
        *app(revisions=[(9 * DAY, container(**MOUNTS)), (900, container(**MOUNTS))], pods=[]),
        claim(),
        volume(),
        storage_class(),
        node(),
        service(),
        *caller(),
    ]
    above, new = objects[0], named(objects, "ReplicaSet", 1)
    named(objects, "ReplicaSet")["spec"]["template"]["spec"] |= USES
    new["spec"]["template"]["spec"] |= wrong
    above["spec"] |= {"replicas": 1, "template": new["spec"]["template"]}
    late = pod(
        "app-2-0",
        labels={"app": "app"},
        owner=new,
        spec={"containers": [container(**MOUNTS)], **wrong},
        status=UNREADY,
        phase="Pending",
        node="",
        age=880,
        conditions=[unschedulable(words)],
    )
    objects += [late, event(late, "FailedScheduling", words)]
    return seen(*objects, logs=[web_says(objects, refused())])


@fault("pv-node-affinity", "Deployment/shop/app", says="volume")
def volume_elsewhere() -> Inventory:
    words = (
        "0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) "
        "had volume node affinity conflict."
    )
    term = {
        "matchExpressions": [
            {"key": "kubernetes.io/hostname", "operator": "In", "values": ["node-1"]}
        ]
    }
    kept = volume(nodeAffinity={"required": {"nodeSelectorTerms": [term]}})
    nodes = [node(name, labels={"kubernetes.io/hostname": name}) for name in ("node-1", "node-2")]
    pin = {"nodeSelector": {"kubernetes.io/hostname": "node-2"}}
    objects = [*stuck(words, **pin), claim(), kept, storage_class(), *nodes]
    return seen(*objects, logs=[web_says(objects, refused())])


@fault("rwo-multi-attach", "Deployment/shop/app", says="data")
def multi_attach() -> Inventory:
    objects = [
        *app(
            revisions=[(900, container(**MOUNTS))],
            pods=[running(since=880), waiting("ContainerCreating")],
            spec=USES,
        ),
        claim(),
        volume(),
        storage_class(),
        node(),
        node("node-2"),
        service(),
    ]
    second = named(objects, "Pod", 1)
    second["spec"]["nodeName"] = "node-2"
    second["status"]["phase"] = "Pending"
    words = 'Multi-Attach error for volume "pv-data" Volume is already used by pod(s) app-1-0'
    attached = make(
        "VolumeAttachment",
        "csi-1",
        age=880,
        spec={"nodeName": "node-1", "source": {"persistentVolumeName": "pv-data"}},
        status={"attached": True},
    )
    return seen(*objects, attached, event(second, "FailedAttachVolume", words))


@fault("redeploy-stale-pv", "PersistentVolume/pv-data", says="Released")
def stale_volume() -> Inventory:
    words = "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."
    waits = claim(phase="Pending", storageClassName="manual", volumeName="pv-data")
    old = volume(phase="Released", storageClassName="manual")
    old["spec"]["claimRef"]["uid"] = "an-older-claim"
    old["spec"]["persistentVolumeReclaimPolicy"] = "Retain"
    told = 'volume "pv-data" already bound to a different claim.'
    objects = [*stuck(words), waits, old, node(), event(waits, "FailedBinding", told)]
    return seen(*objects, logs=[web_says(objects, refused())])


@fault(
    "io-latency",
    "IOChaos/chaos-mesh/slow-etcd",
    says="slow-etcd",
    alert=alert("etcdHighFsyncDurations", namespace="kube-system", pod="etcd-node-1"),
)
def slow_disk() -> Inventory:
    etcd = pod(
        "etcd-node-1",
        namespace="kube-system",
        labels={"component": "etcd"},
        status=running("etcd", since=30 * DAY),
        spec={"containers": [container("etcd")]},
        age=30 * DAY,
    )
    chaos = make(
        "IOChaos",
        "slow-etcd",
        namespace="chaos-mesh",
        age=600,
        spec={
            "action": "latency",
            "delay": "250ms",
            "mode": "all",
            "selector": {
                "namespaces": ["kube-system"],
                "labelSelectors": {"component": "etcd"},
            },
            "volumePath": "/var/lib/etcd",
        },
        status={
            "conditions": [
                {"type": "AllInjected", "status": "True"},
                {"type": "Paused", "status": "False"},
            ],
            "experiment": {
                "desiredPhase": "Run",
                "containerRecords": [{"id": "kube-system/etcd-node-1", "phase": "Injected"}],
            },
        },
    )
    late = '{"level":"warn","msg":"slow fdatasync","took":"1.21s","expected-duration":"1s"}'
    found = seen(etcd, chaos, node(), logs=[log(etcd, lines(late), container="etcd")])
    found.signals.append(
        signal(
            Measure.DISK_LATENCY,
            level((10_800, 0.004), (590, 1.1)),
            Unit.SECONDS,
            entity("etcd-node-1", "Pod"),
        )
    )
    return found


def mongo(words: str, code: int) -> Inventory:
    """A database that ends with these words, and a program that needs it."""
    objects = [
        *app(
            "mongodb",
            revisions=[(30 * DAY, container("mongo", **MOUNTS, ports=[{"containerPort": 27017}]))],
            pods=[crashing("mongo", code)],
            spec=USES,
        ),
        claim(),
        volume(),
        storage_class(),
        serves("mongodb", 27017),
        *caller("mongodb", 27017),
        node(),
    ]
    logs = [
        log(named(objects, "Pod"), words, container="mongo", previous=True),
        web_says(objects, refused("mongodb", 27017)),
    ]
    return seen(*objects, logs=logs)


@fault("disk-read-error", "Deployment/shop/mongodb", says="Input/output error")
def read_error() -> Inventory:
    words = (
        '{"t":{"$date":"2026-03-04T02:58:01.322+00:00"},"s":"E","c":"WT","id":22435,"ctx":'
        '"thread1","msg":"WiredTiger error message","attr":{"error":5,"message":{"msg":'
        '"__posix_file_read:466:/data/db/collection-2.wt: handle-read: pread: failed to read 4096 '
        'bytes at offset 28672","error_str":"Input/output error","error_code":5}}}\n'
        '{"t":{"$date":"2026-03-04T02:58:01.325+00:00"},"s":"F","c":"ASSERT","id":23089,'
        '"ctx":"thread1","msg":"Fatal assertion","attr":{"msgid":50853}}\n'
    )
    return mongo(words, 14)


@fault("disk-write-error", "Deployment/shop/mongodb", says="Input/output error")
def write_error() -> Inventory:
    words = (
        '{"t":{"$date":"2026-03-04T02:58:01.322+00:00"},"s":"E","c":"WT","id":22435,"ctx":'
        '"JournalFlusher","msg":"WiredTiger error message","attr":{"error":5,"message":{"msg":'
        '"__posix_sync:82:/data/db/journal/WiredTigerLog.0000000012: handle-sync: fdatasync",'
        '"error_str":"Input/output error","error_code":5}}}\n'
        '{"t":{"$date":"2026-03-04T02:58:01.325+00:00"},"s":"F","c":"ASSERT","id":23089,'
        '"ctx":"JournalFlusher","msg":"Fatal assertion","attr":{"msgid":50853}}\n'
    )
    return mongo(words, 14)


@fault("data-corruption", "Deployment/shop/mongodb", says="checksum")
def corruption() -> Inventory:
    words = (
        '{"t":{"$date":"2026-03-04T02:58:01.322+00:00"},"s":"E","c":"WT","id":22435,"ctx":'
        '"conn12","msg":"WiredTiger error message","attr":{"error":0,"message":{"msg":'
        '"__wt_block_read_off:283:collection-2.wt: potential hardware corruption, read checksum '
        "error for 8192B block at offset 16384: block header checksum of 0x1f6b doesn't match "
        'expected checksum of 0x3c77"}}}\n'
        '{"t":{"$date":"2026-03-04T02:58:01.325+00:00"},"s":"F","c":"ASSERT","id":23089,'
        '"ctx":"conn12","msg":"Fatal assertion","attr":{"msgid":50853}}\n'
    )
    return mongo(words, 14)
