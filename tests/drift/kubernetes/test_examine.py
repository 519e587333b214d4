"""What is told of a cluster that refuses, moves, or adds something; and what it costs to ask."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.drift.kubernetes import states
from tests.drift.kubernetes.clusters import Cluster, path_of

from sreagent.domain.drift import Extent
from sreagent.domain.errors import Forbidden, Refused, SreError, TimedOut, Unreachable
from sreagent.drift.examine import Examined
from sreagent.drift.examine_kubernetes import examine_kubernetes
from sreagent.drift.state.managed import Managed, is_kubernetes

DEPLOYMENT = "kubernetes_deployment_v1"
IMAGE = "spec[0].template[0].spec[0].container[0].image"


def managed(type_: str, attributes: states.Attributes, **more: Any) -> Managed:
    return Managed(address=f"{type_}.x", type=type_, name="x", attributes=attributes, **more)


def config_map(name: str, namespace: str = "shop", **data: str) -> Managed:
    attributes = {"metadata": states.metadata(name, namespace), "data": data or {"a": "1"}}
    return managed("kubernetes_config_map", attributes)


def app(live: dict[str, Any]) -> dict[str, Any]:
    container: dict[str, Any] = live["spec"]["template"]["spec"]["containers"][0]
    return container


def told(examined: Examined) -> dict[str, str]:
    """Whose each field is that differs: empty for a person's."""
    return {each.difference.path: each.owner for each in examined.drifted}


def refusing(what: str, error: SreError, where: str = "") -> Callable[[str, str], SreError | None]:
    return lambda asked, path: error if asked == what and where in path else None


@pytest.fixture
def api() -> Managed:
    return managed(DEPLOYMENT, states.deployment())


@pytest.mark.parametrize(
    ("error", "extent"),
    [
        pytest.param(Forbidden("may not patch"), Extent.SHALLOW, id="no right"),
        pytest.param(Refused("a webhook said no"), Extent.SHALLOW, id="webhook"),
        pytest.param(TimedOut("too slow"), Extent.SHALLOW, id="slow"),
        pytest.param(Unreachable("no answer"), Extent.SHALLOW, id="no answer"),
    ],
)
def test_where_the_dry_run_is_refused_the_comparison_is_shallow(
    api: Managed, error: SreError, extent: Extent
) -> None:
    cluster = Cluster(refuse=refusing("apply", error))
    app(cluster.make(api))["image"] = "other"
    examined = examine_kubernetes([api], cluster)
    assert told(examined) == {IMAGE: ""}
    assert examined.drifted[0].shallow
    (coverage,) = examined.coverage
    assert (coverage.extent, coverage.why) == (extent, error.message)


def test_who_may_not_patch_is_not_asked_again_in_that_namespace() -> None:
    resources = [config_map(f"c{number}") for number in range(6)]
    cluster = Cluster(refuse=refusing("apply", Forbidden("may not patch")))
    for each in resources:
        cluster.make(each)["data"]["a"] = "2"
    assert len(examine_kubernetes(resources, cluster).drifted) == 6
    assert cluster.counted["apply"] <= 8 - 1  # as many as are under way at the same time


def test_what_a_webhook_makes_of_it_anyway_is_no_drift(api: Managed) -> None:
    def inject(applied: dict[str, Any]) -> None:
        app(applied)["image"] = "mirror.test/app:1.4.0"

    cluster = Cluster(mutate=inject)
    app(cluster.make(api))["image"] = "mirror.test/app:1.4.0"
    assert told(examine_kubernetes([api], cluster)) == {}
    assert cluster.counted["apply"] == 1


def test_what_was_written_since_the_list_is_read_again(api: Managed) -> None:
    cluster = Cluster()
    live = cluster.make(api)
    app(live)["image"] = "other"

    def mend(applied: dict[str, Any]) -> None:
        app(live)["image"] = "registry.test/app:1.4.0"
        applied["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"] = "2"

    cluster.mutate = mend
    assert told(examine_kubernetes([api], cluster)) == {}


def test_what_cannot_be_read_is_never_missing(api: Managed) -> None:
    resources = [api, *(config_map(f"c{number}") for number in range(4))]
    refusal = Forbidden("not allowed to read")
    cluster = Cluster(refuse=lambda what, _: refusal if what in ("get", "list") else None)
    examined = examine_kubernetes(resources, cluster)
    assert examined.gone == ()
    assert {each.extent for each in examined.coverage} == {Extent.NOT_LOOKED_AT}
    # One refusal of the list, one of a name: then it is known.
    assert cluster.counted["get"] + cluster.counted["list"] == 3


def test_who_may_read_by_name_but_not_list_is_told_all() -> None:
    resources = [config_map(f"c{number}") for number in range(5)]
    cluster = Cluster(refuse=refusing("list", Forbidden("not allowed to list")))
    for each in resources[:4]:
        cluster.make(each)
    examined = examine_kubernetes(resources, cluster)
    assert [each.managed for each in examined.gone] == [resources[4]]
    assert examined.coverage[0].extent is Extent.COMPLETE


def test_a_list_of_everything_that_is_refused_is_asked_by_namespace() -> None:
    resources = [config_map(f"c{n}", f"ns{space}") for space in range(9) for n in range(3)]
    cluster = Cluster(refuse=refusing("list", Forbidden("not allowed"), "/api/v1/configmaps"))
    for each in resources:
        cluster.make(each)
    examined = examine_kubernetes(resources, cluster)
    assert examined.gone == ()
    assert examined.coverage[0].extent is Extent.COMPLETE
    assert cluster.counted["list"] == 1 + 9


def test_a_namespace_that_is_closed_leaves_the_type_partial() -> None:
    resources = [config_map(f"c{n}", space) for space in ("open", "closed") for n in range(3)]
    refusal = Forbidden("not allowed")
    cluster = Cluster(refuse=lambda _, path: refusal if "/closed/" in path else None)
    for each in resources:
        cluster.make(each)
    (coverage,) = examine_kubernetes(resources, cluster).coverage
    assert (coverage.extent, coverage.resources) == (Extent.PARTIAL, 6)


@pytest.mark.parametrize(
    "resource",
    [
        pytest.param(
            managed(
                "kubernetes_manifest",
                {
                    "manifest": {
                        "apiVersion": "x.test/v1",
                        "kind": "Thing",
                        "metadata": {"name": "t"},
                    }
                },
            ),
            id="a kind that is not served",
        ),
        pytest.param(managed("kubernetes_env", {"container": "app"}), id="no object"),
        pytest.param(managed("kubernetes_new_thing_v1", {"metadata": []}), id="an unknown type"),
    ],
)
def test_what_is_not_known_is_not_looked_at(resource: Managed) -> None:
    examined = examine_kubernetes([resource], Cluster())
    assert examined.gone == ()
    assert examined.coverage[0].extent is Extent.NOT_LOOKED_AT
    assert examined.coverage[0].why


def test_an_api_group_that_does_not_answer_is_not_looked_at(api: Managed) -> None:
    cluster = Cluster(refuse=refusing("kinds", Unreachable("no answer"), "apps"))
    (coverage,) = examine_kubernetes([api], cluster).coverage
    assert (coverage.extent, coverage.why) == (Extent.NOT_LOOKED_AT, "no answer")


def test_a_job_that_was_to_vanish_is_not_missing() -> None:
    job = states.everything()["kubernetes_job_v1"]
    assert len(examine_kubernetes([managed("kubernetes_job_v1", job)], Cluster()).gone) == 1
    job["spec"][0]["ttl_seconds_after_finished"] = "0"
    assert examine_kubernetes([managed("kubernetes_job_v1", job)], Cluster()).gone == ()


def test_a_deposed_object_is_only_looked_for() -> None:
    left, away = config_map("left"), config_map("away")
    deposed = [
        managed(each.type, dict(each.attributes), deposed="0abc1234") for each in (left, away)
    ]
    cluster = Cluster()
    cluster.make(left)["data"]["a"] = "2"
    examined = examine_kubernetes(deposed, cluster)
    assert [exists for _, exists in examined.deposed] == [True, False]
    assert (examined.drifted, examined.gone) == ((), ())


def test_a_bundle_that_cert_manager_injects_is_its_own() -> None:
    attributes = states.everything()["kubernetes_validating_webhook_configuration_v1"]
    attributes["webhook"][0]["client_config"][0]["ca_bundle"] = "-----BEGIN CERTIFICATE-----"
    resource = managed("kubernetes_validating_webhook_configuration_v1", attributes)
    cluster = Cluster()
    live = cluster.make(resource, annotations={"cert-manager.io/inject-ca-from": "shop/ca"})
    live["webhooks"][0]["clientConfig"]["caBundle"] = "b3RoZXI="
    (drift,) = examine_kubernetes([resource], cluster).drifted
    assert drift.owner == "cert-manager injects it"


def test_an_object_that_does_not_tell_its_managers_is_compared_by_what_is_stated(
    api: Managed,
) -> None:
    cluster = Cluster()
    live = cluster.make(api, managedFields=[])
    app(live)["tty"] = True
    examined = examine_kubernetes([api], cluster)
    assert set(told(examined)) == {IMAGE.replace("image", "tty")}
    assert examined.coverage[0].extent is Extent.SHALLOW


def test_values_of_secret_variables_are_masked() -> None:
    cluster = Cluster()
    variables = states.deployment()
    container = variables["spec"][0]["template"][0]["spec"][0]["container"][0]
    container["env"] = [states.env("DB_PASSWORD", "one"), states.env("MODE", "fast")]
    resource = managed(DEPLOYMENT, variables)
    live = app(cluster.make(resource))
    live["env"] = [{"name": "DB_PASSWORD", "value": "two"}, {"name": "MODE", "value": "slow"}]
    examined = examine_kubernetes([resource], cluster)
    secret, plain = examined.drifted
    assert secret.secret
    assert str(secret.difference.before).startswith("(hidden ")
    assert str(secret.difference.after).startswith("(hidden ")
    assert plain.difference.after == "slow"
    assert not plain.secret


def test_five_hundred_objects_take_as_many_calls_as_lists() -> None:
    resources = [config_map(f"c{n}", f"ns{n % 20}") for n in range(500)]
    cluster = Cluster()
    for each in resources:
        cluster.make(each)
    examined = examine_kubernetes(resources, cluster)
    assert (examined.drifted, examined.gone, cluster.counted["apply"]) == ((), (), 0)
    assert cluster.calls <= 2
    for each in resources[:5]:
        cluster.objects[path_of(each)]["data"]["a"] = "2"
    del cluster.objects[path_of(resources[9])]
    cluster.asked.clear()
    examined = examine_kubernetes(resources, cluster)
    assert (len(examined.drifted), len(examined.gone), cluster.counted["apply"]) == (5, 1, 5)
    assert cluster.calls <= 2 + 5 + 2


def test_secrets_are_never_sent() -> None:
    attributes = {
        "metadata": states.metadata("s", "shop"),
        "data": {"k": "one"},
        "type": "Opaque",
    }
    resource = managed("kubernetes_secret_v1", attributes)
    cluster = Cluster()
    cluster.make(resource)["data"]["k"] = "sha256:other"
    examined = examine_kubernetes([resource], cluster)
    assert set(told(examined)) == {"data.k"}
    assert cluster.counted["apply"] == 0
    assert "one" not in repr(examined.drifted[0].difference)


def test_other_providers_are_left_out() -> None:
    resources = [managed("aws_sqs_queue", {"id": "q"}), managed("helm_release", {"name": "x"})]
    assert [is_kubernetes(each) for each in resources] == [False, True]
    examined = examine_kubernetes(resources, Cluster())
    assert [each.type for each in examined.coverage] == ["helm_release"]


@pytest.mark.parametrize(
    ("manager", "paths"),
    [
        pytest.param("deploy-bot", set(), id="that of the code"),
        pytest.param("kubectl-edit", {"manifest.data.more"}, id="of a person"),
        pytest.param("somebody", {"manifest.data.more"}, id="that nobody knows"),
        pytest.param("argocd-controller", set(), id="of a deployer"),
        pytest.param("istio-operator", set(), id="of a controller"),
    ],
)
def test_whose_additions_count(manager: str, paths: set[str]) -> None:
    attributes = states.manifest_of("ConfigMap")
    attributes["field_manager"] = [{"name": "deploy-bot", "force_conflicts": False}]
    resource = managed("kubernetes_manifest", attributes)
    cluster = Cluster()
    fields: dict[str, Any] = {"f:data": {"f:more": {}}}
    entry = {"manager": manager, "operation": "Update", "fieldsV1": fields}
    cluster.make(resource, managedFields=[entry])["data"]["more"] = "x"
    assert set(told(examine_kubernetes([resource], cluster))) == paths


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(refusing("list", Forbidden("may not list"), "autoscalers"), id="no right"),
        pytest.param(refusing("kinds", Unreachable("no answer"), "autoscaling"), id="no answer"),
        pytest.param(refusing("kinds", Unreachable("no answer"), "keda.sh"), id="of KEDA"),
    ],
)
def test_replicas_that_an_autoscaler_may_have_set_are_no_drift_and_not_looked_at(
    api: Managed, refusal: Callable[[str, str], SreError | None]
) -> None:
    cluster = Cluster(refuse=refusal)
    live = cluster.make(api)
    live["spec"]["replicas"] = 7
    app(live)["image"] = "other"
    examined = examine_kubernetes([api], cluster)
    assert told(examined) == {IMAGE: ""}
    (coverage,) = examined.coverage
    assert coverage.extent is Extent.PARTIAL
    assert coverage.why.startswith("Deployment drift/api: who scales it is not known: ")


def test_replicas_whose_owner_is_known_need_no_autoscalers(api: Managed) -> None:
    cluster = Cluster(refuse=refusing("list", Forbidden("may not list"), "autoscalers"))
    entry = {
        "manager": "kube-controller-manager",
        "operation": "Update",
        "subresource": "scale",
        "fieldsV1": {"f:spec": {"f:replicas": {}}},
    }
    cluster.make(api, managedFields=[entry])["spec"]["replicas"] = 7
    examined = examine_kubernetes([api], cluster)
    assert told(examined) == {"spec[0].replicas": "the HorizontalPodAutoscaler owns the field"}
    assert examined.coverage[0].extent is Extent.COMPLETE
