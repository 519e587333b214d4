"""What changed, when, and by whom."""

import json
import re
from typing import Any

import pytest
from tests.diagnose.build import (
    DAY,
    NOW,
    Json,
    ago,
    app,
    container,
    deployment,
    event,
    make,
    named,
    seen,
)

from sreagent.diagnose.changes.found import timeline
from sreagent.diagnose.objects.managers import LAST_APPLIED
from sreagent.diagnose.view.revisions import compare
from sreagent.domain.change import Change


def changes(*objects: Json) -> list[Change]:
    return list(timeline(seen(*objects), NOW))


def edited(manager: str, since: float, fields: Json, **more: Any) -> Json:
    return {
        "manager": manager,
        "operation": "Update",
        "time": ago(since),
        "fieldsV1": fields,
        **more,
    }


SPEC: Json = {"f:spec": {"f:selector": {"f:tier": {}}}}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param(
            container(image="r/shop/app:2.4.0"),
            container(image="r/shop/app:2.4.1"),
            "image 2.4.0 → 2.4.1",
            id="image-tag",
        ),
        pytest.param(
            container(image="r/shop/app:1"),
            container(image="other/app:1"),
            "image r/shop/app:1 → other/app:1",
            id="another-registry",
        ),
        pytest.param(
            container(env=[{"name": "PAYMENT_URL", "value": "http://p"}]),
            container(),
            "env PAYMENT_URL: removed (was http://p)",
            id="variable-removed",
        ),
        pytest.param(
            container(),
            container(env=[{"name": "DB_PASSWORD", "value": "hunter2"}]),
            "env DB_PASSWORD: added ((hidden))",
            id="secret-value-hidden",
        ),
        pytest.param(
            container(),
            container(env=[{"name": "DB", "value": "postgres://u:hunter2@db/x"}]),
            "env DB: added (postgres://u:(hidden)@db/x)",
            id="password-in-a-url-hidden",
        ),
        pytest.param(
            container(resources={"limits": {"memory": "512Mi"}}),
            container(resources={"limits": {"memory": "192Mi"}}),
            "memory limit: 512Mi → 192Mi",
            id="memory-limit",
        ),
        pytest.param(
            container(readinessProbe={"httpGet": {"port": 80}, "periodSeconds": 5}),
            container(readinessProbe={"httpGet": {"port": 81}, "periodSeconds": 5}),
            "readinessProbe.httpGet.port: 80 → 81",
            id="probe-changed",
        ),
        pytest.param(
            container(),
            container(livenessProbe={"httpGet": {"port": 81, "path": "/x"}, "periodSeconds": 5}),
            "livenessProbe: added (httpGet path=/x port=81, periodSeconds 5)",
            id="probe-added",
        ),
        pytest.param(
            container(env=[{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]),
            container(
                env=[
                    {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "b"}}},
                    {"name": "A", "value": "1"},
                ]
            ),
            "env B: 2 → from configMap c key b",
            id="variable-from-a-config-map",
        ),
    ],
)
def test_a_rollout_is_told_by_what_differs(old: Json, new: Json, said: str) -> None:
    there = make("ConfigMap", "c", age=9 * DAY, data={"b": "2"})
    (change,) = changes(there, *app(revisions=[(5 * DAY, old), (180, new)]))
    summary = re.sub(r"\(hidden [0-9a-f]{4}\)", "(hidden)", change.summary)
    assert summary == f"revision 1 → 2: {said}"
    assert (change.previous_revision, change.revision) == (1, 2)
    assert "rollout history deployment/app --revision=2" in change.command


def test_a_rollout_has_diff_lines_and_who_did_it() -> None:
    managed = [
        edited("helm", 300_000, {"f:spec": {"f:replicas": {}, "f:template": {}}}),
        edited("ci-deployer", 180, {"f:spec": {"f:template": {}}}),
        edited("kube-controller-manager", 20, {"f:status": {}}, subresource="status"),
    ]
    new = container(image="r/shop/app:2")
    (change,) = changes(
        *app(revisions=[(5 * DAY, container(image="r/shop/app:1")), (180, new)], managed=managed)
    )
    assert change.by == "ci-deployer"
    assert change.diff == ("- image: r/shop/app:1", "+ image: r/shop/app:2")


def test_a_restart_is_not_told_as_a_change_of_the_template() -> None:
    objects = app(revisions=[(5 * DAY, container()), (60, container())])
    template = named(objects, "ReplicaSet", 1)["spec"]["template"]
    template["metadata"]["annotations"] = {"kubectl.kubernetes.io/restartedAt": ago(60)}
    (change,) = changes(*objects)
    assert change.summary == "revision 1 → 2: restarted, nothing else changed"


def test_a_rollback_is_dated_by_the_rollout_and_not_by_its_old_template() -> None:
    new = container(image="r/shop/app:2")
    progress = {"type": "Progressing", "status": "True", "lastUpdateTime": ago(90)}
    objects = app(
        revisions=[(5 * DAY, container(image="r/shop/app:1")), (900, new)], conditions=[progress]
    )
    notes = named(objects, "ReplicaSet")["metadata"]["annotations"]
    notes["deployment.kubernetes.io/revision"] = "3"
    newest = changes(*objects)[0]
    assert newest.revision == 3
    assert newest.at.isoformat() == ago(90).replace("Z", "+00:00")
    assert "back to an older template" in newest.summary


def test_a_bad_revision_that_came_back_is_dated_by_its_return() -> None:
    new = container(image="r/shop/app:2")
    progress = {"type": "Progressing", "status": "True", "lastUpdateTime": ago(60)}
    objects = app(
        revisions=[(5 * DAY, container(image="r/shop/app:1")), (900, new)], conditions=[progress]
    )
    for nth, (number, before) in enumerate((("3", "1"), ("4", "2"))):
        notes = named(objects, "ReplicaSet", nth)["metadata"]["annotations"]
        notes["deployment.kubernetes.io/revision"] = number
        notes["deployment.kubernetes.io/revision-history"] = before
    newest = changes(*objects)[0]
    assert (newest.revision, newest.diff[1]) == (4, "+ image: r/shop/app:2")
    assert newest.at.isoformat() == ago(60).replace("Z", "+00:00")


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        pytest.param(edited("kubectl-patch", 420, SPEC), True, id="by-a-person"),
        pytest.param(edited("kube-controller-manager", 420, SPEC), False, id="by-a-controller"),
        pytest.param(edited("x", 420, {"f:status": {}}, subresource="status"), False, id="status"),
        pytest.param(edited("kubectl", 420, {"f:metadata": {}}), False, id="labels-only"),
        pytest.param(edited("kubectl-patch", 40 * DAY, SPEC), False, id="long-ago"),
    ],
)
def test_an_edit_counts_when_somebody_changed_the_content(entry: Json, told: bool) -> None:
    service = make("Service", "cart", age=60 * DAY, spec={}, managed=[entry])
    assert bool(changes(service)) is told


def test_an_edit_behind_the_manifests_back_shows_what_differs() -> None:
    applied = '{"spec":{"selector":{"app":"cart"},"ports":[{"port":80}]}}'
    live = {
        "selector": {"app": "cart", "tier": "x"},
        "ports": [{"port": 80, "protocol": "TCP"}],
        "type": "ClusterIP",
    }
    service = make(
        "Service",
        "cart",
        age=9 * DAY,
        annotations={"kubectl.kubernetes.io/last-applied-configuration": applied},
        spec=live,
        managed=[edited("kubectl-patch", 420, SPEC)],
    )
    (change,) = changes(service)
    assert change.by == "kubectl-patch"
    assert change.diff == ("+ spec.selector.tier: x",)


def test_a_scaling_is_told_with_who_did_it() -> None:
    managed = [edited("kubectl", 300, {"f:spec": {"f:replicas": {}}}, subresource="scale")]
    (change,) = changes(deployment(replicas=0, managed=managed))
    assert (change.summary, change.by) == ("replicas set to 0", "kubectl")


def test_a_scaling_to_nothing_is_known_from_the_events_of_old_servers() -> None:
    item = deployment(replicas=0)
    down = event(item, "ScalingReplicaSet", "Scaled down replica set app-1 to 0", since=300)
    (change,) = changes(item, down)
    assert change.summary == "replicas set to 0"
    assert change.at.isoformat() == ago(300).replace("Z", "+00:00")


def test_new_objects_are_changes_for_a_day() -> None:
    young = make("NetworkPolicy", "strict", age=300, spec={})
    old = make("NetworkPolicy", "loose", age=3 * DAY, spec={})
    assert [change.summary for change in changes(young, old)] == ["NetworkPolicy created"]


def test_the_newest_change_comes_first() -> None:
    objects = [make("ConfigMap", f"c{n}", age=n * 100, data={}) for n in (3, 1, 2)]
    assert [change.entity.name for change in changes(*objects)] == ["c1", "c2", "c3"]


def test_revisions_of_a_stateful_set_come_from_its_controller_revisions() -> None:
    above = make(
        "StatefulSet", "db", age=9 * DAY, spec={"replicas": 1}, status={"readyReplicas": 1}
    )
    kept = [
        make(
            "ControllerRevision",
            f"db-{n}",
            age=age,
            owner=above,
            revision=n,
            data={"spec": {"template": {"spec": {"containers": [container(image=f"r/db:{n}")]}}}},
        )
        for n, age in ((1, 9 * DAY), (2, 200))
    ]
    (change,) = changes(above, *kept)
    assert change.summary == "revision 1 → 2: image 1 → 2"
    assert "statefulset/db" in change.command


def test_a_rollout_that_changes_secrets_shows_none_of_them() -> None:
    def template(value: str) -> dict[str, Any]:
        names = ("ENCRYPTION_KEY", "DB_PW", "SIGNING_KEY")
        env = [{"name": name, "value": value} for name in names]
        args = ["serve", "--db-pass", value]
        return {"spec": {"containers": [{"name": "web", "image": "w:1", "env": env, "args": args}]}}

    for before in (
        {"spec": {"containers": [{"name": "web", "image": "w:1"}]}},
        template("old-val"),
    ):
        found = compare(before, template("new-val"))
        shown = " ".join([change.text for change in found] + [str(c.lines) for c in found])
        assert found
        assert "-val" not in shown


def secretive(value: str) -> Json:
    """A container that holds secrets wherever one may stand."""
    names = ("ENCRYPTION_KEY", "DB_PW", "SIGNING_KEY", "PGPASSWORD")
    headers = [{"name": "X-Api-Key", "value": value}]
    return container(
        env=[{"name": name, "value": value} for name in names],
        command=["serve", "--db-pass", f"{value} {value}", f"--token={value}"],
        args=["sh", "-c", f"DB_PW={value} serve --pw '{value} {value}' db://u:{value}@db"],
        readinessProbe={"exec": {"command": ["check", "--secret", value]}},
        lifecycle={"postStart": {"httpGet": {"path": "/", "httpHeaders": headers}}},
    )


def test_no_place_of_a_rollout_shows_a_secret() -> None:
    objects = app(revisions=[(5 * DAY, secretive("old-val")), (300, secretive("new-val"))])
    notes = named(objects, "ReplicaSet", 1)["metadata"]["annotations"]
    notes["kubernetes.io/change-cause"] = "kubectl set env deploy/app DB_PW=new-val"
    (change,) = [one for one in changes(*objects) if one.revision == 2]
    assert "env DB_PW: (hidden" in "\n".join(change.diff)
    assert "DB_PW=(hidden" in change.summary
    assert "-val" not in f"{change.summary} {change.diff}"


def test_no_place_of_an_edit_shows_a_secret() -> None:
    def spec(value: str) -> Json:
        template = {"spec": {"containers": [secretive(value)], "tolerations": [{"key": value[:3]}]}}
        return {"schedule": "@hourly", "jobTemplate": {"spec": {"template": template}}}

    def config(value: str) -> Json:
        return {"signing.key": value, "TOKEN_URL": f"http://{value[:3]}"}

    fields: Json = {"f:spec": {"f:jobTemplate": {}}, "f:data": {"f:signing.key": {}}}

    def changed(kind: str, before: Json, after: Json) -> Json:
        note = {LAST_APPLIED: json.dumps(before)}
        edit = [edited("kubectl-edit", 60, fields)]
        return make(kind, "nightly", annotations=note, managed=edit, **after)

    cron, settings = changes(
        changed("CronJob", {"spec": spec("old-val")}, {"spec": spec("new-val")}),
        changed("ConfigMap", {"data": config("old-val")}, {"data": config("new-val")}),
    )
    shown = f"{cron.summary} {cron.diff} {settings.summary} {settings.diff}"
    assert "-val" not in shown
    assert shown.count("(hidden") > 8
    assert "tolerations[0].key: new" in shown
    assert "TOKEN_URL: http://new" in shown
