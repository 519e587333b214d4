"""Which change is likeliest behind the trouble, and that nothing changed."""

from datetime import datetime, timedelta

import pytest
from tests.diagnose.build import (
    DAY,
    NOW,
    SPACE,
    Json,
    ago,
    app,
    container,
    event,
    make,
    named,
    node,
    seen,
    service,
)

from sreagent.diagnose.changes.nearness import Path
from sreagent.diagnose.changes.timeline import nothing_changed, ranked
from sreagent.diagnose.view.scene import Scene
from sreagent.domain.entity import Entity
from sreagent.domain.inventory import Inventory, Listing

APP = Entity(kind="Deployment", namespace=SPACE, name="app")
FIRST = NOW - timedelta(seconds=120)


def edited(manager: str, since: float, fields: Json) -> list[Json]:
    entry = {"manager": manager, "operation": "Update", "time": ago(since), "fieldsV1": fields}
    return [entry]


def settings(name: str, since: float, space: str = SPACE) -> Json:
    managed = edited("kubectl-edit", since, {"f:data": {"f:a": {}}})
    return make("ConfigMap", name, age=9 * DAY, namespace=space, data={}, managed=managed)


def order(scene: Scene, first: datetime | None = FIRST) -> list[str]:
    return [str(one.change.entity) for one in ranked(scene, APP, first)]


def test_of_two_changes_on_the_object_the_nearer_in_time_comes_first() -> None:
    revisions = [(9 * DAY, container(image="a:1")), (7200, container(image="a:2"))]
    revisions.append((190, container(image="a:3")))
    first, second, *_ = ranked(Scene(seen(*app(revisions=revisions)), NOW), APP, FIRST)
    assert first.change.revision == 3
    assert first.words == "70 s before the first symptom, on the object itself"
    assert first.before == timedelta(seconds=70)
    assert second.change.revision == 2
    assert first.score > 0.9 > second.score


def test_at_the_same_time_the_shorter_path_comes_first() -> None:
    uses: Json = {
        "envFrom": [{"configMapRef": {"name": "own"}}],
        "env": [{"name": "CART_URL", "value": "http://cart:80"}],
    }
    callee = app(
        "cart", revisions=[(5 * DAY, container(envFrom=[{"configMapRef": {"name": "theirs"}}]))]
    )
    cordon = edited("kubectl-cordon", 300, {"f:spec": {"f:unschedulable": {}}})
    objects = [
        *app(
            revisions=[(5 * DAY, container(**uses))],
            managed=edited("kubectl-edit", 300, {"f:spec": {"f:paused": {}}}),
        ),
        *callee,
        service("cart"),
        *(settings(name, 300) for name in ("own", "theirs", "another")),
        settings("far", 300, space="elsewhere"),
        make(
            "NetworkPolicy",
            "egress",
            age=9 * DAY,
            spec={"podSelector": {"matchLabels": {"app": "app"}}},
            managed=edited("kubectl-edit", 300, {"f:spec": {"f:egress": {}}}),
        ),
        node(age=9 * DAY, spec={"unschedulable": True}, managed=cordon),
    ]
    named(objects, "Deployment", 1)["metadata"]["managedFields"] = edited(
        "kubectl-edit", 300, {"f:spec": {"f:strategy": {}}}
    )
    found = ranked(Scene(seen(*objects), NOW), APP, FIRST)
    assert list(dict.fromkeys(one.path for one in found)) == [
        Path.OWN,
        Path.USED,
        Path.BOUND,
        Path.CALLED,
        Path.BEYOND,
        Path.NODE,
        Path.NAMESPACE,
        Path.ELSEWHERE,
    ]
    assert [one.change.entity.name for one in found][1:4] == ["own", "egress", "cart"]
    assert found[1].words == "3 min before the first symptom, on what it uses"


def test_what_came_after_the_first_symptom_counts_little_and_says_so() -> None:
    late = settings("late", 600)
    early = settings("early", 9000)
    found = ranked(Scene(seen(*app(), late, early), NOW), APP, NOW - timedelta(hours=1))
    assert [one.change.entity.name for one in found] == ["early", "late"]
    assert "50 min after the first symptom" in found[1].words


def test_without_a_first_symptom_the_newest_comes_first() -> None:
    scene = Scene(seen(*app(), settings("old", 7200), settings("new", 60)), NOW)
    found = ranked(scene, APP, None)
    assert [one.change.entity.name for one in found] == ["new", "old"]
    assert found[0].words == "60 s ago, in the same namespace"
    assert found[0].before is None


def test_a_change_whose_time_is_not_known_is_told_but_ranks_below_one_that_is_dated() -> None:
    managed = edited("kubectl-client-side-apply", 6 * DAY, {"f:spec": {"f:podSelector": {}}})
    policy = make("NetworkPolicy", "egress", age=6 * DAY, spec={"podSelector": {}}, managed=managed)
    policy["metadata"]["generation"] = 2
    scene = Scene(seen(*app(), policy, settings("other", 300)), NOW)
    dated, undated = ranked(scene, APP, FIRST)
    assert dated.change.entity.name == "other"
    assert undated.words == "at an unknown time in the last 6 days, on a rule that binds it"


def test_a_deletion_that_was_missed_when_the_trouble_began_counts_as_before_it() -> None:
    source: Json = {"envFrom": [{"configMapRef": {"name": "settings"}}]}
    objects = app(revisions=[(5 * DAY, container(**source))])
    about = named(objects, "Pod")
    missed = event(about, "Failed", 'Error: configmap "settings" not found', since=100)
    first = NOW - timedelta(seconds=400)
    (gone,) = ranked(Scene(seen(*objects, missed), NOW), APP, first)
    assert gone.before == timedelta(0)
    assert gone.words == "some time in the 4 days before the first symptom, on what it uses"
    (unknown,) = ranked(Scene(seen(*objects), NOW), APP, first)
    assert unknown.score < gone.score
    assert unknown.before is None


def test_an_ill_node_is_a_change_for_its_pods_and_none_for_itself() -> None:
    ill = node(ready="False", age=9 * DAY)
    scene = Scene(seen(*app(), ill), NOW)
    first = NOW - timedelta(seconds=200)
    (found,) = ranked(scene, APP, first)
    assert found.words == "100 s before the first symptom, on a node that it runs on"
    assert ranked(scene, Entity(kind="Node", name="node-1"), first) == ()


@pytest.mark.parametrize("owner", ["release", "another-release"])
def test_the_release_that_brings_the_object_is_nearer_than_any_other(owner: str) -> None:
    notes = {"meta.helm.sh/release-name": "release", "meta.helm.sh/release-namespace": SPACE}
    labels = {"owner": "helm", "name": owner, "version": "7", "status": "deployed"}
    kept = make("Secret", f"sh.helm.release.v1.{owner}.v7", age=300, labels=labels)
    (found,) = ranked(Scene(seen(*app(annotations=notes), kept), NOW), APP, FIRST)
    assert found.path is (Path.DELIVERY if owner == "release" else Path.NAMESPACE)


def test_a_pod_in_trouble_stands_for_its_workload() -> None:
    revisions = [(9 * DAY, container(image="a:1")), (190, container(image="a:2"))]
    objects = app(revisions=revisions)
    entity = Entity(kind="Pod", namespace=SPACE, name=named(objects, "Pod")["metadata"]["name"])
    (found, *_) = ranked(Scene(seen(*objects), NOW), entity, FIRST)
    assert (found.path, found.change.revision) == (Path.OWN, 2)


def test_rights_of_its_service_account_are_on_the_path() -> None:
    binding = make("ServiceAccount", "robot", age=9 * DAY)
    binding = {**binding, "kind": "RoleBinding"}
    binding["metadata"] = {
        **binding["metadata"],
        "managedFields": edited("kubectl-edit", 300, {"f:subjects": {}}),
    }
    binding["subjects"] = [{"kind": "ServiceAccount", "name": "robot", "namespace": SPACE}]
    binding["roleRef"] = {"kind": "Role", "name": "reader"}
    inventory = seen(
        *app(spec={"serviceAccountName": "robot"}), make("ServiceAccount", "robot", age=9 * DAY)
    )
    inventory.add(
        Listing(kind="RoleBinding", namespace="", items=(binding,), seen_at=NOW, command="x")
    )
    (found,) = ranked(Scene(inventory, NOW), APP, FIRST)
    assert found.path is Path.BOUND


def test_of_a_config_map_in_trouble_its_users_are_on_the_path() -> None:
    source: Json = {"envFrom": [{"configMapRef": {"name": "own"}}]}
    paused = edited("kubectl-edit", 300, {"f:spec": {"f:paused": {}}})
    objects = app(revisions=[(5 * DAY, container(**source))], managed=paused)
    own = Entity(kind="ConfigMap", namespace=SPACE, name="own")
    (found,) = ranked(Scene(seen(*objects, settings("own", 9 * DAY)), NOW), own, FIRST)
    assert (str(found.change.entity), found.path) == ("deployment shop/app", Path.USER)


def test_at_most_as_many_as_asked_for_are_told() -> None:
    many = [settings(f"c{n}", 300 + n) for n in range(30)]
    scene = Scene(seen(*app(), *many), NOW)
    assert len(ranked(scene, APP, FIRST)) == 20
    assert len(ranked(scene, APP, FIRST, limit=3)) == 3


# Nothing changed


def managed_app() -> list[Json]:
    objects = app()
    for one in objects:
        one["metadata"]["managedFields"] = edited("kubectl", 9 * DAY, {"f:spec": {}})
    return objects


def test_nothing_changed_is_said_with_how_much_was_looked_at() -> None:
    said = nothing_changed(Scene(seen(*managed_app()), NOW))
    assert said.startswith("Nothing changed in the last 24 h among 1 object looked at")
    assert "there are no events, so deletions are not known" in said


def test_it_is_empty_when_something_changed() -> None:
    assert nothing_changed(Scene(seen(*managed_app(), settings("new", 3600)), NOW)) == ""
    said = nothing_changed(Scene(seen(*managed_app(), settings("old", 3 * DAY)), NOW))
    assert "among 2 objects" in said


def test_what_changed_after_the_first_symptom_is_not_what_brought_it() -> None:
    scene = Scene(seen(*managed_app(), settings("new", 600)), NOW)
    said = nothing_changed(scene, NOW - timedelta(hours=1))
    assert said.startswith("Nothing changed in the 24 h before the first symptom")


def test_only_what_an_object_depends_on_counts_when_it_is_named() -> None:
    scene = Scene(seen(*managed_app(), settings("unrelated", 600)), NOW)
    said = nothing_changed(scene, entity=APP)
    assert said.startswith("Nothing that deployment shop/app depends on changed in the last 24 h")
    uses: Json = {"envFrom": [{"configMapRef": {"name": "own"}}]}
    objects = app(revisions=[(5 * DAY, container(**uses))])
    assert nothing_changed(Scene(seen(*objects, settings("own", 600)), NOW), entity=APP) == ""


def test_of_what_was_not_seen_nothing_is_claimed() -> None:
    gone = Entity(kind="Secret", namespace=SPACE, name="gone")
    said = nothing_changed(Scene(seen(*managed_app()), NOW), entity=gone)
    assert said == "Whether anything changed is not known: secret shop/gone was not seen"


def refused_secrets() -> Inventory:
    return seen(*managed_app(), refused=["Secret"])


def old_server() -> Inventory:
    found = seen(*managed_app())
    found.server_version = "v1.20.2"
    return found


def only_deployments() -> Inventory:
    found = Inventory()
    item = named(managed_app(), "Deployment")
    found.add(Listing(kind="Deployment", namespace=SPACE, items=(item,), seen_at=NOW, command="x"))
    return found


def edited_some_time() -> Inventory:
    managed = edited("kubectl-client-side-apply", 6 * DAY, {"f:spec": {"f:podSelector": {}}})
    policy = make("NetworkPolicy", "egress", age=6 * DAY, spec={"podSelector": {}}, managed=managed)
    policy["metadata"]["generation"] = 2
    return seen(*managed_app(), policy)


@pytest.mark.parametrize(
    ("inventory", "limit"),
    [
        pytest.param(refused_secrets(), "not looked at: secrets (forbidden)", id="refused"),
        pytest.param(old_server(), "v1.20.2 notes no time when only a value", id="old-server"),
        pytest.param(only_deployments(), "events were not looked at", id="no-events"),
        pytest.param(
            only_deployments(), "not looked at: replicasets, statefulsets", id="not-asked"
        ),
        pytest.param(seen(*app()), "1 of them do not tell who edited them", id="no-managers"),
        pytest.param(
            edited_some_time(), "time that is not known: networkpolicy shop/egress", id="undated"
        ),
    ],
)
def test_it_claims_no_more_than_was_seen(inventory: Inventory, limit: str) -> None:
    assert limit in nothing_changed(Scene(inventory, NOW))


def test_a_new_server_notes_times_of_values() -> None:
    found = seen(*managed_app())
    found.server_version = "v1.31.0"
    assert "notes no time" not in nothing_changed(Scene(found, NOW))
