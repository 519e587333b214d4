"""Claims, volumes and the classes they come from."""

from typing import Any

import pytest
from tests.diagnose.build import (
    Json,
    ago,
    event,
    make,
    node,
    pod,
    spotted,
    waiting,
)

from sreagent.domain.finding import Severity


def claim(phase: str = "Pending", **spec: Any) -> Json:
    body = {
        "storageClassName": "manual",
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "10Gi"}},
        **spec,
    }
    return make("PersistentVolumeClaim", "data", spec=body, status={"phase": phase})


def volume(phase: str = "Available", **spec: Any) -> Json:
    body = {
        "storageClassName": "manual",
        "accessModes": ["ReadWriteOnce"],
        "capacity": {"storage": "10Gi"},
        **spec,
    }
    return make("PersistentVolume", "v1", spec=body, status={"phase": phase})


MANUAL = make("StorageClass", "manual", provisioner="kubernetes.io/no-provisioner")
OTHERS = {"claimRef": {"namespace": "shop", "name": "other", "uid": "o"}}
BEFORE = {"claimRef": {"namespace": "shop", "name": "data", "uid": "of-before"}}


@pytest.mark.parametrize(
    ("one", "words"),
    [
        pytest.param(volume(capacity={"storage": "1Gi"}), "has 1Gi and 10Gi are asked", id="small"),
        pytest.param(
            volume(accessModes=["ReadOnlyMany"]), "does not offer ReadWriteOnce", id="mode"
        ),
        pytest.param(volume(volumeMode="Block"), "has volumeMode Block", id="block"),
        pytest.param(volume("Bound", **OTHERS), "is held by claim shop/other", id="held"),
        pytest.param(
            volume("Released", **BEFORE), "still held by claim shop/data of before", id="released"
        ),
    ],
)
def test_a_claim_says_why_the_volumes_there_are_do_not_fit(one: Json, words: str) -> None:
    spec = {"volumeMode": "Filesystem"}
    (finding,) = spotted("pvc.pending", claim(**spec), one, MANUAL)
    assert words in finding.claim


def test_a_claim_that_names_a_volume_of_another_class_says_so() -> None:
    mine = claim(volumeName="v1", storageClassName="fast")
    (finding,) = spotted("pvc.pending", mine, volume(), make("StorageClass", "fast"))
    assert "v1 does not fit: has storageClassName manual and fast is asked for" in finding.claim


def test_a_class_that_only_names_volumes_need_not_exist() -> None:
    (finding,) = spotted("pvc.pending", claim(volumeName="v1"), volume(capacity={"storage": "1Gi"}))
    assert "v1 does not fit: has 1Gi" in finding.claim
    (finding,) = spotted("pvc.pending", claim(), volume("Bound", **OTHERS))
    assert "StorageClass manual does not exist" in finding.claim


def test_a_class_with_a_provisioner_needs_no_volume_that_fits() -> None:
    fast = make("StorageClass", "manual", provisioner="csi.example.com")
    (finding,) = spotted("pvc.pending", claim(), volume(capacity={"storage": "1Gi"}), fast)
    assert "its provisioner has not answered" in finding.claim


@pytest.mark.parametrize(
    ("objects", "condition", "severity"),
    [
        pytest.param(
            [volume("Released", **BEFORE), claim()], "pv.released", Severity.ERROR, id="missed"
        ),
        pytest.param(
            [volume("Released", **BEFORE)], "pv.left_over", Severity.INFO, id="missed-by-nobody"
        ),
        pytest.param(
            [volume("Released", **OTHERS), claim(volumeName="v1")],
            "pv.released",
            Severity.ERROR,
            id="named",
        ),
    ],
)
def test_a_released_volume_matters_when_a_claim_waits(
    objects: list[Json], condition: str, severity: Severity
) -> None:
    (finding,) = spotted(condition, *objects, MANUAL)
    assert finding.severity is severity


MOUNTED = {"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]}


def waits(message: str = 'Multi-Attach error for volume "v1"') -> list[Json]:
    one = pod(
        "app-2",
        status=waiting("ContainerCreating"),
        phase="Pending",
        node="node-2",
        spec=MOUNTED,
    )
    return [one, event(one, "FailedAttachVolume", message)]


HOLDER = pod("app-1", node="node-1", spec=MOUNTED)


@pytest.mark.parametrize(
    ("objects", "words", "suspects"),
    [
        pytest.param(
            [HOLDER, claim("Bound"), node()],
            "pod shop/app-1 of pod shop/app-1 holds on node node-1: one node at a time",
            [],
            id="on-two-nodes",
        ),
        pytest.param(
            [HOLDER, claim("Bound"), node(ready="Unknown")],
            "which does not answer",
            ["Node/node-1"],
            id="on-a-node-that-is-down",
        ),
        pytest.param(
            [HOLDER, claim("Bound", accessModes=["ReadWriteMany"])], "", [], id="for-many-nodes"
        ),
        pytest.param([claim("Bound")], "", [], id="held-by-no-pod-in-view"),
    ],
)
def test_who_holds_a_volume_that_another_pod_waits_for_is_named(
    objects: list[Json], words: str, suspects: list[str]
) -> None:
    found = spotted("pod.volume_held", *waits(), *objects)
    assert [words in one.claim for one in found] == ([True] if words else [])
    assert [one.path for finding in found for one in finding.suspects] == suspects


def growing(*conditions: Json, has: str = "10Gi") -> Json:
    one = claim("Bound", resources={"requests": {"storage": "20Gi"}})
    one["status"] |= {"capacity": {"storage": has}, "conditions": list(conditions)}
    return one


def resizing(kind: str, since: float = 900) -> Json:
    return {"type": kind, "status": "True", "lastTransitionTime": ago(since)}


@pytest.mark.parametrize(
    ("objects", "words"),
    [
        pytest.param([growing(), MANUAL], "manual does not allow it to grow", id="class-forbids"),
        pytest.param(
            [growing(resizing("FileSystemResizePending"))], "started again", id="file-system"
        ),
        pytest.param([growing(resizing("Resizing"))], "has not ended", id="for-long"),
        pytest.param(
            [
                growing(resizing("Resizing")),
                event(growing(), "VolumeResizeFailed", "quota of disks is used up"),
            ],
            "quota of disks is used up",
            id="failed",
        ),
        pytest.param([growing(resizing("Resizing", 60))], "", id="just-begun"),
        pytest.param([growing(has="20Gi")], "", id="done"),
    ],
)
def test_a_claim_that_did_not_grow_says_why(objects: list[Json], words: str) -> None:
    found = spotted("pvc.resize_stuck", *objects)
    assert [words in one.claim for one in found] == ([True] if words else [])


def default(name: str) -> Json:
    notes = {"storageclass.kubernetes.io/is-default-class": "true"}
    return make("StorageClass", name, annotations=notes)


def test_classes_are_only_remarked_upon() -> None:
    (several,) = spotted("storage_class.several_defaults", default("a"), default("b"))
    assert "a, b all are the default" in several.claim
    assert spotted("storage_class.several_defaults", default("a")) == []
    (by_hand,) = spotted("storage_class.by_hand", MANUAL, claim())
    assert "must make one for data" in by_hand.claim
    assert spotted("storage_class.by_hand", MANUAL, claim("Bound")) == []
    assert {several.severity, by_hand.severity} == {Severity.INFO}
