"""Changes beside rollouts: deletions, releases, syncs, kills, nodes, edits without a time."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pytest
from tests.diagnose.build import (
    DAY,
    NOW,
    SPACE,
    Json,
    ago,
    app,
    container,
    deployment,
    event,
    make,
    named,
    node,
    pod,
    running,
    seen,
)

from sreagent.diagnose.changes.found import changes_in
from sreagent.diagnose.changes.happenings import happenings_in
from sreagent.diagnose.objects.managers import LAST_APPLIED
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.change import Change, Sort
from sreagent.domain.inventory import Listing


def custom(kind: str, name: str, *, age: float = 30 * DAY, space: str = SPACE, **body: Any) -> Json:
    """An object of a kind that the builder does not know."""
    meta: Json = {"name": name, "uid": f"{kind}-{name}", "creationTimestamp": ago(age)}
    if space:
        meta["namespace"] = space
    meta.update(
        {key: body.pop(key) for key in ("labels", "annotations", "generation") if key in body}
    )
    if "managed" in body:
        meta["managedFields"] = body.pop("managed")
    return {"kind": kind, "metadata": meta, **body}


def scene_of(*objects: Json, refused: Iterable[str] = ()) -> Scene:
    found = seen(*objects, refused=refused)
    for kind in {one["kind"] for one in objects} - {kind for kind, _ in found.listings}:
        items = tuple(one for one in objects if one["kind"] == kind)
        found.add(Listing(kind=kind, namespace="", items=items, seen_at=NOW, command=kind))
    return Scene(found, NOW)


def changed(*objects: Json, sort: Sort | None = None, **how: Any) -> list[Change]:
    found = changes_in(scene_of(*objects, **how))
    return [one for one in found if sort in (None, one.sort)]


def happened(*objects: Json, sort: Sort | None = None) -> list[Change]:
    return [one for one in happenings_in(scene_of(*objects)) if sort in (None, one.sort)]


def edited(manager: str, since: float, fields: Json) -> Json:
    return {"manager": manager, "operation": "Update", "time": ago(since), "fieldsV1": fields}


def moment(since: float) -> datetime:
    return datetime.fromisoformat(ago(since).replace("Z", "+00:00"))


# Deletions


def test_what_running_pods_were_started_with_and_is_gone_was_deleted_since() -> None:
    source: Json = {"envFrom": [{"configMapRef": {"name": "settings"}}]}
    objects = app(revisions=[(5 * DAY, container(**source))])
    complaint = event(
        named(objects, "Pod"), "Failed", 'Error: configmap "settings" not found', since=100
    )
    (change,) = changed(*objects, complaint, sort=Sort.DELETION)
    assert str(change.entity) == "configmap shop/settings"
    assert (change.at, change.until) == (moment(5 * DAY), moment(400))
    assert not change.is_dated


def test_what_could_not_be_listed_is_not_called_deleted() -> None:
    source: Json = {"envFrom": [{"secretRef": {"name": "login"}}]}
    objects = app(revisions=[(5 * DAY, container(**source))])
    assert changed(*objects, sort=Sort.DELETION, refused=["Secret"]) == []
    assert changed(*objects, sort=Sort.DELETION)


def test_a_pod_that_never_started_proves_no_deletion() -> None:
    source: Json = {"envFrom": [{"configMapRef": {"name": "settings"}}]}
    waiting = {"name": "app", "ready": False, "restartCount": 0, "state": {"waiting": {}}}
    objects = app(revisions=[(300, container(**source))], pods=[waiting])
    assert changed(*objects, sort=Sort.DELETION) == []


def test_an_object_with_events_that_is_gone_was_deleted_after_the_last_of_them() -> None:
    gone = make("HorizontalPodAutoscaler", "app")
    told = event(
        gone, "SuccessfulRescale", "New size: 4", since=600, kind=gone["kind"], namespace=SPACE
    )
    (change,) = changed(told, sort=Sort.DELETION)
    assert str(change.entity) == "horizontalpodautoscaler shop/app"
    assert (change.at, change.until) == (moment(600), NOW)
    assert changed(told, gone, sort=Sort.DELETION) == []
    assert changed(told, sort=Sort.DELETION, refused=["HorizontalPodAutoscaler"]) == []


def test_an_object_of_another_uid_was_deleted_and_created_again() -> None:
    old = make("Service", "cart")
    told = event(old, "UpdatedLoadBalancer", "hosts", since=900, kind="Service", namespace=SPACE)
    new = make("Service", "cart", age=300, spec={})
    new["metadata"]["uid"] = "another"
    (change,) = changed(told, new, sort=Sort.DELETION)
    assert change.summary == "Service deleted and created again"
    assert (change.at, change.until) == (moment(900), moment(300))


def test_a_deployment_whose_pods_ended_with_it_was_deleted() -> None:
    pods = [make("Pod", f"web-6d4cf56db6-x{letter}2bc") for letter in "kl"]
    ends = [
        event(one, "Killing", "Stopping container app", since=240, kind="Pod", namespace=SPACE)
        for one in pods
    ]
    (change,) = changed(*ends, sort=Sort.DELETION)
    assert str(change.entity) == "deployment shop/web"
    assert change.summary.startswith("Deployment deleted: 2 of its pods ended")
    assert changed(*ends, sort=Sort.DELETION, refused=["Deployment"]) == []


def test_an_object_that_waits_for_its_finalizers_is_being_deleted() -> None:
    claim = make("PersistentVolumeClaim", "data", deletionTimestamp=ago(60), finalizers=["x/keep"])
    (change,) = changed(claim, sort=Sort.DELETION)
    assert change.summary == "PersistentVolumeClaim is being deleted, held by x/keep"
    assert change.at == moment(60)


def test_what_a_rollout_ended_with_and_is_gone_was_deleted_since() -> None:
    source: Json = {"envFrom": [{"secretRef": {"name": "login"}}]}
    waiting = {"name": "app", "ready": False, "restartCount": 0, "state": {"waiting": {}}}
    done = {
        "type": "Progressing",
        "status": "True",
        "reason": "NewReplicaSetAvailable",
        "lastUpdateTime": ago(3600),
    }
    revisions = [(3700, container(**source))]
    (change,) = changed(
        *app(revisions=revisions, pods=[waiting], conditions=[done]), sort=Sort.DELETION
    )
    assert change.summary == "Secret deleted: deployment app ran with it"
    assert change.at == moment(3600)


SETTLED = {
    "type": "Progressing",
    "status": "True",
    "reason": "NewReplicaSetAvailable",
    "lastUpdateTime": ago(5 * DAY),
}


def test_a_service_that_is_still_called_and_led_to_a_workload_was_deleted() -> None:
    variable: Json = {"env": [{"name": "CART_URL", "value": "http://cart:80"}]}
    caller = app(revisions=[(5 * DAY, container(**variable))], conditions=[SETTLED])
    (change,) = changed(*caller, *app("cart"), sort=Sort.DELETION)
    assert str(change.entity) == "service shop/cart"
    assert "app calls it (env CART_URL), and it is gone" in change.summary
    assert changed(*caller, sort=Sort.DELETION) == []
    assert changed(*caller, *app("cart"), sort=Sort.DELETION, refused=["Service"]) == []


def test_a_service_that_a_new_template_names_first_was_never_there() -> None:
    variable: Json = {"env": [{"name": "CART_URL", "value": "http://cart:80"}]}
    caller = app(revisions=[(300, container(**variable))])
    assert changed(*caller, *app("cart"), sort=Sort.DELETION) == []


def test_what_an_autoscaler_scaled_and_is_gone_was_deleted() -> None:
    scaler = make(
        "HorizontalPodAutoscaler",
        "app",
        age=9 * DAY,
        spec={"scaleTargetRef": {"kind": "Deployment", "name": "app"}},
        status={"lastScaleTime": ago(7200)},
    )
    (change,) = changed(scaler, sort=Sort.DELETION)
    assert str(change.entity) == "deployment shop/app"
    assert (change.at, change.until) == (moment(7200), NOW)
    assert changed(scaler, sort=Sort.DELETION, refused=["Deployment"]) == []


def test_the_volume_of_a_bound_claim_that_is_gone_was_deleted() -> None:
    claim = make("PersistentVolumeClaim", "data", age=DAY * 3, spec={"volumeName": "pv-1"})
    (change,) = changed(claim, sort=Sort.DELETION)
    assert str(change.entity) == "persistentvolume pv-1"
    assert changed(claim, sort=Sort.DELETION, refused=["PersistentVolume"]) == []


# Helm, Argo CD, Flux


def release(version: int, status: str, age: float, **more: str) -> Json:
    labels = {"owner": "helm", "name": "web", "version": str(version), "status": status, **more}
    return make("Secret", f"sh.helm.release.v1.web.v{version}", age=age, labels=labels)


def test_helm_releases_are_told_by_their_labels_and_not_as_new_secrets() -> None:
    found = changed(release(6, "superseded", 5 * DAY), release(7, "deployed", 300))
    assert [one.summary for one in found] == [
        "Helm release web upgraded to revision 7: deployed",
        "Helm release web revision 6 installed: deployed, replaced since",
    ]
    assert found[0].at == moment(300)
    assert found[0].command == "helm -n shop history web"


@pytest.mark.parametrize(
    ("status", "age", "said"),
    [
        pytest.param("failed", 300, "revision 7: FAILED", id="failed"),
        pytest.param(
            "pending-upgrade", 3600, "pending-upgrade for 60 min, never ended", id="stuck"
        ),
        pytest.param("", 60, "its status is not told", id="no-status"),
    ],
)
def test_a_helm_release_that_did_not_end_well_says_so(status: str, age: float, said: str) -> None:
    assert said in changed(release(6, "deployed", DAY), release(7, status, age))[0].summary


def application(**status: Any) -> Json:
    spec = {"destination": {"server": "https://kubernetes.default.svc", "namespace": SPACE}}
    return custom("Application", "web", space="argocd", spec=spec, status=status)


COMMITS = ("a1b2c3d4" * 5, "0f0e0d0c" * 5)


def test_syncs_of_argo_cd_are_told_with_what_was_before_and_who_began_them() -> None:
    history = [
        {"revision": COMMITS[0], "deployedAt": ago(3 * DAY), "initiatedBy": {"automated": True}},
        {"revision": COMMITS[1], "deployedAt": ago(120), "initiatedBy": {"username": "ann"}},
    ]
    found = changed(application(history=history, sync={"status": "Synced"}))
    assert [(one.summary, one.by) for one in found] == [
        ("Application web synced to 0f0e0d0c (was a1b2c3d4)", "ann"),
        ("Application web synced to a1b2c3d4", "automated sync"),
    ]


def test_a_failed_sync_tells_why_without_secrets_and_on_one_line() -> None:
    value = "old-" + "val"
    state = {
        "phase": "Failed",
        "finishedAt": ago(60),
        "message": f"hook failed\n--token={value}",
        "syncResult": {"revision": COMMITS[0]},
    }
    (change,) = changed(application(operationState=state))
    assert change.summary.startswith("Application web sync to a1b2c3d4 FAILED: hook failed")
    assert value not in change.summary
    assert "\n" not in change.summary


def test_an_application_out_of_sync_tells_what_differs_and_that_its_target_is_missing() -> None:
    state = application(
        sync={"status": "OutOfSync"},
        resources=[{"kind": "Deployment", "name": "web", "status": "OutOfSync"}],
    )
    (change,) = changed(state)
    assert "out of sync: Deployment web; its target namespace shop does not exist" in change.summary
    assert not change.is_dated
    (there,) = changed(state, make("Namespace", SPACE, age=9 * DAY))
    assert "does not exist" not in there.summary
    (unseen,) = changed(state, refused=["Namespace"])
    assert "does not exist" not in unseen.summary


def flux(kind: str, ready: str, since: float, spec: Json | None = None, **status: Any) -> Json:
    condition = {
        "type": "Ready",
        "status": ready,
        "reason": "BuildFailed",
        "message": "no such file",
        "lastTransitionTime": ago(since),
    }
    return custom(kind, "web", spec=spec or {}, status={"conditions": [condition], **status})


@pytest.mark.parametrize(
    ("item", "said"),
    [
        pytest.param(
            flux("Kustomization", "True", 90, lastAppliedRevision="main@sha1:ab12"),
            "Kustomization web applied main@sha1:ab12",
            id="applied",
        ),
        pytest.param(
            flux("Kustomization", "False", 90, lastAttemptedRevision="main@sha1:ab12"),
            "Kustomization web main@sha1:ab12 was not brought: BuildFailed, no such file",
            id="failed",
        ),
        pytest.param(
            flux("GitRepository", "True", 90, artifact={"revision": "main@sha1:ab12"}),
            "GitRepository web applied main@sha1:ab12",
            id="source",
        ),
    ],
)
def test_what_flux_brought_and_could_not_bring_is_told(item: Json, said: str) -> None:
    (change,) = changed(item)
    assert (change.summary, change.at) == (said, moment(90))


def test_chart_versions_of_a_helm_release_of_flux_are_told() -> None:
    history = [
        {
            "chartName": "web",
            "chartVersion": "1.2.0",
            "status": "superseded",
            "lastDeployed": ago(DAY),
        },
        {"chartName": "web", "chartVersion": "1.3.0", "status": "failed", "lastDeployed": ago(60)},
    ]
    found = changed(custom("HelmRelease", "web", status={"history": history}))
    assert found[0].summary == "HelmRelease web web 1.3.0 (was web 1.2.0): failed"


@pytest.mark.parametrize("kind", ["Kustomization", "HelmRelease", "CronJob"])
def test_what_is_suspended_says_who_did_it(kind: str) -> None:
    managed = [edited("flux", 3600, {"f:spec": {"f:suspend": {}}})]
    (change,) = changed(custom(kind, "web", spec={"suspend": True}, managed=managed))
    assert change.summary == f"{kind} suspended"
    assert (change.by, change.at) == ("flux", moment(3600))


def test_what_is_suspended_since_nobody_knows_when_is_told_all_the_same() -> None:
    (change,) = changed(custom("Kustomization", "web", spec={"suspend": True}))
    assert change.summary == "Kustomization web suspended: nothing is brought"
    assert not change.is_dated


def test_a_kind_of_the_same_name_in_another_group_is_no_delivery() -> None:
    assert changed(custom("Application", "web", status={"phase": "Running"})) == []


# Edits


def test_an_edit_of_which_only_the_generation_tells_has_no_time() -> None:
    managed = [edited("kubectl-client-side-apply", 6 * DAY, {"f:spec": {"f:podSelector": {}}})]
    policy = make("NetworkPolicy", "egress", age=6 * DAY, spec={}, managed=managed)
    assert changed(policy) == []
    policy["metadata"]["generation"] = 2
    (change,) = changed(policy)
    assert change.summary == "NetworkPolicy edited; its time is not known"
    assert (change.at, change.until) == (moment(6 * DAY), NOW)


def written(item: Json, version: int) -> Json:
    item["metadata"]["resourceVersion"] = str(version)
    return item


def quiet_cluster(*, shuffled: bool = False) -> list[Json]:
    """Ten events, a minute apart, whose versions grow with time; objects of long ago."""
    about = make("Pod", "p")
    events = [
        written(event(about, f"R{n}", "x", since=60 * n), 1000 - (n * 7 % 11 if shuffled else n))
        for n in range(1, 11)
    ]
    managed = [edited("kubectl-client-side-apply", 6 * DAY, {"f:data": {"f:a": {}}})]
    kept = [
        written(make("ConfigMap", f"c{n}", age=6 * DAY, data={}, managed=managed), 100 + n)
        for n in range(6)
    ]
    return [*events, *kept]


def test_the_order_of_writes_dates_an_edit_of_a_value_that_left_no_time() -> None:
    objects = quiet_cluster()
    assert changed(*objects) == []
    named(objects, "ConfigMap", 2)["metadata"]["resourceVersion"] = "995"
    (change,) = changed(*objects)
    assert change.entity.name == "c2"
    assert change.at <= moment(300) <= (change.until or NOW)
    assert change.is_dated
    assert "order of writes" in change.summary


@pytest.mark.parametrize(
    "case", ["shuffled", "all-written-anew", "one-kind-written-anew", "too-few-events", "restored"]
)
def test_the_order_of_writes_tells_nothing_where_it_contradicts_itself(case: str) -> None:
    objects = quiet_cluster(shuffled=case == "shuffled")
    maps = [one for one in objects if one["kind"] == "ConfigMap"]
    for one in maps if case == "all-written-anew" else maps[:1]:
        one["metadata"]["resourceVersion"] = "2000"
    if case == "one-kind-written-anew":
        maps[0]["metadata"]["resourceVersion"] = "100"
        managed = maps[0]["metadata"]["managedFields"]
        roles = [make("Service", f"s{n}", age=6 * DAY, spec={}, managed=managed) for n in range(2)]
        objects += [written(one, 2000 + n) for n, one in enumerate(roles)]
        objects += [
            written({**one, "metadata": {**one["metadata"], "name": f"{n}"}}, 100)
            for n, one in enumerate(maps * 2)
        ]
    if case == "too-few-events":
        objects = objects[:4] + maps
    if case == "restored":
        entry = edited("kube-controller-manager", 60, {"f:status": {}})
        objects.append(written(deployment(managed=[entry]), 200))
    assert changed(*objects) == []


def test_an_edit_made_by_a_job_names_the_job() -> None:
    managed = [edited("kubectl-patch", 300, {"f:data": {"f:limit": {}}})]
    settings = make("ConfigMap", "limits", age=9 * DAY, data={}, managed=managed)
    command = ["sh", "-c", "kubectl patch configmap limits -p ..."]
    template = {"template": {"spec": {"containers": [container(command=command)]}}}
    cron = make(
        "CronJob",
        "nightly",
        age=9 * DAY,
        spec={"jobTemplate": {"spec": template}},
        status={"lastScheduleTime": ago(310), "lastSuccessfulTime": ago(290)},
    )
    (change,) = changed(settings, cron)
    assert change.by == "kubectl-patch, run by cronjob shop/nightly"
    cron["status"] = {"lastScheduleTime": ago(7200), "lastSuccessfulTime": ago(7100)}
    assert changed(settings, cron)[0].by == "kubectl-patch"


def test_an_edit_by_the_program_that_a_job_runs_names_the_job() -> None:
    managed = [edited("tuner", 300, {"f:data": {"f:limit": {}}})]
    settings = make("ConfigMap", "limits", age=9 * DAY, data={}, managed=managed)
    spec = {"template": {"spec": {"containers": [container(image="r/ops/tuner:3")]}}}
    status = {"startTime": ago(305), "completionTime": ago(295)}
    job = make("Job", "tune-1", age=305, spec=spec, status=status)
    found = {one.entity.kind: one for one in changed(settings, job)}
    assert found["ConfigMap"].by == "tuner, run by job shop/tune-1"


def test_a_template_edit_is_told_by_its_fields_where_revisions_are_not_known() -> None:
    fields: Json = {"f:spec": {"f:template": {"f:spec": {"f:dnsPolicy": {}}}}}
    managed = [edited("kubectl-edit", 600, fields)]
    (change,) = changed(deployment(managed=managed), refused=["ReplicaSet"])
    assert change.summary == "Deployment edited: spec.template.spec.dnsPolicy"
    assert changed(deployment(managed=managed)) == []


def test_an_edit_of_a_workload_without_a_new_revision_is_told() -> None:
    managed = [edited("kubectl-edit", 600, {"f:spec": {"f:paused": {}}})]
    (change,) = changed(*app(managed=managed))
    assert (change.summary, change.by) == ("Deployment edited: spec.paused", "kubectl-edit")


def test_applied_again_in_another_version_of_the_api_is_no_difference() -> None:
    applied = {
        "apiVersion": "autoscaling/v1",
        "spec": {"maxReplicas": 9, "targetCPUUtilizationPercentage": 70},
    }
    scaler = make(
        "HorizontalPodAutoscaler",
        "app",
        age=9 * DAY,
        annotations={LAST_APPLIED: json.dumps(applied)},
        spec={"maxReplicas": 3, "metrics": []},
        managed=[edited("kubectl-patch", 60, {"f:spec": {"f:maxReplicas": {}}})],
        apiVersion="autoscaling/v2",
    )
    assert changed(scaler)[0].diff == ("- spec.maxReplicas: 9", "+ spec.maxReplicas: 3")


@pytest.mark.parametrize(
    ("before", "after", "differs"),
    [
        pytest.param({"cpu": "1000m"}, {"cpu": "1"}, False, id="the-same-amount"),
        pytest.param({"cpu": "1000m"}, {"cpu": "2"}, True, id="more"),
        pytest.param({"cpu": "1"}, {"cpu": "1", "pods": "4"}, True, id="a-new-limit"),
    ],
)
def test_a_quota_differs_by_amounts_and_not_by_spelling(
    before: Json, after: Json, differs: bool
) -> None:
    quota = make(
        "ResourceQuota",
        "team",
        age=9 * DAY,
        annotations={LAST_APPLIED: json.dumps({"spec": {"hard": before}})},
        spec={"hard": after},
        managed=[edited("kubectl-edit", 60, {"f:spec": {"f:hard": {}}})],
    )
    assert bool(changed(quota)[0].diff) is differs


def test_a_secret_shows_the_names_of_its_keys_and_nothing_of_its_values() -> None:
    value = "b2xk" + "LXZhbA=="
    secret = make(
        "Secret",
        "login",
        age=9 * DAY,
        annotations={LAST_APPLIED: json.dumps({"data": {"password": value}})},
        managed=[edited("kubectl-edit", 60, {"f:data": {"f:password": {}}})],
    )
    (change,) = changed(secret)
    assert change.summary == "Secret edited: data.password"
    assert value not in str(change)


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        pytest.param("Role", {"f:rules": {}}, "Role edited: rules", id="role"),
        pytest.param(
            "RoleBinding", {"f:subjects": {}}, "RoleBinding edited: subjects", id="binding"
        ),
        pytest.param(
            "MutatingWebhookConfiguration",
            {"f:webhooks": {'k:{"name":"inject.example.com"}': {"f:failurePolicy": {}}}},
            "webhooks[inject.example.com].failurePolicy",
            id="webhook",
        ),
        pytest.param(
            "PriorityClass", {"f:value": {}}, "PriorityClass edited: value", id="priority"
        ),
        pytest.param(
            "PodDisruptionBudget", {"f:spec": {"f:minAvailable": {}}}, "minAvailable", id="pdb"
        ),
        pytest.param(
            "Ingress",
            {"f:metadata": {"f:annotations": {"f:x/rewrite": {}}}},
            "rewrite",
            id="ingress",
        ),
        pytest.param(
            "Namespace", {"f:metadata": {"f:labels": {"f:enforce": {}}}}, "enforce", id="space"
        ),
    ],
)
def test_edits_of_every_kind_that_rules_over_others_are_told(
    kind: str, fields: Json, said: str
) -> None:
    item = custom(kind, "x", managed=[edited("kubectl-edit", 60, fields)])
    assert said in changed(item)[0].summary


@pytest.mark.parametrize(
    "item",
    [
        pytest.param(
            make("ConfigMap", "kube-root-ca.crt", age=60, data={}), id="root-certificates"
        ),
        pytest.param(
            make(
                "ConfigMap",
                "lock",
                age=60,
                annotations={"control-plane.alpha.kubernetes.io/leader": "{}"},
            ),
            id="lock-of-a-leader",
        ),
        pytest.param(
            make(
                "Secret",
                "default-token-x",
                age=60,
                annotations={"kubernetes.io/service-account.name": "default"},
            ),
            id="token",
        ),
    ],
)
def test_what_the_cluster_makes_for_itself_is_no_change(item: Json) -> None:
    assert changed(item) == []


# Scalings


def test_a_second_scaling_by_the_same_program_is_dated_by_its_event() -> None:
    managed = [edited("kubectl", 3 * DAY, {"f:spec": {"f:replicas": {}}})]
    objects = app(managed=managed, replicas=1)
    item = named(objects, "Deployment")
    down = event(item, "ScalingReplicaSet", "Scaled down replica set app-1 to 1 from 4", since=300)
    (change,) = changed(*objects, down, sort=Sort.SCALING)
    assert change.at == moment(300)


def test_what_a_rollout_takes_from_an_old_revision_is_no_scaling() -> None:
    objects = app(revisions=[(5 * DAY, container(image="a:1")), (300, container(image="a:2"))])
    item = named(objects, "Deployment")
    steps = [
        event(item, "ScalingReplicaSet", "Scaled up replica set app-2 to 2", since=290),
        event(item, "ScalingReplicaSet", "Scaled down replica set app-1 to 0", since=280),
    ]
    assert changed(*objects, *steps, sort=Sort.SCALING) == []


def test_an_autoscaler_is_not_taken_for_a_person() -> None:
    objects = app()
    scaler = make(
        "HorizontalPodAutoscaler",
        "app",
        age=9 * DAY,
        spec={"scaleTargetRef": {"kind": "Deployment", "name": "app"}},
    )
    grown = "New size: 6; reason: cpu resource utilization above target"
    events = [
        event(scaler, "SuccessfulRescale", grown, since=300),
        event(
            named(objects, "Deployment"),
            "ScalingReplicaSet",
            "Scaled up replica set app-1 to 6",
            since=299,
        ),
    ]
    assert changed(*objects, scaler, *events, sort=Sort.SCALING) == []
    (change,) = happened(*objects, scaler, *events, sort=Sort.SCALING)
    assert change.summary.startswith("scaled to 6 by its autoscaler: cpu resource")
    assert str(change.entity) == "deployment shop/app"


# Nodes and kills


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        pytest.param("NodeNotSchedulable", "Node cordoned", id="cordoned"),
        pytest.param("NodeNotReady", "Node not ready any more", id="not-ready"),
        pytest.param("Rebooted", "Node rebooted", id="rebooted"),
        pytest.param("RemovingNode", "Node removed from the cluster", id="removed"),
        pytest.param("NodeHasSufficientMemory", "", id="all-is-well"),
    ],
)
def test_events_of_a_node_tell_what_happened_to_it(reason: str, said: str) -> None:
    about = node()
    about["metadata"]["uid"] = "node-1"  # a kubelet gives the name for the uid
    told = event(about, reason, "x", since=120, kind="Node")
    found = happened(node(age=9 * DAY, ready="True"), told)
    assert [one.summary for one in found if one.at == moment(120)] == ([said] if said else [])


def test_events_of_a_node_that_had_the_name_before_are_left_out() -> None:
    old = event(node(), "Rebooted", "x", since=3000, kind="Node")
    found = happened(node(age=600), old, sort=Sort.NODE)
    assert [one.summary for one in found] == ["Node joined the cluster"]


def test_a_kubelet_of_another_version_than_the_others_is_told() -> None:
    nodes = [node(f"node-{n}", age=9 * DAY) for n in (1, 2, 3)]
    for one, version in zip(nodes, ("v1.28.3", "v1.28.3", "v1.29.1"), strict=True):
        one["status"]["nodeInfo"] = {"kubeletVersion": version}
    started = event(nodes[2], "Starting", "Starting kubelet.", since=120, kind="Node")
    found = happened(*nodes, started, sort=Sort.NODE)
    assert "Node kubelet started, kubelet v1.29.1 (others v1.28.3)" in [
        one.summary for one in found
    ]


def stopped(name: str, since: float = 240, host: str = "node-1") -> Json:
    about = make("Pod", name)
    told = event(
        about, "Killing", "Stopping container app", since=since, kind="Pod", namespace=SPACE
    )
    return {**told, "source": {"host": host}}


GONE = "app-6d4cf56db6-xk2bc"


def test_a_pod_that_ended_though_its_controller_took_none_away_was_killed() -> None:
    (change,) = happened(*app(), stopped(GONE), sort=Sort.KILL)
    assert str(change.entity) == "deployment shop/app"
    assert change.summary == f"1 pod deleted or evicted, not by their controller: {GONE}"


def test_pods_of_a_cordoned_node_were_drained() -> None:
    drained = node(spec={"unschedulable": True})
    (change,) = happened(*app(), drained, stopped(GONE), sort=Sort.KILL)
    assert "(on node-1, cordoned)" in change.summary


@pytest.mark.parametrize(
    "reason_and_message",
    [
        pytest.param(("ReplicaSet", "SuccessfulDelete", f"Deleted pod: {GONE}"), id="by-name"),
        pytest.param(
            (
                "ReplicaSet",
                "SuccessfulDelete",
                "(combined from similar events): Deleted pod: app-6d4cf56db6-zz2bc",
            ),
            id="combined",
        ),
    ],
)
def test_a_pod_that_its_controller_deleted_was_not_killed(
    reason_and_message: tuple[str, str, str],
) -> None:
    kind, reason, message = reason_and_message
    told = event(make(kind, "app-6d4cf56db6"), reason, message, kind=kind, namespace=SPACE)
    assert happened(*app(), stopped(GONE), told, sort=Sort.KILL) == []


def test_evictions_are_told_by_why_they_happened() -> None:
    about = make("Pod", GONE)
    told = event(about, "Preempted", "Preempted by x", since=60, kind="Pod", namespace=SPACE)
    (change,) = happened(*app(), told, stopped(GONE), sort=Sort.KILL)
    assert change.summary.startswith("1 pod preempted by pods of higher priority")


def test_a_container_that_is_started_again_in_its_pod_is_no_kill() -> None:
    living = pod("app-6d4cf56db6-abcde", status=running())
    told = event(living, "Killing", "Stopping container app", kind="Pod", namespace=SPACE)
    assert happened(deployment(), living, told, sort=Sort.KILL) == []
